#include "worker_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <numeric>
#include <utility>
#include <vector>

#include "jobs.hpp"
#include "lab/error.hpp"
#include "lab/proc.hpp"

namespace lab07 {

using Clock = std::chrono::steady_clock;

namespace {

std::uint8_t* map(int fd, std::size_t size) {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) lab::check_errno(-1, "map shared memory");
  return static_cast<std::uint8_t*>(memory);
}

int sized_memory(std::size_t size) {
  const long fd =
      lab::check_errno(memfd_create("lab07", MFD_CLOEXEC), "make shared memory");
  Descriptor owner(static_cast<int>(fd));
  lab::check_errno(ftruncate(owner.get(), static_cast<off_t>(size)),
                   "size shared memory");
  return static_cast<int>(
      lab::check_errno(fcntl(owner.get(), F_DUPFD_CLOEXEC, 0), "keep shared memory"));
}

// Sends or receives all of it; false if the other end is gone.
template <class Transfer>
bool whole(char* at, std::size_t size, Transfer transfer) {
  while (size > 0) {
    const ssize_t moved = transfer(at, size);
    if (moved == -1 && errno == EINTR) continue;
    if (moved == 0 || (moved == -1 && (errno == EPIPE || errno == ECONNRESET)))
      return false;
    lab::check_errno(moved, "talk to a worker");
    at += moved;
    size -= static_cast<std::size_t>(moved);
  }
  return true;
}
bool send_all(int fd, const void* bytes, std::size_t size) {
  return whole(static_cast<char*>(const_cast<void*>(bytes)), size,
               [fd](char* at, std::size_t n) { return send(fd, at, n, MSG_NOSIGNAL); });
}
bool receive_all(int fd, void* bytes, std::size_t size) {
  return whole(static_cast<char*>(bytes), size,
               [fd](char* at, std::size_t n) { return recv(fd, at, n, 0); });
}

std::pair<Descriptor, Descriptor> channel() {
  int ends[2];
  lab::check_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                   "make a channel");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

lab::Child start(int channel, const SharedMemory* shared, int listener) {
  const int memory = shared ? shared->fd() : -1;
  std::vector<int> inherit{channel};
  for (const int fd : {memory, listener}) {
    if (fd >= 0) inherit.push_back(fd);
  }
  return lab::Child::role(
      "worker",
      {std::to_string(channel), std::to_string(memory), std::to_string(listener)},
      {.deadline = std::chrono::seconds(60), .inherit = inherit});
}

std::uint64_t smaps_sum(pid_t pid, const std::vector<std::string>& fields) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  std::uint64_t kib = 0;
  for (std::string line; std::getline(file, line);) {
    for (const std::string& field : fields) {
      if (line.starts_with(field)) kib += std::stoull(line.substr(field.size()));
    }
  }
  return kib * 1024;
}

}  // namespace

SharedMemory::SharedMemory(std::size_t size)
    : fd_(sized_memory(size)), bytes_(map(fd_.get(), size)), size_(size) {
}
SharedMemory::SharedMemory(int fd, std::size_t size)
    : fd_(fd), bytes_(map(fd, size)), size_(size) {
}
SharedMemory::~SharedMemory() {
  munmap(bytes_, size_);
}

bool send_message(int fd, Message message, std::string_view bytes) {
  message.size = bytes.size();
  return send_all(fd, &message, sizeof message) &&
         send_all(fd, bytes.data(), bytes.size());
}

std::optional<Message> receive_message(int fd, std::string& bytes) {
  Message message;
  if (!receive_all(fd, &message, sizeof message)) return std::nullopt;
  if (message.size > kMostBytes) return std::nullopt;
  bytes.resize(message.size);
  if (!receive_all(fd, bytes.data(), bytes.size())) return std::nullopt;
  return message;
}

WorkerProcess::WorkerProcess(const SharedMemory* shared, int listener)
    : WorkerProcess(channel(), shared, listener) {
}

// The child's end is closed here once the child has it: else its end would go unnoticed.
WorkerProcess::WorkerProcess(std::pair<Descriptor, Descriptor> ends,
                             const SharedMemory* shared, int listener)
    : channel_(std::move(ends.first)),
      child_(start(ends.second.get(), shared, listener)) {
}

bool WorkerProcess::send(Message message, std::string_view bytes) {
  return send_message(channel_.get(), message, bytes);
}
std::optional<Message> WorkerProcess::receive() {
  return receive_message(channel_.get(), bytes_);
}
std::uint64_t WorkerProcess::ask(Message message, std::string_view bytes) {
  send(message, bytes);
  const auto answer = receive();
  if (!answer) throw lab::Error("ask worker " + std::to_string(pid()), "it has died");
  return answer->value;
}
const lab::Exit& WorkerProcess::wait() {
  channel_ = Descriptor();
  return child_.wait();
}

namespace {

std::uint64_t stay_on(std::uint64_t core) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(core, &only);
  return sched_setaffinity(0, sizeof only, &only) == 0;
}

// The worker's side.
class Worker {
 public:
  explicit Worker(std::span<const std::string> args)
      : channel_(std::stoi(args[0])),
        memory_(std::stoi(args[1])),
        listener_(std::stoi(args[2])) {
    if (memory_ < 0) return;
    struct stat facts {};
    lab::check_errno(fstat(memory_, &facts), "look at the shared memory");
    shared_.emplace(memory_, static_cast<std::size_t>(facts.st_size));
  }

  // Step 12: a worker is a loop of its own: a request, an answer, until the channel ends.
  int run() {
    std::string bytes;
    while (true) {
      if (!sleep_until_request()) continue;
      const auto request = receive_message(channel_, bytes);
      if (!request) return 0;
      answer(*request, bytes);
    }
  }

 private:
  // Answers the waits that are due; true once a request is there.
  bool sleep_until_request() {
    int timeout = -1;
    if (!due_.empty()) {
      const auto left = *std::ranges::min_element(due_) - Clock::now();
      timeout = static_cast<int>(std::max<std::int64_t>(
          std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0));
    }
    pollfd source{channel_, POLLIN, 0};
    const int ready = poll(&source, 1, timeout);
    const auto now = Clock::now();
    const auto done = std::erase_if(due_, [now](auto due) { return due <= now; });
    for (std::size_t i = 0; i < done; ++i) send_message(channel_, {.ask = Ask::wait});
    return ready > 0;
  }

  void answer(Message request, const std::string& bytes) {
    Message reply = request;
    switch (request.ask) {
      case Ask::who:
        reply.value = static_cast<std::uint64_t>(lab::thread_id());
        break;
      case Ask::bump:
        reply.value = counter_ += request.value;
        break;
      case Ask::blur:
        reply.value = blur(request.value, static_cast<int>(request.passes));
        break;
      case Ask::hash:
        reply.value = hash(request.value);
        break;
      case Ask::echo:
        send_message(channel_, reply, bytes);
        return;
      case Ask::sum_shared:
        reply.value = sum_shared(request.value);
        break;
      case Ask::stay:
        reply.value = stay_on(request.value);
        break;
      case Ask::turns:
        reply.value =
            take_turns(request.passes, std::chrono::milliseconds(request.value));
        break;
      case Ask::wait:
        due_.push_back(Clock::now() + std::chrono::milliseconds(request.value));
        return;
      case Ask::accept: {
        const Descriptor peer(static_cast<int>(
            lab::check_errno(accept(listener_, nullptr, nullptr), "accept")));
        const pid_t me = getpid();
        send_all(peer.get(), &me, sizeof me);
        break;
      }
      case Ask::crash: {
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        std::signal(SIGSEGV, SIG_DFL);
        std::raise(SIGSEGV);
      }
    }
    send_message(channel_, reply);
  }

  std::uint64_t sum_shared(std::uint64_t size) {
    if (!shared_) return 0;
    const std::span<const std::uint8_t> bytes = shared_->bytes();
    const std::size_t words = std::min<std::uint64_t>(size, bytes.size()) / 8;
    const auto* first = reinterpret_cast<const std::uint64_t*>(bytes.data());  // a page's
    return std::accumulate(first, first + words, std::uint64_t{0});
  }

  std::uint64_t take_turns(std::uint64_t parity, std::chrono::milliseconds time) {
    if (!shared_) return 0;
    const std::atomic_ref word(
        *reinterpret_cast<std::uint64_t*>(shared_->bytes().data()));
    const auto end = Clock::now() + time;
    std::uint64_t turns = 0;
    for (std::uint64_t looks = 1; looks % 1024 != 0 || Clock::now() < end; ++looks) {
      if (word.load() % 2 != parity) continue;
      ++word;
      ++turns;
    }
    return turns;
  }

  int channel_;
  int memory_;
  int listener_;
  std::optional<SharedMemory> shared_;
  std::uint64_t counter_ = 0;
  std::vector<Clock::time_point> due_;
};

}  // namespace

int worker_main(std::span<const std::string> args) {
  if (args.size() != 3) return 2;
  return Worker(args).run();
}

std::uint64_t private_bytes(pid_t pid) {
  return smaps_sum(pid, {"Private_Dirty:", "Private_Clean:"});
}
std::uint64_t proportional_bytes(pid_t pid) {
  return smaps_sum(pid, {"Pss:"});
}

}  // namespace lab07
