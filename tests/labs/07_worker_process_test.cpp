// Workers that are processes: played by the lab's own program, since a role is started by
// the program that registered it. Here, what does not need one: channels and memory.
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <numeric>
#include <thread>

#include "jobs.hpp"
#include "lab/error.hpp"
#include "worker_process.hpp"

namespace lab07 {
namespace {

struct Channel {
  Descriptor ours, theirs;
  Channel() {
    int ends[2];
    lab::check_errno(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "channel");
    ours = Descriptor(ends[0]);
    theirs = Descriptor(ends[1]);
  }
  void hang_up() { ours = Descriptor(); }
};

// The worker's side, on a thread of this process.
class Served {
 public:
  explicit Served(const SharedMemory* memory = nullptr) {
    const int fd = dup(channel_.theirs.get());
    const int shared = memory ? dup(memory->fd()) : -1;
    thread_ = std::thread([this, fd, shared] {
      result_ = worker_main(
          std::vector<std::string>{std::to_string(fd), std::to_string(shared), "-1"});
      close(fd);
    });
    channel_.theirs = Descriptor();
  }
  ~Served() { end(); }

  int fd() const { return channel_.ours.get(); }
  int end() {
    channel_.hang_up();
    if (thread_.joinable()) thread_.join();
    return result_;
  }
  std::uint64_t ask(Message message, std::string_view bytes = {}) {
    EXPECT_TRUE(send_message(fd(), message, bytes));
    const auto answer = receive_message(fd(), bytes_);
    EXPECT_TRUE(answer);
    return answer ? answer->value : 0;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  Channel channel_;
  std::string bytes_;
  int result_ = -1;
  std::thread thread_;
};

TEST(Worker, AnswersUntilItsChannelEnds) {
  Served worker;
  EXPECT_EQ(worker.ask({.ask = Ask::bump, .value = 2}), 2u);
  EXPECT_EQ(worker.ask({.ask = Ask::bump, .value = 3}), 5u);
  EXPECT_EQ(worker.end(), 0);
}

TEST(Worker, BlursAsTheCallerWould) {
  Served worker;
  EXPECT_EQ(worker.ask({.ask = Ask::blur, .passes = 3, .value = 64}), blur(64, 3));
}

TEST(Worker, SendsAnyBytesBack) {
  Served worker;
  for (const std::size_t size : {0u, 1u, 4096u, 1u << 20}) {
    std::string bytes(size, '\0');
    std::iota(bytes.begin(), bytes.end(), '\0');
    worker.ask({.ask = Ask::echo}, bytes);
    EXPECT_EQ(worker.bytes(), bytes) << size;
  }
}

TEST(Worker, SeesWhatIsWrittenIntoSharedMemory) {
  SharedMemory memory(4096);
  Served worker(&memory);
  EXPECT_EQ(worker.ask({.ask = Ask::sum_shared, .value = 4096}), 0u);
  memory.bytes()[16] = 9;
  EXPECT_EQ(worker.ask({.ask = Ask::sum_shared, .value = 4096}), 9u);
}

TEST(Worker, ServesOthersWhileSomebodyWaits) {
  Served worker;
  const std::uint64_t an_hour = 3'600'000;
  ASSERT_TRUE(send_message(worker.fd(), {.ask = Ask::wait, .value = an_hour}));
  EXPECT_EQ(worker.ask({.ask = Ask::bump, .value = 1}), 1u);
  ASSERT_TRUE(send_message(worker.fd(), {.ask = Ask::wait, .value = 1}));
  std::string bytes;
  const auto sooner = receive_message(worker.fd(), bytes);
  ASSERT_TRUE(sooner);
  EXPECT_EQ(sooner->ask, Ask::wait);
}

TEST(Worker, TakesNoMoreThanItsLimitAndReadsNoMemoryThatIsNotThere) {
  Served worker;
  EXPECT_EQ(worker.ask({.ask = Ask::sum_shared, .value = 1u << 30}), 0u);
  SharedMemory memory(4096);
  memory.bytes()[4088] = 1;
  Served other(&memory);
  EXPECT_EQ(other.ask({.ask = Ask::sum_shared, .value = 1u << 30}), 1u);
  const Message huge{.ask = Ask::echo, .size = kMostBytes + 1};
  ASSERT_EQ(send(worker.fd(), &huge, sizeof huge, 0), ssize_t{sizeof huge});
  pollfd hang_up{.fd = worker.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&hang_up, 1, 10'000), 1) << "it waits for more than it may take";
  EXPECT_EQ(worker.end(), 0);
}

TEST(Worker, EndsAtAMessageThatIsCutShort) {
  Served worker;
  const Message half{.ask = Ask::echo, .size = 100};
  ASSERT_EQ(send(worker.fd(), &half, sizeof half, 0), ssize_t{sizeof half});
  ASSERT_EQ(send(worker.fd(), "only this", 9, 0), 9);
  EXPECT_EQ(worker.end(), 0);
}

TEST(WorkerRole, RefusesArgumentsThatItDoesNotKnow) {
  EXPECT_EQ(worker_main({}), 2);
  EXPECT_EQ(worker_main(std::vector<std::string>{"3"}), 2);
}

TEST(Channels, TellThatTheOtherEndIsGone) {
  Channel channel;
  channel.theirs = Descriptor();
  EXPECT_FALSE(send_message(channel.ours.get(), {.ask = Ask::who}));
  std::string bytes;
  EXPECT_FALSE(receive_message(channel.ours.get(), bytes));
}

TEST(SharedMemoryOfProcesses, IsSeenByAForkedChildAndItsParent) {
  SharedMemory memory(4096);
  const pid_t child = fork();
  if (child == 0) {
    memory.bytes()[0] = 42;
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  EXPECT_EQ(memory.bytes()[0], 42);
  EXPECT_EQ(memory.bytes()[1], 0);
}

TEST(MemoryOfAProcess, CountsWhatIsPrivate) {
  const std::uint64_t before = private_bytes(getpid());
  std::vector<char> mine(8 << 20, 'x');
  EXPECT_GE(private_bytes(getpid()), before + (7 << 20)) << mine[1];
  EXPECT_GT(proportional_bytes(getpid()), 0u);
  EXPECT_EQ(private_bytes(-1), 0u);
}

}  // namespace
}  // namespace lab07
