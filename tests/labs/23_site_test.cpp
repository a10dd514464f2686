// Lab 23's server and site: what a port must withstand, and that each cure has the result of
// the offence.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "jobs.hpp"
#include "watch.hpp"

namespace {

using namespace lab23;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

// Runs the loop until it is so, or for ten seconds.
template <class Condition>
bool run_until(lab::uv::Loop& loop, Condition condition) {
  bool late = false;
  lab::uv::Timer deadline(loop);
  deadline.start(10s, [&] { late = true; });
  while (!condition() && !late) loop.run(UV_RUN_ONCE);
  return condition();
}

// Says whatever it likes, byte for byte.
class Peer {
 public:
  Peer(lab::uv::Loop& loop, std::uint16_t port) : loop_(loop), peer_(loop) {
    peer_.connect(port, [this](int status) {
      connected = status == 0;
      if (!connected) return;
      peer_.read_start([this](std::string_view bytes, int end) {
        heard.append(bytes);
        ended = end < 0;
        if (ended) peer_.read_stop();
      });
    });
    run_until(loop_, [this] { return connected; });
  }
  void say(const std::string& bytes) {
    said_.push_back(bytes);
    peer_.write(said_.back(), [](int) {});
  }
  void leave() { peer_.close(); }
  bool hears(const std::string& text) {
    return run_until(loop_, [&] { return heard.find(text) != std::string::npos; });
  }
  bool hears_the_end() {
    return run_until(loop_, [&] { return ended; });
  }

  bool connected = false;
  bool ended = false;
  std::string heard{};

 private:
  lab::uv::Loop& loop_;
  std::list<std::string> said_{};
  lab::uv::Tcp peer_;
};

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: lab\r\n\r\n";
}

class ServerTest : public testing::Test {
 protected:
  lab::uv::Loop loop;
  std::vector<Request> requests{};
  std::vector<Server::Reply> replies{};
  bool at_once = true;

  Server::Handler handler() {
    return [this](const Request& request, const Server::Reply& reply) {
      requests.push_back(request);
      if (at_once) return reply({.body = "to " + request.target + request.body});
      replies.push_back(reply);
    };
  }
};

TEST_F(ServerTest, AnswersOnOneConnectionInOrderWhateverThePieces) {
  Server server(loop, handler());
  Peer peer(loop, server.port());
  peer.say(get("/one") + get("/two") + "GET /thr");
  ASSERT_TRUE(peer.hears("to /two"));
  peer.say("ee HTTP/1.1\r\nHo");
  peer.say("st: lab\r\n\r\n");
  ASSERT_TRUE(peer.hears("to /three"));
  EXPECT_LT(peer.heard.find("to /one"), peer.heard.find("to /two"));
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(ServerTest, TakesABodyByLengthOrInChunks) {
  Server server(loop, handler());
  Peer peer(loop, server.port());
  peer.say("POST /a HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\n12345");
  ASSERT_TRUE(peer.hears("to /a12345"));
  peer.say(
      "POST /b HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  ASSERT_TRUE(peer.hears("to /babcde"));
}

TEST_F(ServerTest, ClosesWhenItIsAskedToAndSendsNoBodyForAHead) {
  Server server(loop, handler());
  Peer peer(loop, server.port());
  peer.say("HEAD /x HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(peer.hears_the_end());
  EXPECT_THAT(peer.heard, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(peer.heard, testing::EndsWith("\r\n\r\n"));
  EXPECT_TRUE(run_until(loop, [&] { return server.connections() == 0; }));
}

TEST_F(ServerTest, RefusesGarbageAndGoesOnServingOthers) {
  Server server(loop, handler(), {.header = 1000, .body = 100});
  const std::pair<std::string, const char*> hostile[] = {
      {"\x16\x03\x01\x02\x01 no HTTP \r\n\r\n", "400"},
      {std::string(400, '\0'), "400"},
      {"GET / HTTP/9.9\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
       "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"GET /" + std::string(3000, 'x') + " HTTP/1.1\r\n\r\n", "431"},
      {"GET / HTTP/1.1\r\nCookie: " + std::string(3000, 'x') + "\r\n\r\n", "431"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", "413"}};
  Peer other(loop, server.port());
  for (const auto& [bytes, status] : hostile) {
    Peer peer(loop, server.port());
    peer.say(bytes);
    EXPECT_TRUE(peer.hears_the_end()) << bytes.substr(0, 40);
    EXPECT_THAT(peer.heard, StartsWith(std::string("HTTP/1.1 ") + status))
        << bytes.substr(0, 40);
  }
  EXPECT_TRUE(requests.empty());
  other.say(get("/still"));
  EXPECT_TRUE(other.hears("to /still"));
}

TEST_F(ServerTest, ClosesWhoTakesTooLong) {
  Server server(loop, handler(), {.request_time = 1ms});
  Peer peer(loop, server.port());
  peer.say("GET / HTTP/1.1\r\nHost:");
  EXPECT_TRUE(peer.hears_the_end());
  EXPECT_EQ(server.connections(), 0u);
  EXPECT_TRUE(requests.empty());
}

TEST_F(ServerTest, TakesNoMoreConnectionsThanItMay) {
  Server server(loop, handler(), {.connections = 2});
  Peer one(loop, server.port());
  Peer two(loop, server.port());
  Peer three(loop, server.port());
  EXPECT_TRUE(three.hears_the_end());
  EXPECT_EQ(server.connections(), 2u);
  two.say(get("/two"));
  EXPECT_TRUE(two.hears("to /two"));
}

TEST_F(ServerTest, AnswersOnceAndNotWhoHasGone) {
  at_once = false;
  Server server(loop, handler());
  Peer peer(loop, server.port());
  peer.say(get("/later"));
  ASSERT_TRUE(run_until(loop, [&] { return replies.size() == 1; }));
  replies[0]({.body = "first"});
  replies[0]({.body = "second"});
  ASSERT_TRUE(peer.hears("first"));
  peer.say(get("/gone"));
  ASSERT_TRUE(run_until(loop, [&] { return replies.size() == 2; }));
  EXPECT_EQ(peer.heard.find("second"), std::string::npos);
  peer.leave();
  replies[1]({.body = "into the void"});
  EXPECT_TRUE(run_until(loop, [&] { return server.connections() == 0; }));
  replies[1]({.body = "and again"});
}

TEST_F(ServerTest, EndsWithRequestsThatWereNeverAnswered) {
  at_once = false;
  {
    Server server(loop, handler());
    Peer peer(loop, server.port());
    peer.say(get("/never"));
    ASSERT_TRUE(run_until(loop, [&] { return replies.size() == 1; }));
  }
  replies[0]({.body = "nobody is there"});
}

// --- the site ---

class SiteTest : public testing::Test {
 protected:
  SiteTest() {
    std::string path = std::filesystem::temp_directory_path() / "lab23.XXXXXX";
    close(mkstemp(path.data()));
    config.file = path;
    std::ofstream(config.file) << std::string(100'000, 'x');
    file_ = path;
  }
  ~SiteTest() override { std::filesystem::remove(file_); }

  Answer ask(Site& site, const std::string& target) {
    std::optional<Answer> answer;
    const Fetch fetch(loop, site.port(), target,
                      [&](const Answer& said) { answer = said; });
    run_until(loop, [&] { return answer.has_value(); });
    return answer.value_or(Answer{});
  }

  lab::uv::Loop loop;
  SiteConfig config{.steps = 100'000,
                    .file = {},
                    .letters = 8,
                    .elements = 1000,
                    .small = 10,
                    .slice = 1us};

 private:
  std::filesystem::path file_{};
};

TEST_F(SiteTest, HasTheSameResultWithEveryCure) {
  Site service(loop, config);
  config.service = service.port();
  Site site(loop, config);
  const std::string results[] = {std::to_string(sum(config.steps)), "100000", "0",
                                 "1000"};
  for (const Offence offence : kOffences) {
    for (const Cure cure :
         {Cure::none, Cure::async_function, Cure::cut, Cure::worker, Cure::process}) {
      const Answer answer = ask(site, fmt::format("/{}/{}", name(offence), name(cure)));
      EXPECT_EQ(answer.status, 200) << name(offence) << name(cure);
      EXPECT_EQ(answer.body, results[static_cast<int>(offence)]) << name(cure);
    }
  }
  for (const char* target : {"/sum/ticks", "/sum/promises", "/json/ticks"}) {
    const std::uint64_t before = site.slices();
    EXPECT_EQ(ask(site, target).status, 200) << target;
    EXPECT_GT(site.slices(), before) << target;
  }
}

TEST_F(SiteTest, OffersNoMoreThanItHas) {
  Site site(loop, config);
  EXPECT_EQ(ask(site, "/ping").body, "pong");
  for (const char* target :
       {"/", "/sum", "/sum/", "/sum/magic", "/nothing/none", "//", "/regex/ticks",
        "/file/promises", "/sum/process", "/sum/none/", "/../../etc/passwd"})
    EXPECT_EQ(ask(site, target).status, 404) << target;
}

TEST_F(SiteTest, SaysThatAJobFailed) {
  config.file = "/nowhere";
  Site site(loop, config);
  for (const char* cure : {"none", "async", "cut", "worker"})
    EXPECT_EQ(ask(site, fmt::format("/file/{}", cure)).status, 500) << cure;
  EXPECT_EQ(ask(site, "/ping").status, 200);
}

TEST_F(SiteTest, FailsTheRequestIfItsServiceIsGone) {
  {
    Site service(loop, config);
    config.service = service.port();
  }
  Site site(loop, config);
  EXPECT_EQ(ask(site, "/sum/process").status, 500);
}

TEST_F(SiteTest, RefusesWhileItsLoopIsLate) {
  config.limit = 50ms;
  Site site(loop, config);
  EXPECT_EQ(ask(site, "/ping").status, 200);
  // Late within one turn: the timer of the meter had no chance to fire.
  lab::uv::Timer blocker(loop);
  std::optional<std::chrono::nanoseconds> lag;
  blocker.start(0ms, [&] {
    const auto end = std::chrono::steady_clock::now() + 60ms;
    while (std::chrono::steady_clock::now() < end) {
    }
    lag = site.lag();
  });
  run_until(loop, [&] { return lag.has_value(); });
  EXPECT_GE(*lag, 50ms);
  site.config().limit = 1ns;
  EXPECT_EQ(ask(site, "/ping").status, 503);
  EXPECT_EQ(site.refused(), 1u);
  site.config().limit = 0ns;
  EXPECT_EQ(ask(site, "/ping").status, 200);
}

TEST_F(SiteTest, EndsWhileItsPoolStillReads) {
  std::optional<Answer> answer;
  {
    Site site(loop, config);
    bool begun = false;
    const Fetch fetch(loop, site.port(), "/file/cut",
                      [&](const Answer& said) { answer = said; });
    lab::uv::Check check(loop);
    check.start([&] { begun = uv_loop_alive(loop.raw()) != 0; });
    for (int turn = 0; turn < 3 && !answer; ++turn) loop.run(UV_RUN_NOWAIT);
    EXPECT_TRUE(begun);
  }
  // The loop waits for the pool's thread, whose result nobody wants.
}

TEST(Strip, HasAPlaceForEachMoment) {
  const Visit::Time began{}, ended = began + 100ms;
  EXPECT_EQ(place(began, began, ended, 10), 0u);
  EXPECT_EQ(place(began + 55ms, began, ended, 10), 5u);
  EXPECT_EQ(place(ended, began, ended, 10), 9u);
  EXPECT_EQ(place(began - 1ms, began, ended, 10), 0u);
  EXPECT_EQ(place(ended + 1s, began, ended, 10), 9u);
  EXPECT_EQ(place(began, began, began, 10), 0u);
}

TEST(ReadAnswer, MakesNothingOfWhatIsNoHttp) {
  for (const char* bytes :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\n\r\n", "junk\r\n\r\n"})
    EXPECT_EQ(read_answer(bytes).status, 0) << bytes;
  const Answer answer = read_answer("HTTP/1.1 503 No\r\nA: b\r\n\r\nbody");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "body");
}

}  // namespace
