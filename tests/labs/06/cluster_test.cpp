// The channel, the back-off, and the primary with real workers: this program plays them.
#include "cluster.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "channel.hpp"
#include "lab/core/error.hpp"
#include "lab/net/loopback.hpp"
#include "world/app.hpp"
#include "world/load.hpp"

namespace lab06 {
namespace {

using namespace std::chrono_literals;
using lab::loopback::port_of;

TEST(Backoff, DoublesUpToItsLimitAndThenGivesUp) {
  Backoff backoff(10ms, 50ms, 4);
  EXPECT_EQ(backoff.next(), 10ms);
  EXPECT_EQ(backoff.next(), 20ms);
  EXPECT_EQ(backoff.next(), 40ms);
  EXPECT_EQ(backoff.next(), 50ms);
  EXPECT_EQ(backoff.next(), std::nullopt);
}

TEST(Backoff, StartsAnewAfterAWorkerThatLasted) {
  Backoff backoff(10ms, 50ms, 2);
  backoff.next();
  backoff.lasted();
  EXPECT_EQ(backoff.next(), 10ms);
}

TEST(Channel, PassesADescriptorForTheSameThing) {
  auto [ours, theirs] = channel();
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const Descriptor reading(pipe_ends[0]);
  const Descriptor writing(pipe_ends[1]);
  ASSERT_TRUE(send_packet(ours.get(), Say::connection, writing.get()));
  const auto packet = receive_packet(theirs.get());
  ASSERT_TRUE(packet);
  EXPECT_NE(packet->passed.get(), writing.get());
  ASSERT_EQ(write(packet->passed.get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(read(reading.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST(Channel, TellsThatTheOtherEndIsGone) {
  auto [ours, theirs] = channel();
  { const Descriptor gone = std::move(theirs); }
  EXPECT_FALSE(receive_packet(ours.get()));
  EXPECT_FALSE(send_packet(ours.get(), Say::drain));
}

// A worker that hangs reads nothing: the primary must neither wait for it nor throw.
TEST(Channel, TakesNoMoreThanItHoldsAndDoesNotWait) {
  auto [ours, theirs] = channel();
  int sent = 0;
  while (sent < 1'000'000 && send_packet(ours.get(), Say::connection)) ++sent;
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 1'000'000);
  EXPECT_TRUE(receive_packet(theirs.get()));
}

TEST(Port, IsRefusedToASecondUnlessBothShareIt) {
  const Descriptor alone = listen_on(0, false);
  EXPECT_THROW(listen_on(port_of(alone), false), lab::Error);
  const Descriptor shared = listen_on(0, true);
  EXPECT_GE(listen_on(port_of(shared), true).get(), 0);
}

Backoff quick(int tries) {
  return Backoff(1ms, 4ms, tries);
}

struct ClusterTest : testing::Test {
  void turn_until(const auto& reached) {
    lab::uv::Timer patience(loop);
    bool late = false;
    patience.start(30s, [&] { late = true; });
    while (!reached() && !late) loop.run(UV_RUN_ONCE);
    EXPECT_FALSE(late);
  }
  ClusterObservers observers() {
    return {.on_exit = [this](pid_t, const lab::Exit&) { ++deaths; },
            .on_give_up = [this](lab::Where) { given_up = true; }};
  }

  lab::uv::Loop loop;
  int deaths = 0;
  bool given_up = false;
};

TEST_F(ClusterTest, ServesOnOnePortInEachOfItsProcesses) {
  for (const Scheme scheme : {Scheme::deal, Scheme::inherit, Scheme::reuse_port}) {
    const Cluster cluster(loop, {.scheme = scheme, .workers = 3});
    const LoadResult seen = load(
        loop, cluster.port(),
        {.clients = scheme == Scheme::deal ? 1 : 4, .requests = 60, .keep_alive = false});
    EXPECT_EQ(seen.answered, 60);
    EXPECT_EQ(seen.failed, 0);
    if (scheme != Scheme::deal) continue;
    ASSERT_EQ(seen.workers.size(), 3u);
    for (const auto& [pid, worker] : seen.workers) EXPECT_EQ(worker.answers, 20);
  }
}

// Of 40 clients that come at once, a worker that hangs keeps as many as it may leave
// untaken. The other one serves the rest, however many come.
TEST_F(ClusterTest, PassesOverAWorkerThatHangs) {
  const Cluster cluster(loop, {.untaken_limit = 3});
  const pid_t hung = cluster.serving().front();
  kill(hung, SIGSTOP);
  const LoadResult seen =
      load(loop, cluster.port(), {.clients = 40, .requests = 40, .keep_alive = false},
           [&](const LoadResult& so_far) {
             if (so_far.answered == 37) kill(hung, SIGCONT);
           });
  EXPECT_EQ(seen.answered, 40);
  EXPECT_EQ(seen.workers.at(hung).answers, 3);
}

// As Node: what one worker of two that hangs is given is one connection.
TEST_F(ClusterTest, LosesOneConnectionOfFortyToAWorkerThatHangs) {
  const Cluster cluster(loop, {});
  const pid_t hung = cluster.serving().front();
  kill(hung, SIGSTOP);
  const LoadResult seen =
      load(loop, cluster.port(), {.clients = 40, .requests = 40, .keep_alive = false},
           [&](const LoadResult& so_far) {
             if (so_far.answered == 39) kill(hung, SIGCONT);
           });
  EXPECT_EQ(seen.answered, 40);
  EXPECT_EQ(seen.workers.at(hung).answers, 1);
}

// More than its channel can hold: nothing may be thrown out of the primary's callback.
TEST_F(ClusterTest, SurvivesABurstOfConnectionsWhileAWorkerHangs) {
  const Cluster cluster(loop, {.untaken_limit = 1'000'000});
  const pid_t hung = cluster.serving().front();
  kill(hung, SIGSTOP);
  const LoadResult seen =
      load(loop, cluster.port(), {.clients = 800, .requests = 800, .keep_alive = false},
           [&](const LoadResult& so_far) {
             if (so_far.answered == 100) kill(hung, SIGCONT);
           });
  EXPECT_EQ(seen.answered, 800);
}

// It has been accepted when it turns out that no channel has room for it.
TEST_F(ClusterTest, KeepsTheConnectionThatNoWorkerCanBePassed) {
  int dealt = 0;
  const Cluster cluster(loop, {.workers = 1, .untaken_limit = 1'000'000},
                        {.on_deal = [&](int, lab::Where) { ++dealt; }});
  const pid_t hung = cluster.serving().front();
  kill(hung, SIGSTOP);
  lab::uv::Timer look(loop);
  int before = -1;
  look.start(
      50ms,
      [&] {
        if (dealt == std::exchange(before, dealt)) kill(hung, SIGCONT);  // it is full
      },
      50ms);
  const LoadResult seen =
      load(loop, cluster.port(), {.clients = 800, .requests = 800, .keep_alive = false});
  EXPECT_EQ(seen.answered, 800);
  EXPECT_EQ(seen.failed, 0);
  EXPECT_EQ(dealt, 800);
  EXPECT_EQ(cluster.accepted(), 800);
}

// As Node's cluster: a worker that died stays dead unless somebody forks another.
TEST_F(ClusterTest, RestartsNobodyUnlessItIsTold) {
  int back_offs = 0;
  ClusterObservers watch = observers();
  watch.on_back_off = [&](milliseconds, lab::Where) { ++back_offs; };
  const Cluster cluster(loop, {.workers = 1}, watch);
  kill(cluster.serving().front(), SIGKILL);
  turn_until([&] { return deaths == 1; });
  EXPECT_EQ(back_offs, 0);
  EXPECT_FALSE(given_up);
  EXPECT_TRUE(cluster.serving().empty());
}

TEST_F(ClusterTest, AcceptsAgainOnceAWorkerHasTakenWhatItWasGiven) {
  const Cluster cluster(loop, {.workers = 1});
  const LoadResult seen =
      load(loop, cluster.port(), {.clients = 16, .requests = 200, .keep_alive = false});
  EXPECT_EQ(seen.answered, 200);
}

TEST_F(ClusterTest, LetsTheKernelKeepWhatNobodyCanTake) {
  const Cluster cluster(loop, {.workers = 1, .untaken_limit = 3});
  kill(cluster.serving().front(), SIGSTOP);
  lab::uv::Timer wake(loop);
  wake.start(20ms, [&] { kill(cluster.serving().front(), SIGCONT); });
  const LoadResult seen =
      load(loop, cluster.port(), {.clients = 10, .requests = 10, .keep_alive = false});
  EXPECT_EQ(seen.answered, 10);
}

TEST_F(ClusterTest, TellsEachStateOfItsWorkersAndWhoGotEachConnection) {
  std::vector<std::string> told;
  std::vector<int> dealt;
  {
    const Cluster cluster(loop, {.workers = 2},
                          {.on_state =
                               [&](const WorkerChange& change) {
                                 told.push_back(std::to_string(change.id) + " " +
                                                std::string(to_string(change.state)));
                                 EXPECT_NE(
                                     std::string(change.where.file).find("cluster.cpp"),
                                     std::string::npos);
                               },
                           .on_deal = [&](int id, lab::Where) { dealt.push_back(id); }});
    load(loop, cluster.port(), {.clients = 1, .requests = 4, .keep_alive = false});
  }
  std::ranges::sort(told);
  EXPECT_EQ(told, (std::vector<std::string>{"1 gone", "1 serving", "1 starting", "2 gone",
                                            "2 serving", "2 starting"}));
  ASSERT_EQ(dealt.size(), 4u);
  EXPECT_EQ(dealt[0], dealt[2]);
  EXPECT_NE(dealt[0], dealt[1]);
}

TEST_F(ClusterTest, StartsADeadWorkerAnewOnlyIfItShall) {
  for (const bool restart : {false, true}) {
    const Cluster cluster(loop, {.restart = restart, .backoff = quick(5)}, observers());
    deaths = 0;
    const pid_t victim = cluster.serving().front();
    kill(victim, SIGKILL);
    turn_until(
        [&] { return deaths == 1 && cluster.serving().size() == (restart ? 2u : 1u); });
    for (const pid_t pid : cluster.serving()) EXPECT_NE(pid, victim);
  }
}

TEST_F(ClusterTest, GivesUpOnWorkersThatDieAsSoonAsTheyAreReady) {
  const Cluster cluster(
      loop, {.workers = 1, .restart = true, .backoff = quick(3), .role = "doomed"},
      observers());
  turn_until([&] { return given_up || deaths > 9; });
  EXPECT_TRUE(given_up);
  EXPECT_EQ(deaths, 4);
}

TEST_F(ClusterTest, WaitsTwiceAsLongEachTimeAndTriesFiveTimesByDefault) {
  std::vector<milliseconds> waits;
  ClusterObservers watch = observers();
  watch.on_back_off = [&](milliseconds delay, lab::Where) { waits.push_back(delay); };
  const Cluster cluster(loop, {.workers = 1, .restart = true, .role = "doomed"}, watch);
  turn_until([&] { return given_up || deaths > 9; });
  EXPECT_TRUE(given_up);
  EXPECT_EQ(waits, (std::vector<milliseconds>{10ms, 20ms, 40ms, 80ms, 160ms}));
}

TEST_F(ClusterTest, ForgetsTheDeathsBeforeAWorkerThatLasted) {
  const Cluster cluster(loop,
                        {.workers = 1,
                         .restart = true,
                         .backoff = quick(3),
                         .lasting = 0ms,
                         .role = "doomed"},
                        observers());
  turn_until([&] { return given_up || deaths > 9; });
  EXPECT_FALSE(given_up);
}

TEST_F(ClusterTest, ReplacesAllAndFailsNoRequest) {
  for (const Scheme scheme : {Scheme::deal, Scheme::inherit}) {
    Cluster cluster(loop, {.scheme = scheme});
    const std::vector<pid_t> old = cluster.serving();
    int stayed = -1;
    const LoadResult seen =
        load(loop, cluster.port(),
             {.target = "/wait", .requests = 24, .enough = [&] { return stayed >= 0; }},
             [&](const LoadResult& so_far) {
               if (so_far.answered == 4) cluster.roll([&](int count) { stayed = count; });
             });
    EXPECT_EQ(stayed, 0);
    EXPECT_EQ(seen.failed, 0);
    EXPECT_EQ(cluster.serving().size(), 2u);
    for (const pid_t pid : cluster.serving())
      EXPECT_EQ(std::count(old.begin(), old.end(), pid), 0);
  }
}

// A role that serves the first time and never again: its mark is a file.
class MarkFile {
 public:
  MarkFile() {
    close(mkstemp(path_));
    ::unlink(path_);
    setenv("MARK", path_, 1);
  }
  ~MarkFile() { ::unlink(path_); }
  void set() const { std::ofstream(path_) << "set"; }

 private:
  char path_[32] = "/tmp/lab06-mark-XXXXXX";
};

TEST_F(ClusterTest, KeepsTheOldWorkersIfTheirSuccessorsNeverGetReady) {
  const MarkFile mark;
  Cluster cluster(loop, {.role = "stillborn-if-marked"});
  const std::vector<pid_t> old = cluster.serving();
  mark.set();
  int stayed = -1;
  cluster.roll([&](int count) { stayed = count; });
  turn_until([&] { return stayed >= 0; });
  EXPECT_EQ(stayed, 2);
  EXPECT_EQ(cluster.serving(), old);
}

TEST_F(ClusterTest, KeepsTheOldWorkersIfNoSuccessorCanBeStarted) {
  Cluster cluster(loop, {});
  const std::vector<pid_t> old = cluster.serving();
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit none{3, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  int stayed = -1;
  cluster.roll([&](int count) { stayed = count; });
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(stayed, 2);
  EXPECT_EQ(cluster.serving(), old);
}

TEST_F(ClusterTest, TriesAgainIfAWorkerCannotBeStartedAnew) {
  int back_offs = 0;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit none{3, limit.rlim_max};
  ClusterObservers watch = observers();
  watch.on_exit = [&](pid_t, const lab::Exit&) { setrlimit(RLIMIT_NOFILE, &none); };
  watch.on_back_off = [&](milliseconds, lab::Where) {
    if (++back_offs == 3) setrlimit(RLIMIT_NOFILE, &limit);
  };
  const Cluster cluster(loop, {.workers = 1, .restart = true, .backoff = quick(9)},
                        watch);
  kill(cluster.serving().front(), SIGKILL);
  turn_until([&] { return back_offs >= 3 && cluster.serving().size() == 1; });
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(back_offs, 3);
}

TEST_F(ClusterTest, EndsAReplacementWhoseOldWorkerDiesMeanwhile) {
  Cluster cluster(loop, {.restart = true, .backoff = quick(5)}, observers());
  int stayed = -1;
  cluster.roll([&](int count) { stayed = count; });
  for (const pid_t pid : cluster.serving()) kill(pid, SIGKILL);
  turn_until([&] { return stayed >= 0 && cluster.serving().size() == 2; });
  EXPECT_EQ(stayed, 0);
  EXPECT_EQ(deaths, 2);
}

TEST_F(ClusterTest, SaysThatItsWorkersNeverGotReady) {
  EXPECT_THROW(Cluster(loop, {.role = "unknown"}), lab::Error);
}

int stillborn_if_marked(std::span<const std::string> args) {
  return access(getenv("MARK"), F_OK) == 0 ? 1 : worker_main(args);
}

}  // namespace

int play(const std::string& role, std::span<const std::string> args) {
  if (role == "worker") return worker_main(args);
  if (role == "doomed") return doomed_main(args);
  if (role == "stillborn-if-marked") return stillborn_if_marked(args);
  return 2;
}

}  // namespace lab06

// A role is this program again: see Child::role.
int main(int argc, char** argv) {
  if (argc > 2 && argv[1] == std::string("--role"))
    return lab06::play(argv[2], std::vector<std::string>(argv + 3, argv + argc));
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
