// Workers that are processes, and the parts that need none: channels and memory. A role is
// started in the program that asks for it, so this one has a main() that plays it.
#include "worker_process.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <limits>
#include <numeric>
#include <thread>

#include "lab/core/error.hpp"
#include "support/finishes.hpp"
#include "world/forked.hpp"
#include "world/jobs.hpp"
#include "world/memory_use.hpp"
#include "world/worker_role.hpp"

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
  Served() {
    const int fd = dup(channel_.theirs.get());
    thread_ = std::thread([this, fd] {
      result_ = worker_main(std::vector<std::string>{std::to_string(fd)});
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

TEST(Worker, SaysItsThread) {
  Served worker;
  const std::uint64_t thread = worker.ask({.ask = Ask::who});
  EXPECT_NE(thread, std::uint64_t(getpid()));
  EXPECT_TRUE(std::filesystem::exists("/proc/self/task/" + std::to_string(thread)));
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

TEST(Worker, AnswersEachWaitOnce) {
  Served worker;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(send_message(worker.fd(), {.ask = Ask::wait, .value = 1}));
  std::string bytes;
  for (int i = 0; i < 3; ++i) {
    const auto answer = receive_message(worker.fd(), bytes);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->ask, Ask::wait);
  }
  EXPECT_EQ(worker.ask({.ask = Ask::bump, .value = 1}), 1u) << "and nothing more comes";
}

// A wait of any length is one, and the worker sleeps meanwhile.
TEST(Worker, WaitsForEverIfThatIsWhatItIsAskedFor) {
  Served worker;
  for (const std::uint64_t time :
       {std::numeric_limits<std::uint64_t>::max(), std::uint64_t{1} << 63,
        std::uint64_t{1} << 32, std::uint64_t{9'223'372'036'854}})
    ASSERT_TRUE(send_message(worker.fd(), {.ask = Ask::wait, .value = time}));
  EXPECT_EQ(worker.ask({.ask = Ask::bump, .value = 1}), 1u);
  pollfd answered{.fd = worker.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&answered, 1, 50), 0) << "one of them came back at once";
}

TEST(Worker, EndsAtWhatItDoesNotKnowOrCannotDo) {
  for (const Message& message :
       {Message{.ask = static_cast<Ask>(99)}, Message{.ask = static_cast<Ask>(~0u)},
        Message{.ask = Ask::blur, .passes = 1, .value = kWidest + 1},
        Message{.ask = Ask::blur, .passes = 1, .value = std::uint64_t{1} << 40},
        Message{.ask = Ask::echo, .size = kMostBytes + 1}}) {
    Served worker;
    ASSERT_EQ(send(worker.fd(), &message, sizeof message, 0), ssize_t{sizeof message});
    pollfd hang_up{.fd = worker.fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&hang_up, 1, 10'000), 1) << "it waits for more than it may take";
    std::string bytes;
    EXPECT_FALSE(receive_message(worker.fd(), bytes));
    EXPECT_EQ(worker.end(), 0);
  }
}

TEST(Worker, BlursPicturesThatHaveNoInside) {
  Served worker;
  for (const std::uint64_t side : {0u, 1u, 2u})
    EXPECT_EQ(worker.ask({.ask = Ask::blur, .passes = 2, .value = side}), blur(side, 0));
}

// The first row and column of a picture stay, and the middle is a mean.
TEST(Blur, IsTheMeanOfThreeByThree) {
  const Picture from{10, 20, 30, 40, 50, 60, 70, 80, 95};
  const Picture to = blur_once(from, 3, {});
  EXPECT_EQ(to[4], (10 + 20 + 30 + 40 + 50 + 60 + 70 + 80 + 95) / 9);
  for (const std::size_t border : {0, 1, 2, 3, 5, 6, 7, 8})
    EXPECT_EQ(to[border], from[border]);
}

TEST(Blur, StopsWhenItIsAskedTo) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(blur(64, 5, stop.get_token()), blur(64, 0));
  EXPECT_NE(blur(64, 5), blur(64, 0));
  EXPECT_NE(blur(64, 5), blur(64, 4)) << "each pass counts";
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
  EXPECT_EQ(worker_main(std::vector<std::string>{"3", "4"}), 2);
}

TEST(Channels, TellThatTheOtherEndIsGone) {
  Channel channel;
  channel.theirs = Descriptor();
  EXPECT_FALSE(send_message(channel.ours.get(), {.ask = Ask::who}));
  std::string bytes;
  EXPECT_FALSE(receive_message(channel.ours.get(), bytes));
}

TEST(Channels, GoOnAfterAnErrorOfSomebodyElse) {
  Channel channel;
  errno = EPIPE;  // left by another call: a success does not clear it
  EXPECT_TRUE(send_message(channel.ours.get(), {.ask = Ask::who}, "bytes"));
  std::string bytes;
  errno = ECONNRESET;
  EXPECT_TRUE(receive_message(channel.theirs.get(), bytes));
  EXPECT_EQ(bytes, "bytes");
}

TEST(Channels, TellWhatElseGoesWrongByAnException) {
  std::string bytes;
  EXPECT_THROW(send_message(-1, {.ask = Ask::who}), lab::Error);
  EXPECT_THROW(receive_message(-1, bytes), lab::Error);
}

TEST(Channels, WaitOnWhenASignalComes) {
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = [](int) {};  // without SA_RESTART, so that recv() is interrupted
  sigaction(SIGUSR1, &ignore, &before);
  Channel channel;
  std::string bytes;
  std::thread receiver([&] {
    EXPECT_NO_THROW(EXPECT_TRUE(receive_message(channel.theirs.get(), bytes)));
  });
  for (int i = 0; i < 2000; ++i) {
    pthread_kill(receiver.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  send_message(channel.ours.get(), {.ask = Ask::echo}, "at last");
  receiver.join();
  EXPECT_EQ(bytes, "at last");
  sigaction(SIGUSR1, &before, nullptr);
}

TEST(AWorkerProcess, AnswersAndEndsWithItsChannel) {
  lab::test::finishes("a worker process answers, and ends when its channel does", [] {
    WorkerProcess worker;
    EXPECT_EQ(worker.ask({.ask = Ask::who}), std::uint64_t(worker.pid()));
    EXPECT_EQ(worker.ask({.ask = Ask::bump, .value = 3}), 3u);
    worker.ask({.ask = Ask::echo}, "bytes");
    EXPECT_EQ(worker.bytes(), "bytes");
    const lab::Exit& exit = worker.wait();
    EXPECT_EQ(exit.code, 0);
    EXPECT_EQ(exit.signal, 0);
  });
}

TEST(AWorkerProcess, ThatHasDiedIsAnAnswer) {
  lab::test::finishes("the death of a worker process is noticed", [] {
    WorkerProcess worker;
    EXPECT_TRUE(worker.send({.ask = Ask::crash}));
    EXPECT_FALSE(worker.receive());
    EXPECT_THROW(worker.ask({.ask = Ask::who}), lab::Error);
    EXPECT_EQ(worker.wait().signal, SIGSEGV);
  });
}

TEST(ASharedNumber, IsSeenByAForkedChildAndItsParent) {
  SharedNumber number;
  int mine = 1;
  {
    const Forked child([&] {
      *number = 42;
      mine = 42;
    });
  }
  EXPECT_EQ(*number, 42u);
  EXPECT_EQ(mine, 1);
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

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--role")
    return lab07::worker_main(std::vector<std::string>(argv + 3, argv + argc));
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
