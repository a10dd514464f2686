// The studio's server, as a browser and as somebody who should not be there meet it. The
// labs are shell scripts.
#include "studio.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <random>
#include <thread>

#include "fake_place.hpp"
#include "lab/raw_peer.hpp"

namespace runner {
namespace {

using lab::websocket::RawPeer;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";
constexpr const char* kDescribe =
    R"({"live":true,"scenes":[{"name":"rise","title":"x"}],"knobs":[{"name":"rate","help":"","unit":"","initial":5,"least":1,"most":10,"whole":true,"switch":false,"choices":[]}]})";

// Describes itself, and otherwise does `rest`.
std::string script(const std::string& rest) {
  return std::string("if [ \"$1\" = --describe ]; then echo '") + kDescribe +
         "'; exit; fi\n" + rest;
}

std::string event(int number) {
  return R"({"name":"tick )" + std::to_string(number) +
         R"(","ph":"i","ts":1,"pid":1,"tid":1,"cat":"instant","args":{}})";
}

const std::string kHonest = script("echo '" + claim_line("05.1", true) + "'\necho '" +
                                   event(1) + "'\necho '" + end_line(1) + "'\n");
const std::string kEndless = script("echo '" + event(1) + "'\nexec sleep 100\n");

// A studio on a thread of its own.
class Served {
 public:
  explicit Served(const FakePlace& place, RunLimits limits = {}, StoreLimits store = {}) {
    place.write("web/index.html", "<p>hello");
    place.write("web/app.js", "let plain");
    place.write("web/app.js.gz", "packed");
    StudioOptions options;
    options.place = place.place();
    options.runs = place.place().root / "runs";
    options.web = place.place().root / "web";
    options.token = kToken;
    options.limits = limits;
    options.store = store;
    std::atomic<bool> ready = false;
    thread_ = std::thread([this, options, &ready] {
      Studio studio(options);
      port_ = studio.port();
      ready = true;
      ready.notify_one();
      while (!ended_) studio.turn(std::chrono::milliseconds(5));
    });
    ready.wait(false);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() {
    ended_ = true;
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string cookie() const {
    return "Cookie: underloop_" + std::to_string(port_) + "=" + kToken + "\r\n";
  }

  // The whole answer, head and body.
  std::string ask(const std::string& method, const std::string& target,
                  const std::string& headers) const {
    RawPeer peer(port_);
    peer.send(method + " " + target + " HTTP/1.1\r\n" + headers + "\r\n");
    std::string answer = peer.read_head();
    while (const auto rest = peer.read_bytes()) answer += *rest;
    return answer;
  }
  std::string get(const std::string& target, const std::string& more = "") const {
    return ask("GET", target, "Host: " + host() + "\r\n" + cookie() + more);
  }

 private:
  std::atomic<bool> ended_ = false;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// A browser's WebSocket.
class Browser {
 public:
  explicit Browser(const Served& served, const std::string& origin = "",
                   bool cookie = true)
      : peer_(served.port()) {
    peer_.send("GET /socket HTTP/1.1\r\nHost: " + served.host() +
               "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: "
               "13\r\n" +
               (cookie ? served.cookie() : "") +
               (origin.empty() ? "" : "Origin: " + origin + "\r\n") + "\r\n");
    head_ = peer_.read_head();
  }

  const std::string& head() const { return head_; }
  void say(const Json& message) { say_text(message.dump()); }
  void say_text(const std::string& text) {
    peer_.send(lab::websocket::frame(lab::websocket::kText, text));
  }

  // The next message; null at the end of the connection.
  Json hear() {
    const auto frame = peer_.read_frame();
    if (!frame || frame->opcode != lab::websocket::kText) return nullptr;
    EXPECT_LE(frame->payload.size(), 64u << 10);
    return Json::parse(frame->payload);
  }
  Json hear(const std::string& is) {
    for (Json message; !(message = hear()).is_null();) {
      if (message["is"] == is) return message;
    }
    return nullptr;
  }
  std::string run(Json message) {
    message["do"] = "run";
    message["lab"] = "05";
    say(message);
    const Json answer = hear();
    return answer["is"] == "started" ? answer["run"] : Json(answer.dump());
  }
  RawPeer& peer() { return peer_; }

 private:
  RawPeer peer_;
  std::string head_;
};

class StudioTest : public testing::Test {
 protected:
  FakePlace place_;
};

// --- who may ask

TEST_F(StudioTest, TakesTheTokenOnceAndGivesACookieThatScriptsCannotRead) {
  const Served served(place_);
  const std::string answer = served.ask("GET", std::string("/?token=") + kToken,
                                        "Host: " + served.host() + "\r\n");
  EXPECT_THAT(answer, HasSubstr("303"));
  EXPECT_THAT(answer, HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_THAT(served.get("/"), HasSubstr("<p>hello"));
  EXPECT_THAT(served.get("/"), HasSubstr("default-src 'self'"));
}

TEST_F(StudioTest, TellsNothingWithoutTheCookie) {
  const Served served(place_);
  for (const char* target : {"/", "/api/catalog", "/api/runs", "/?token=wrong"}) {
    EXPECT_THAT(served.ask("GET", target, "Host: " + served.host() + "\r\n"),
                HasSubstr("401"));
  }
  EXPECT_THAT(Browser(served, "", false).head(), HasSubstr("401"));
}

TEST_F(StudioTest, AnswersToItsOwnNameOnly) {
  const Served served(place_);
  const std::string port = std::to_string(served.port());
  for (const std::string& host : {"evil.example:" + port, std::string("127.0.0.1:1"),
                                  std::string("127.0.0.1"), std::string()}) {
    const auto answer =
        served.ask("GET", "/api/health", "Host: " + host + "\r\n" + served.cookie());
    EXPECT_THAT(answer, HasSubstr("403")) << host;
  }
  EXPECT_THAT(served.ask("GET", "/api/health",
                         "Host: localhost:" + port + "\r\n" + served.cookie()),
              HasSubstr("200"));
}

TEST_F(StudioTest, RefusesThePagesAndSocketsOfOtherSites) {
  const Served served(place_);
  EXPECT_THAT(served.get("/api/health", "Origin: http://evil.example\r\n"),
              HasSubstr("403"));
  EXPECT_THAT(Browser(served, "http://evil.example").head(), HasSubstr("403"));
  EXPECT_THAT(Browser(served, "http://" + served.host()).head(), HasSubstr("101"));
}

TEST_F(StudioTest, ObeysNoMethodButGet) {
  const Served served(place_);
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "HEAD"}) {
    EXPECT_THAT(served.ask(method, "/api/runs",
                           "Host: " + served.host() + "\r\n" + served.cookie()),
                HasSubstr("405"));
  }
}

// --- what is shown

TEST_F(StudioTest, ShowsNoFileButTheLabsOwn) {
  place_.lab("05", kHonest);
  place_.write("secret.txt", "hidden");
  place_.write("labs/05_second_thing/tool.sh", "hidden");
  place_.write("common/include/lab/x.hpp", "shown");
  std::filesystem::create_symlink(place_.place().root / "secret.txt",
                                  place_.place().labs() / "05_second_thing/link.txt");
  const Served served(place_);
  EXPECT_THAT(served.get("/api/lab/05/file/main.cpp"), HasSubstr("int main"));
  EXPECT_THAT(served.get("/api/source?path=common%2Finclude/lab/x.hpp"),
              HasSubstr("shown"));
  for (const char* target :
       {"/api/lab/05/file/../../secret.txt", "/api/lab/05/file/%2e%2e/%2e%2e/secret.txt",
        "/api/lab/05/file/link.txt", "/api/lab/05/file/tool.sh",
        "/api/source?path=secret.txt", "/api/source?path=labs/../secret.txt",
        "/api/source?path=/etc/passwd", "/api/source?path=labs/05_second_thing/link.txt",
        "/../secret.txt", "/%2e%2e/secret.txt", "/api/runs/../secret",
        "/api/source?path=labs%00/../secret.txt"}) {
    const std::string answer = served.get(target);
    EXPECT_THAT(answer, HasSubstr("404")) << target;
    EXPECT_THAT(answer, Not(HasSubstr("hidden"))) << target;
  }
}

TEST_F(StudioTest, TellsALabWithItsStepsAndItsDescription) {
  place_.lab("05", kHonest);
  const Served served(place_);
  const std::string answer = served.get("/api/lab/05");
  EXPECT_THAT(answer, HasSubstr(R"("text":"it starts","file":"main.cpp","line":1)"));
  EXPECT_THAT(answer, HasSubstr(R"("name":"rate")"));
  EXPECT_THAT(served.get("/api/lab/01"), HasSubstr(R"("written":false)"));
  EXPECT_THAT(served.get("/api/lab/77"), HasSubstr("404"));
  EXPECT_THAT(served.get("/app.js"), HasSubstr("let plain"));
  EXPECT_THAT(served.get("/app.js", "Accept-Encoding: gzip\r\n"), HasSubstr("packed"));
}

// --- runs

TEST_F(StudioTest, SendsARunToEveryViewerAndKeepsIt) {
  place_.lab("05", kHonest);
  const Served served(place_);
  Browser one(served);
  Browser two(served);
  const std::string run = one.run({{"quick", true}});
  for (Browser* browser : {&one, &two}) {
    browser->say({{"do", "watch"}, {"run", run}, {"from", 1}});
    EXPECT_EQ(browser->hear("events")["first"], 1);
    const Json ended = browser->hear("ended");
    EXPECT_EQ(ended["exit"], 0);
    EXPECT_EQ(ended["events"], 3);
    EXPECT_EQ(ended["claims"], 1);
  }
  EXPECT_THAT(served.get("/api/runs/" + run), HasSubstr("tick 1"));
  EXPECT_THAT(served.get("/api/ledger"), HasSubstr(R"("id":"05.1","holds":true)"));
  EXPECT_THAT(served.get("/api/catalog"), HasSubstr(R"("proven":1)"));
}

TEST_F(StudioTest, HandsNothingToAProgramThatItsDescriptionDoesNotName) {
  place_.lab("05", script("echo '" + end_line(0) + "'; echo \"$@\" > " +
                          (place_.place().root / "args").string()));
  const Served served(place_);
  Browser browser(served);
  for (const Json& message : std::vector<Json>{{{"scene", "--trace=/tmp/x"}},
                                               {{"scene", 5}},
                                               {{"knobs", {{"trace", "/tmp/x"}}}},
                                               {{"knobs", {{"rate", 11}}}},
                                               {{"knobs", {{"rate", "5; rm"}}}},
                                               {{"knobs", {{"rate", {1, 2}}}}},
                                               {{"knobs", "rate"}},
                                               {{"quick", "yes"}}}) {
    EXPECT_THAT(browser.run(message), HasSubstr("error")) << message;
  }
  const std::string run =
      browser.run({{"scene", "rise"}, {"knobs", {{"rate", 7}}}, {"quick", true}});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.hear("ended");
  std::ifstream args(place_.place().root / "args");
  std::string line;
  std::getline(args, line);
  EXPECT_EQ(line, "--json --quick --scene rise --rate=7");
}

TEST_F(StudioTest, LeavesOutWhatIsNoEventAndSaysSo) {
  place_.lab("05", script("echo nonsense; echo '[1]'; echo '" + event(1) + "'\n"));
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  const Json ended = browser.hear("ended");
  EXPECT_EQ(ended["events"], 1);
  EXPECT_THAT(ended["why"].dump(), HasSubstr("left out"));
}

TEST_F(StudioTest, StopsARunWhenItIsToldTo) {
  place_.lab("05", kEndless);
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({{"live", true}});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.hear("events");
  browser.say({{"do", "knob"}, {"run", run}, {"name", "rate"}, {"value", 99}});
  EXPECT_THAT(browser.hear("knob")["refused"].dump(), HasSubstr("1 to 10"));
  browser.say({{"do", "stop"}, {"run", run}});
  EXPECT_EQ(browser.hear("ended")["exit"], 128 + SIGTERM);
}

TEST_F(StudioTest, TurnsAKnobOfALiveRun) {
  place_.lab("05", script("read line; echo '" + end_line(0) + "'; echo \"$line\" > " +
                          (place_.place().root / "in").string()));
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({{"live", true}});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.say({{"do", "knob"}, {"run", run}, {"name", "rate"}, {"value", 9}});
  browser.hear("ended");
  std::ifstream in(place_.place().root / "in");
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, R"({"knob":"rate","value":"9"})");
}

TEST_F(StudioTest, EndsALiveRunThatNobodyWatches) {
  place_.lab("05", kEndless);
  RunLimits limits;
  limits.alone = std::chrono::milliseconds(50);
  const Served served(place_, limits);
  std::string run;
  {
    Browser browser(served);
    run = browser.run({{"live", true}});
  }
  Browser later(served);
  while (served.get("/api/runs").find(R"("live":true)") != std::string::npos) {
  }
  later.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  EXPECT_THAT(later.hear("ended")["why"].dump(), HasSubstr("nobody watched"));
}

TEST_F(StudioTest, EndsARunThatTakesTooLongOrTellsTooMuch) {
  place_.lab("05", script("while :; do echo '" + event(1) + "'; done\n"));
  RunLimits limits;
  limits.bytes = 100'000;
  const Served served(place_, limits);
  Browser browser(served);
  const std::string run = browser.run({});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  EXPECT_THAT(browser.hear("ended")["why"].dump(), HasSubstr("the most"));
  EXPECT_LE(file_size(place_.place().root / "runs" / (run + ".ndjson")), 100'000u);
}

TEST_F(StudioTest, RunsFourAtOnceAndNoMore) {
  place_.lab("05", kEndless);
  const Served served(place_);
  Browser browser(served);
  for (int i = 0; i < 4; ++i) EXPECT_THAT(browser.run({}), Not(HasSubstr("error")));
  EXPECT_THAT(browser.run({}), HasSubstr("4 runs at once"));
}

TEST_F(StudioTest, EndsItsLabsWithItselfAndFindsTheirRunsAgain) {
  place_.lab("05", script("echo $$ > " + (place_.place().root / "pid").string() +
                          "\necho '" + event(1) + "'\nexec sleep 100\n"));
  std::string run;
  {
    const Served served(place_);
    Browser browser(served);
    run = browser.run({});
    browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
    browser.hear("events");
  }
  pid_t pid = 0;
  std::ifstream(place_.place().root / "pid") >> pid;
  EXPECT_EQ(kill(pid, 0), -1);
  const Served again(place_);
  EXPECT_THAT(again.get("/api/runs/" + run), HasSubstr("tick 1"));
  EXPECT_THAT(again.get("/api/runs"), HasSubstr(run));
}

// --- the store

TEST_F(StudioTest, KeepsRunsForTheirOwnerOnlyAndTheNewestOfThem) {
  const auto folder = place_.place().root / "runs";
  RunStore store(folder, {.runs = 3, .bytes = 1 << 20});
  std::string newest;
  for (int i = 0; i < 5; ++i) {
    RunCard& card = store.begin("05", Json::object());
    newest = card.id;
    card.live = false;
    store.save(card);
  }
  store.make_room();
  EXPECT_LE(store.size(), 3u);
  EXPECT_TRUE(store.find(newest));
  EXPECT_EQ(RunStore(folder).size(), store.size());
  struct stat status {};
  ASSERT_EQ(stat(folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
}

TEST_F(StudioTest, PassesOverACardThatItCannotRead) {
  place_.write("runs/05-1-0.json", "{");
  place_.write("runs/05-2-0.json", R"({"lab":5})");
  EXPECT_EQ(RunStore(place_.place().root / "runs").size(), 0u);
}

// --- garbage

TEST_F(StudioTest, ClosesAfterTwentyWrongMessagesInARow) {
  const Served served(place_);
  Browser browser(served);
  for (int i = 0; i < 19; ++i) browser.say_text("nonsense");
  for (int i = 0; i < 19; ++i) EXPECT_EQ(browser.hear()["is"], "error");
  browser.say({{"do", "leave"}, {"run", "x"}});  // right: it counts anew
  for (int i = 0; i < 20; ++i) browser.say_text("nonsense");
  EXPECT_EQ(browser.peer().read_close_code(), 1008);
}

TEST_F(StudioTest, SurvivesWhateverASocketSays) {
  place_.lab("05", kHonest);
  const Served served(place_);
  std::mt19937 random(4030);
  const std::vector<std::string> seeds = {
      R"({"do":"run","lab":"05","scene":"rise","quick":true,"knobs":{"rate":5}})",
      R"({"do":"watch","run":"05-1-0","from":0})",
      R"({"do":"knob","run":"x","name":"rate","value":1e999})",
      std::string(9000, '['),
      R"({"do":"run","lab":null,"knobs":[[[[[[]]]]]]})",
      R"({"do":"watch","run":"../../etc/passwd","from":-1})",
      "\xff\xfe",
      "null",
      "{}"};
  for (int round = 0; round < 60; ++round) {
    Browser browser(served);
    for (int i = 0; i < 15; ++i) {
      std::string text = seeds[random() % seeds.size()];
      for (std::size_t flips = random() % 4; flips > 0; --flips) {
        text[random() % text.size()] = static_cast<char>(random() % 128);
      }
      browser.say_text(text);
    }
  }
  EXPECT_THAT(served.get("/api/health"), HasSubstr("\"ok\":true"));
}

TEST_F(StudioTest, SurvivesBytesThatAreNoHttp) {
  const Served served(place_);
  for (const std::string& bytes :
       {std::string("\0\1\2\3\r\n\r\n", 8), std::string(20'000, 'a'),
        std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("GET  HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")}) {
    RawPeer peer(served.port());
    peer.send(bytes);
  }
  EXPECT_THAT(served.get("/api/health"), HasSubstr("\"ok\":true"));
}

}  // namespace
}  // namespace runner
