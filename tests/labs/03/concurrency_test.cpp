// What lab 03 is made of: calls that return before they are done, the pool held exactly,
// and DNS that needs no thread.
#include "concurrency.hpp"

#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <functional>
#include <list>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "lab/net/loopback.hpp"
#include "lab/os/proc.hpp"
#include "resolver.hpp"
#include "support/own_run.hpp"
#include "world/echo.hpp"
#include "world/held_pool.hpp"
#include "world/name_server.hpp"
#include "world/operations.hpp"

namespace lab03 {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;

class Async : public testing::Test {
 protected:
  Operation& ended(std::string name, const std::function<void(Done)>& start) {
    operations_.start(std::move(name), start);
    EXPECT_TRUE(run_until(loop_, [&] { return operations_.all_done(); }));
    return const_cast<Operation&>(operations_.all().back());
  }

  const lab::test::TempFolder temp_;
  const fs::path folder_ = temp_.path();
  Operations operations_;
  Loop loop_;
};

TEST_F(Async, CallsBackOnTheLoopsThreadAndNeverFromTheCall) {
  Echo echo(loop_);
  const Operation stat_note =
      ended("stat", [&](Done done) { stat(loop_, folder_, std::move(done)); });
  const Operation lookup_note =
      ended("lookup", [&](Done done) { lookup(loop_, "127.0.0.1", std::move(done)); });
  const Operation echo_note =
      ended("echo", [&](Done done) { echo.ask(std::move(done)); });
  for (const Operation& note : {stat_note, lookup_note, echo_note}) {
    EXPECT_EQ(note.status, 0) << note.name;
    EXPECT_FALSE(note.done_in_call) << note.name;
    EXPECT_EQ(note.thread, lab::thread_id()) << note.name;
  }
}

TEST_F(Async, TellsWhatWentWrong) {
  EXPECT_EQ(
      ended("stat", [&](Done done) { stat(loop_, folder_ / "not there", done); }).status,
      UV_ENOENT);
  EXPECT_EQ(
      ended("readFile", [&](Done done) { read_file(loop_, folder_ / "not there", done); })
          .status,
      UV_ENOENT);
  EXPECT_LT(
      ended("lookup", [&](Done done) { lookup(loop_, "256.0.0.1:x", done); }).status, 0);
}

TEST_F(Async, ReadsAFileAndClosesIt) {
  std::ofstream(folder_ / "file") << "hello";
  const int open_before = lab::open_descriptors();
  const auto read = [&](Done done) { read_file(loop_, folder_ / "file", done); };
  EXPECT_EQ(ended("readFile", read).status, 5);         // bytes
  const int after_the_first = lab::open_descriptors();  // libuv keeps some of its own
  EXPECT_EQ(ended("readFile", read).status, 5);         // bytes
  EXPECT_EQ(lab::open_descriptors(), after_the_first);
  EXPECT_GE(after_the_first, open_before);
}

TEST_F(Async, ADirectoryIsNoFileAndIsClosedAllTheSame) {
  const auto read = [&](Done done) { read_file(loop_, folder_, done); };
  EXPECT_EQ(ended("readFile", read).status, UV_EISDIR);
  const int before = lab::open_descriptors();
  EXPECT_EQ(ended("readFile", read).status, UV_EISDIR);
  EXPECT_EQ(lab::open_descriptors(), before);
}

TEST_F(Async, RunsAJobOnAnotherThread) {
  int worker = 0;
  const Operation note = ended("job", [&](Done done) {
    job(
        loop_, [&] { worker = lab::thread_id(); }, std::move(done));
  });
  EXPECT_NE(worker, 0);
  EXPECT_NE(worker, note.thread);
}

TEST_F(Async, AnEchoKeepsNoConnectionOpen) {
  Echo echo(loop_);
  const int before = lab::open_descriptors();
  for (int i = 0; i < 20; ++i) ended("echo", [&](Done done) { echo.ask(done); });
  EXPECT_TRUE(run_until(loop_, [&] { return lab::open_descriptors() <= before; }))
      << lab::open_descriptors() << " open, before it was asked " << before;
}

TEST_F(Async, AHeldPoolStopsFilesAndLetsSocketsGo) {
  Echo echo(loop_);
  HeldPool pool(loop_);
  pool.hold(4);
  EXPECT_EQ(pool.held(), 4u);
  operations_.start("stat", [&](Done done) { stat(loop_, folder_, std::move(done)); });
  operations_.start("echo", [&](Done done) { echo.ask(std::move(done)); });
  EXPECT_TRUE(run_until(loop_, [&] { return operations_.done("echo"); }));
  EXPECT_FALSE(operations_.done("stat"));
  pool.hold(3);
  EXPECT_TRUE(run_until(loop_, [&] { return operations_.done("stat"); }));
}

TEST_F(Async, AHeldPoolLetsItsThreadsGoWhenItGoes) {
  Loop loop;
  {
    HeldPool pool(loop);
    pool.hold(9);  // more than there are threads
    pool.hold(2);
  }
  bool ran = false;
  stat(loop, folder_, [&](int) { ran = true; });
  EXPECT_TRUE(run_until(loop, [&] { return ran; }));
}

TEST_F(Async, ResolvesANameWithoutAThread) {
  HeldPool pool(loop_);
  pool.hold(4);
  NameServer server(loop_);
  Resolver resolver(loop_, server.port());
  const Operation note = ended(
      "resolve", [&](Done done) { resolver.resolve("a.name.test", std::move(done)); });
  EXPECT_EQ(note.status, 0);
}

TEST_F(Async, AResolverThatGoesEndsWhatItWasAsked) {
  {
    NameServer server(loop_);
    Resolver resolver(loop_, server.port());
    operations_.start(
        "resolve", [&](Done done) { resolver.resolve("a.name.test", std::move(done)); });
  }
  EXPECT_TRUE(operations_.all_done());
  EXPECT_LT(operations_.all().front().status, 0);
}

// A name server that loses, cuts off or garbles what it is asked by UDP, and answers all of
// it by TCP.
class OddNameServer {
 public:
  using ByUdp = std::function<std::optional<std::string>(std::string answer)>;

  OddNameServer(Loop& loop, ByUdp replies)
      : loop_(loop),
        by_udp_(std::move(replies)),
        udp_(lab::loopback::socket(SOCK_DGRAM | SOCK_NONBLOCK)),
        tcp_(lab::loopback::listen()),
        asked_by_udp_(loop, udp_.get()),
        asked_by_tcp_(loop, tcp_.get()) {
    lab::loopback::bind(udp_, port());
    asked_by_udp_.start(UV_READABLE, [this] { hear_udp(); });
    asked_by_tcp_.start(UV_READABLE, [this] { hear_tcp(); });
  }
  std::uint16_t port() const { return lab::loopback::port_of(tcp_); }

  int by_udp = 0, by_tcp = 0;

 private:
  void hear_udp() {
    std::array<char, 512> bytes;
    sockaddr_in from{};
    socklen_t size = sizeof from;
    auto* address = reinterpret_cast<sockaddr*>(&from);
    const ssize_t got =
        recvfrom(udp_.get(), bytes.data(), bytes.size(), 0, address, &size);
    if (got < 0) return;
    ++by_udp;
    const auto answer = answer_to({bytes.data(), static_cast<std::size_t>(got)});
    ASSERT_TRUE(answer);
    if (const auto reply = by_udp_(*answer))
      sendto(udp_.get(), reply->data(), reply->size(), 0, address, size);
  }
  // Its length stands in front of each message.
  void hear_tcp() {
    ends_.emplace_back(loop_, accept(tcp_.get(), nullptr, nullptr));
    lab::uv::Tcp& end = ends_.back();
    end.read_start([this, &end](std::string_view bytes, int status) {
      if (status < 0) return end.close();
      ++by_tcp;
      const auto answer = answer_to(bytes.substr(2));
      ASSERT_TRUE(answer);
      sent_ = {static_cast<char>(answer->size() >> 8), static_cast<char>(answer->size())};
      sent_ += *answer;
      end.write(sent_, [](int) {});
    });
  }

  Loop& loop_;
  const ByUdp by_udp_;
  lab::Descriptor udp_, tcp_;
  lab::uv::Poll asked_by_udp_, asked_by_tcp_;
  std::string sent_;
  std::list<lab::uv::Tcp> ends_;
};

std::string truncated(std::string answer) {
  answer[2] = static_cast<char>(answer[2] | 0x02);
  answer[7] = 0;  // no answer in it, only the question
  return answer.substr(0, answer.size() - 16);
}

TEST_F(Async, AsksByTcpForAnAnswerThatDidNotFitIntoADatagram) {
  OddNameServer server(loop_, truncated);
  Resolver resolver(loop_, server.port());
  const auto cpu = lab::cpu_time();
  const Operation note =
      ended("resolve", [&](Done done) { resolver.resolve("a.name.test", done); });
  EXPECT_EQ(note.status, 0);
  EXPECT_EQ(server.by_udp, 1);
  EXPECT_EQ(server.by_tcp, 1);
  EXPECT_LT(lab::cpu_time() - cpu, 1s);  // it waits for the socket and does not spin
}

TEST_F(Async, AsksAgainIfADatagramIsLost) {
  int lost = 2;
  OddNameServer server(loop_, [&](std::string answer) -> std::optional<std::string> {
    if (lost-- > 0) return std::nullopt;
    return answer;
  });
  Resolver resolver(loop_, server.port(), 20ms);
  const Operation note =
      ended("resolve", [&](Done done) { resolver.resolve("a.name.test", done); });
  EXPECT_EQ(note.status, 0);
  EXPECT_EQ(server.by_udp, 3);
}

// Each question would push the repetition of the others away, if it set the clock anew.
TEST_F(Async, AsksAgainAlsoWhileOtherQuestionsCome) {
  int lost = 1;
  OddNameServer server(loop_, [&](std::string answer) -> std::optional<std::string> {
    if (lost-- > 0) return std::nullopt;
    return answer;
  });
  Resolver resolver(loop_, server.port(), 30ms);
  bool first = false;
  int others = 0;
  resolver.resolve("first.test", [&](int status) { first = status == 0; });
  lab::uv::Timer more(loop_);
  const auto ask = [&] { resolver.resolve("other.test", [](int) {}), ++others; };
  more.start(2ms, ask, 2ms);
  EXPECT_TRUE(run_until(loop_, [&] { return first || others == 1000; }));
  EXPECT_TRUE(first);
  more.close();
}

TEST_F(Async, GivesUpOnANameServerThatNeverAnswers) {
  OddNameServer server(loop_, [](const std::string&) { return std::nullopt; });
  Resolver resolver(loop_, server.port(), 2ms);
  const Operation note =
      ended("resolve", [&](Done done) { resolver.resolve("a.name.test", done); });
  EXPECT_EQ(note.status, UV_EAI_FAIL);
  EXPECT_EQ(server.by_udp, 4);
}

TEST_F(Async, AnAnswerWithoutAnAddressIsNone) {
  OddNameServer server(loop_, [](std::string answer) {
    answer[7] = 0;
    return answer.substr(0, answer.size() - 16);
  });
  Resolver resolver(loop_, server.port());
  EXPECT_EQ(
      ended("resolve", [&](Done done) { resolver.resolve("a.name.test", done); }).status,
      UV_EAI_FAIL);
}

TEST_F(Async, ANameThatCannotBeAskedForFailsLaterAndNotFromTheCall) {
  NameServer server(loop_);
  auto resolver = std::make_optional<Resolver>(loop_, server.port());
  const auto ask = [&](Done done) {
    resolver->resolve(std::string(64, 'a') + ".test", done);  // a label too long
  };
  const Operation note = ended("resolve", ask);
  EXPECT_FALSE(note.done_in_call);
  EXPECT_EQ(note.status, UV_EAI_FAIL);
  operations_.start("again", ask);
  EXPECT_FALSE(operations_.all_done());
  resolver.reset();
  EXPECT_TRUE(operations_.all_done());
}

TEST_F(Async, AResolverLeavesNoSocketOpenAndKeepsNoLoopAlive) {
  const int before = lab::open_descriptors();
  {
    auto server = std::make_optional<NameServer>(loop_);
    const int with_server = lab::open_descriptors();
    Resolver resolver(loop_, server->port());
    for (int i = 0; i < 3; ++i)
      ended("resolve", [&](Done done) { resolver.resolve("a.name.test", done); });
    EXPECT_EQ(lab::open_descriptors(), with_server);
    server.reset();
    loop_.run(UV_RUN_NOWAIT);  // closes what is left of it
    EXPECT_FALSE(loop_.run(UV_RUN_NOWAIT)) << "the resolver keeps the loop alive";
  }
  loop_.run();
  EXPECT_EQ(lab::open_descriptors(), before);
}

TEST_F(Async, OneThreadAsksManyAtOnceAndRunsOtherCallbacksMeanwhile) {
  Loop loop;
  constexpr int kClients = 20;
  const lab::Descriptor listener = lab::loopback::listen();
  std::thread server([&] {  // answers nobody until all have asked
    std::vector<lab::Descriptor> here;
    char byte = 0;
    for (int i = 0; i < kClients; ++i) {
      here.emplace_back(accept(listener.get(), nullptr, nullptr));
      if (recv(here.back().get(), &byte, 1, 0) != 1) return;
    }
    for (const auto& one : here) send(one.get(), "!", 1, MSG_NOSIGNAL);
  });
  const Attendance seen = ask_at_once(lab::loopback::port_of(listener), kClients, 5);
  server.join();
  EXPECT_EQ(seen.asked, kClients);
  EXPECT_EQ(seen.answered, kClients);
  EXPECT_EQ(seen.other_callbacks, 5);
  EXPECT_EQ(seen.threads, lab::thread_count() + 1);  // the server's
}

constexpr std::string_view kQuery("\x12\x34\x01\0\0\1\0\0\0\0\0\0\1a\4test\0\0\1\0\1",
                                  24);

TEST(NameServerAnswers, TheOneQuestionWithItsIdAndAnAddress) {
  const auto answer = answer_to(kQuery);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->substr(0, 2), "\x12\x34");
  EXPECT_EQ(answer->substr(12, 12), kQuery.substr(12));
  EXPECT_EQ(answer->substr(answer->size() - 4), "\x0a\x01\x02\x03");
}

TEST(NameServerAnswers, NothingToWhatIsNoQuery) {
  for (std::size_t size = 0; size < kQuery.size(); ++size)
    EXPECT_FALSE(answer_to(kQuery.substr(0, size))) << size;
  std::string pointer(kQuery);
  pointer[12] = '\xc0';
  EXPECT_FALSE(answer_to(pointer));
  std::string two_questions(kQuery);
  two_questions[5] = 2;
  EXPECT_FALSE(answer_to(two_questions));
}

TEST(NameServerAnswers, RandomBytesWithoutReadingPastThem) {
  std::mt19937 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 80, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (bytes.size() > 5) bytes[4] = 0, bytes[5] = 1;
    if (const auto answer = answer_to(bytes)) {
      EXPECT_LE(answer->size(), bytes.size() + 16);
    }
  }
}

}  // namespace
}  // namespace lab03
