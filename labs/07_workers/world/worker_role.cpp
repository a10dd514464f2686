#include "world/worker_role.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <vector>

#include "lab/core/time_span.hpp"
#include "lab/os/proc.hpp"
#include "worker_process.hpp"
#include "world/jobs.hpp"

namespace lab07 {

using Clock = std::chrono::steady_clock;

namespace {

// What another process sent may be any number.
lab::TimeSpan milliseconds(std::uint64_t count) {
  return std::chrono::duration<double, std::milli>(static_cast<double>(count));
}

// The worker's side of the channel.
class Worker {
 public:
  explicit Worker(int channel) : channel_(channel) {}

  // Step 6: a worker process has its own loop. It answers requests until the channel ends.
  int run() {
    std::string bytes;
    while (true) {
      if (!sleep_until_request()) continue;
      const auto request = receive_message(channel_, bytes);
      if (!request || !answer(*request, bytes)) return 0;
    }
  }

 private:
  // Answers the waits that are due; true once a request is there.
  bool sleep_until_request() {
    int timeout = -1;
    if (!due_.empty()) {
      const auto left = *std::ranges::min_element(due_) - Clock::now();
      timeout = static_cast<int>(std::clamp<std::int64_t>(
          std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0, 1'000'000));
    }
    pollfd source{channel_, POLLIN, 0};
    const int ready = poll(&source, 1, timeout);
    const auto now = Clock::now();
    const std::uint64_t at_once = due_.size();
    const auto done = std::erase_if(due_, [now](auto due) { return due <= now; });
    for (std::size_t i = 0; i < done; ++i)
      send_message(channel_, {.ask = Ask::wait, .value = at_once});
    return ready > 0;
  }

  // False if it is asked for what it does not know, or cannot do.
  bool answer(Message request, const std::string& bytes) {
    Message reply = request;
    switch (request.ask) {
      case Ask::who:
        reply.value = static_cast<std::uint64_t>(lab::thread_id());
        break;
      case Ask::bump:
        reply.value = counter_ += request.value;
        break;
      case Ask::blur:
        if (request.value > kWidest) return false;
        reply.value = blur(request.value, static_cast<int>(request.passes));
        break;
      case Ask::echo:
        send_message(channel_, reply, bytes);
        return true;
      case Ask::wait:
        due_.push_back(Clock::now() + milliseconds(request.value));
        return true;
      case Ask::crash:
        crash_by_signal();
      default:
        return false;
    }
    send_message(channel_, reply);
    return true;
  }

  int channel_;
  std::uint64_t counter_ = 0;
  std::vector<Clock::time_point> due_;
};

}  // namespace

void crash_by_signal() {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would handle it
  std::raise(SIGSEGV);
  _exit(1);
}

int worker_main(std::span<const std::string> args) {
  if (args.size() != 1) return 2;
  return Worker(std::stoi(args[0])).run();
}

}  // namespace lab07
