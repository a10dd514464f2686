// The studio's runs: their limits, who is slow to look, the drill, faults.
#include <sys/resource.h>

#include <cstdlib>

#include "core/read_text.hpp"
#include "drill/store.hpp"
#include "studio/fault.hpp"
#include "studio/viewer.hpp"
#include "studio_served.hpp"
#include "support/places.hpp"

namespace runner {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// --- limits of time, by a clock that the test holds

class StudioRunTest : public testing::Test {
 protected:
  StudioRunTest() : store_(place_.place().root / "runs") {
    std::signal(SIGPIPE, SIG_IGN);
  }

  StudioRun& start(const std::string& program, bool live, RunLimits limits = {}) {
    const Lab lab = place_.lab("05", program);
    run_ = std::make_unique<StudioRun>(store_, store_.begin("05", Json::object()),
                                       place_.place(), lab,
                                       std::vector<std::string>{"--json"}, live, limits);
    return *run_;
  }
  static bool turn(StudioRun& run, StudioRun::Clock::time_point now) {
    return run.turn(now, [](const Json&) {});
  }
  void until_ended() {
    wait_until("the end of the run",
               [&] { return !turn(*run_, StudioRun::Clock::now()); });
  }

  FakePlace place_;
  RunStore store_;
  std::unique_ptr<StudioRun> run_;
};

TEST_F(StudioRunTest, EndsAfterItsTime) {
  for (const bool live : {false, true}) {
    RunLimits limits;
    limits.alone = 24h;
    const auto most = live ? limits.live : limits.finite;
    const auto before = StudioRun::Clock::now();
    StudioRun& run = start(kEndless, live, limits);
    const auto after = StudioRun::Clock::now();
    EXPECT_TRUE(turn(run, before + most));
    EXPECT_EQ(run.card().why, "");
    turn(run, after + most + 1ns);
    EXPECT_EQ(run.card().why,
              live ? "it ran for 1800 s, the most" : "it ran for 120 s, the most");
    until_ended();
    EXPECT_EQ(run.card().exit, 128 + SIGTERM);
  }
}

TEST_F(StudioRunTest, EndsSomeTimeAfterItsLastViewerLeft) {
  const RunLimits limits;
  StudioRun& run = start(kEndless, true, limits);
  const auto began = StudioRun::Clock::now();
  run.watched(true, began);
  EXPECT_TRUE(turn(run, began + 10 * limits.alone));
  const auto left = began + 10 * limits.alone;
  run.watched(false, left);
  run.watched(false, left + limits.alone);  // it is since the first time
  EXPECT_TRUE(turn(run, left + limits.alone));
  EXPECT_EQ(run.card().why, "");
  run.watched(true, left + limits.alone);  // somebody came back
  EXPECT_TRUE(turn(run, left + 9 * limits.alone));
  EXPECT_EQ(run.card().why, "");
  run.watched(false, left + 9 * limits.alone);
  turn(run, left + 10 * limits.alone + 1ns);
  EXPECT_EQ(run.card().why, "nobody watched any more");
  until_ended();
}

TEST_F(StudioRunTest, GoesOnAloneIfItEndsByItself) {
  const RunLimits limits;
  const auto began = StudioRun::Clock::now();
  StudioRun& run = start(kEndless, false, limits);
  EXPECT_TRUE(turn(run, began + 5 * limits.alone));
  EXPECT_EQ(run.card().why, "");
}

TEST_F(StudioRunTest, KillsALabThatDoesNotEndWhenAsked) {
  RunLimits limits;
  limits.patience = 0ms;
  StudioRun& run = start(
      script("trap '' TERM\necho '" + event(1) + "'\nexec sleep 100\n"), false, limits);
  wait_until(
      "the first event", [&] { return run.card().events > 0; },
      [&] { turn(run, StudioRun::Clock::now()); });
  run.stop("a test did");
  until_ended();
  EXPECT_EQ(run.card().exit, 128 + SIGKILL);
  EXPECT_EQ(run.card().why, "a test did");
}

TEST_F(StudioRunTest, KeepsWhatALabToldThatWasKilled) {
  StudioRun& run = start(kEndless, false);
  wait_until(
      "the first event", [&] { return run.card().events > 0; },
      [&] { turn(run, StudioRun::Clock::now()); });
  kill(run.pid(), SIGKILL);
  until_ended();
  EXPECT_EQ(run.card().exit, 128 + SIGKILL);
  EXPECT_EQ(run.card().why, "signal 9 ended it");
  EXPECT_EQ(read_text(store_.events(run.card())), event(1) + "\n");
}

TEST_F(StudioRunTest, RecordsNothingMoreOnceTheDiskIsFull) {
  StudioRun& run = start(kEndless, false);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{.rlim_cur = 10, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &none);
  wait_until(
      "the reason", [&] { return !run.card().why.empty(); },
      [&] { turn(run, StudioRun::Clock::now()); });
  until_ended();
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(run.card().why,
              testing::AnyOf(HasSubstr("the disk took no more"), HasSubstr("no room")));
  EXPECT_EQ(read_text(store_.events(run.card())), "") << "no half line";
}

// --- a build: ninja and flock are stand-ins

class StudioBuild : public StudioTest {
 protected:
  StudioBuild() {
    place_.lab("05", kHonest);
    std::filesystem::rename(program(), place_.place().root / "later");
    place_.write("bin/flock", "#!/bin/sh\nshift 2\nexec \"$@\"\n");
    path_ = std::getenv("PATH");
    setenv("PATH", ((place_.place().root / "bin").string() + ":" + path_).c_str(), 1);
  }
  StudioBuild(const StudioBuild&) = delete;
  StudioBuild& operator=(const StudioBuild&) = delete;
  ~StudioBuild() override { setenv("PATH", path_.c_str(), 1); }

  void ninja(const std::string& text) const {
    place_.write("bin/ninja", "#!/bin/sh\n" + text);
    for (const char* name : {"bin/flock", "bin/ninja"}) {
      permissions(place_.place().root / name, std::filesystem::perms::owner_all);
    }
  }
  std::filesystem::path program() const {
    return place_.place().build / "labs" / "05_second_thing";
  }

  std::string path_;
};

TEST_F(StudioBuild, BuildsALabThatIsNotBuiltYetAndRunsIt) {
  ninja("echo \"$@\" > " + (place_.place().root / "asked").string() + "\nmv " +
        (place_.place().root / "later").string() + " " + program().string() + "\n");
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({});
  EXPECT_THAT(browser.hear("note")["text"].dump(), HasSubstr("built first"));
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  EXPECT_EQ(browser.hear("ended")["claims"], 1);
  EXPECT_EQ(read_text(place_.place().root / "asked"),
            "-C " + place_.place().build.string() + " lab_05\n");
}

TEST_F(StudioBuild, SaysWhyALabCouldNotBeBuilt) {
  ninja("echo 'main.cpp:3: error: no such thing'; echo 'ninja: stopped'; exit 1\n");
  const Served served(place_);
  Browser browser(served);
  browser.say({{"do", "watch"}, {"run", browser.run({})}, {"from", 0}});
  const Json ended = browser.hear("ended");
  EXPECT_EQ(ended["exit"], 1);
  EXPECT_THAT(ended["why"].dump(), HasSubstr("main.cpp:3: error: no such thing"));
}

TEST_F(StudioBuild, IsStoppedAsARunIs) {
  ninja("exec sleep 100\n");
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.say({{"do", "stop"}, {"run", run}});
  EXPECT_EQ(browser.hear("ended")["exit"], 128 + SIGTERM);
}

// --- who is slow to look

// A socket whose kernel takes nothing until it is told to.
class StuckSocket : public lab::websocket::Socket {
 public:
  void write(lab::websocket::Text text) override {
    waiting_ += text->size();
    written_.push_back(std::move(text));
  }
  std::size_t waiting() const override { return waiting_; }
  void close(std::uint16_t, std::string) override { open_ = false; }
  void drop() override { open_ = false; }
  void pause(bool pause) override { paused = pause; }
  bool open() const override { return open_; }
  void drain() { waiting_ = 0; }

  Json said(std::size_t message) const { return Json::parse(*written_.at(message)); }
  Json said_last() const { return said(written_.size() - 1); }
  std::vector<Json> all_said() const {
    std::vector<Json> all;
    for (std::size_t i = 0; i < written_.size(); ++i) all.push_back(said(i));
    return all;
  }

  bool paused = false;

 private:
  std::vector<lab::websocket::Text> written_{};
  std::size_t waiting_ = 0;
  bool open_ = true;
};

class SlowViewer : public StudioTest {
 protected:
  SlowViewer() { std::signal(SIGPIPE, SIG_IGN); }

  void start(const std::string& program) {
    place_.lab("05", program);
    StudioOptions options = patient();
    options.limits.alone = 1h;
    options.behind = 100'000;
    studio_.emplace(options_in(place_, options));
    socket_ = std::make_shared<StuckSocket>();
    viewer_ = std::make_shared<Viewer>(*studio_, socket_);
    viewer_->on_text(R"({"do":"run","lab":"05","live":true})");
    run_ = socket_->said(0).at("run");
    say({{"do", "watch"}, {"run", run_}, {"from", 0}});
  }
  void say(const Json& message) { viewer_->on_text(message.dump()); }
  const RunCard& card() { return *studio_->store().find(run_); }
  void turn() {
    studio_->turn(1ms);
    viewer_->pump();
  }

  std::optional<Studio> studio_;
  std::shared_ptr<StuckSocket> socket_;
  std::shared_ptr<Viewer> viewer_;
  std::string run_;
};

// 1600 events of a kilobyte, every hundredth one a claim, while nobody takes a byte; then
// the lab waits for a line.
TEST_F(SlowViewer, IsSentTheStoryAndToldWhatItMissedAndTheLabDoesNotWait) {
  std::string lines;
  for (int i = 1; i <= 1600; ++i) {
    std::string line = i % 100 ? event(i) : claim_line("05.1", true);
    line.insert(9, std::string(1000, 'x'));
    lines += line + "\n";
  }
  place_.write("lines", lines);
  start(script("cat " + (place_.place().root / "lines").string() + "\nread line\n"));
  wait_until(
      "1600 events", [&] { return card().events >= 1600; }, [&] { turn(); });
  turn();
  EXPECT_LT(socket_->waiting(), 4 * Viewer::kFull + Viewer::kMessage + 1000);

  say({{"do", "knob"}, {"run", run_}, {"name", "rate"}, {"value", 6}});  // its line
  const auto ended = [&] { return socket_->said_last()["is"] == "ended"; };
  wait_until("the end of the run", ended, [&] {
    socket_->drain();
    turn();
  });
  std::size_t next = 0, skipped = 0, claims = 0;
  for (const Json& message : socket_->all_said()) {
    if (message["is"] == "coarser") {
      EXPECT_EQ(message["from"], next);
      next += message["skipped"].get<std::size_t>();
      EXPECT_EQ(message["to"], next - 1);
      skipped += message["skipped"].get<std::size_t>();
    } else if (message["is"] == "events") {
      EXPECT_EQ(message["first"], next);
      next += message["events"].size();
      for (const Json& one : message["events"]) claims += one["cat"] == "claim" ? 1 : 0;
    }
  }
  EXPECT_EQ(next, 1600u);
  EXPECT_EQ(claims, 16u);
  EXPECT_GT(skipped, 500u);
  EXPECT_EQ(socket_->said_last()["events"], 1600);
}

TEST_F(SlowViewer, LosesNothingOfARunThatHasEnded) {
  std::string lines;
  for (int i = 0; i < 700; ++i) {
    std::string line = event(i);
    line.insert(9, std::string(1000, 'x'));
    lines += line + "\n";
  }
  place_.write("lines", lines);
  start(script("cat " + (place_.place().root / "lines").string() + "\n"));
  say({{"do", "leave"}, {"run", run_}});
  wait_until(
      "the end of the run", [&] { return studio_->running() == 0; }, [&] { turn(); });
  say({{"do", "watch"}, {"run", run_}, {"from", 0}});
  for (int i = 0; i < 10; ++i) viewer_->pump();
  EXPECT_LT(socket_->waiting(), Viewer::kFull + 2 * Viewer::kMessage);
  std::size_t events = 0;
  wait_until(
      "the end of the run", [&] { return socket_->said_last()["is"] == "ended"; },
      [&] {
        socket_->drain();
        viewer_->pump();
      });
  for (const Json& message : socket_->all_said()) {
    EXPECT_NE(message["is"], "coarser");
    if (message["is"] == "events") events += message["events"].size();
  }
  EXPECT_EQ(events, 700u);
}

TEST_F(SlowViewer, IsNotListenedToWhileItDoesNotReadItsAnswers) {
  start(kEndless);
  std::size_t asked = 0;
  for (; !socket_->paused && asked < 100'000; ++asked) {
    say({{"do", "knob"}, {"run", run_}, {"name", "rate"}, {"value", 99}});
  }
  EXPECT_TRUE(socket_->paused);
  EXPECT_LT(socket_->waiting(), 8 * Viewer::kFull + 1000);
  viewer_->pump();
  EXPECT_TRUE(socket_->paused);
  socket_->drain();
  viewer_->pump();
  EXPECT_FALSE(socket_->paused);
}

// Patience is for wrong messages in a row: one that is right gives all of it back.
TEST_F(SlowViewer, IsClosedAfterManyWrongMessagesInARowOnly) {
  start(kEndless);
  const auto wrong = [&](std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) say({{"do", "nothing"}});
  };
  wrong(Viewer::kPatience - 1);
  say({{"do", "watch"}, {"run", run_}, {"from", 0}});
  wrong(Viewer::kPatience - 1);
  EXPECT_TRUE(socket_->open());
  wrong(1);
  EXPECT_FALSE(socket_->open());
}

TEST_F(SlowViewer, IsToldWhenTheStoreMadeRoomForOthers) {
  place_.lab("05", kHonest);
  StudioOptions options = patient();
  options.store.runs = 1;
  Studio studio(options_in(place_, options));
  const auto socket = std::make_shared<StuckSocket>();
  const auto viewer = std::make_shared<Viewer>(studio, socket);
  const auto run_one = [&] {
    viewer->on_text(R"({"do":"run","lab":"05"})");
    wait_until(
        "the end of the run", [&] { return studio.running() == 0; },
        [&] { studio.turn(1ms); });
    return socket->said_last()["run"].get<std::string>();
  };
  const std::string first = run_one();
  viewer->on_text(Json({{"do", "watch"}, {"run", first}, {"from", 0}}).dump());
  run_one();
  viewer->pump();
  EXPECT_EQ(socket->said_last()["is"], "ended");
  EXPECT_THAT(socket->said_last()["why"].dump(), HasSubstr("was removed"));
  EXPECT_FALSE(viewer->busy());
}

// --- the drill

class StudioDrillTest : public StudioTest {
 protected:
  StudioDrillTest() {
    place_.lab("05", kHonest);
    place_.write("labs/05_second_thing/drill.json", kDrill);
  }
  Records records() const {
    return DrillStore(place_.place().root / "drill.json").read();
  }
};

TEST_F(StudioDrillTest, TellsWhatIsDueAndNotTheAnswerThatARunGives) {
  const Served served(place_);
  Json drill = served.json("/api/drill");
  EXPECT_EQ(drill["due"], 2);
  Json item = drill["items"][0];
  EXPECT_EQ(item["id"], "05-what-then");
  EXPECT_EQ(item["predict"], "outcome");
  EXPECT_EQ(item["command"], "./lab run 5 --scene rise --rate 7");
  EXPECT_EQ(item["is_due"], true);
  EXPECT_FALSE(item.contains("answer"));
  EXPECT_EQ(drill["items"][1]["answer"], "because");
  EXPECT_THAT(served.get("/api/catalog"), HasSubstr("\"due\":2"));
}

TEST_F(StudioDrillTest, LetsARealRunJudgeAndKeepsItWhereTheTerminalsDrillDoes) {
  const Served served(place_);
  Browser browser(served);
  for (const auto& [answer, right] : std::vector<std::pair<std::string, bool>>{
           {"no", false}, {"yes", true}, {"?", false}}) {
    browser.say({{"do", "drill"}, {"item", "05-what-then"}, {"answer", answer}});
    const Json started = browser.hear("started");
    EXPECT_EQ(started.at("item"), "05-what-then");
    const Json judged = browser.hear("judged");
    EXPECT_EQ(judged.at("run"), started.at("run"));
    EXPECT_EQ(judged.at("right"), right);
    EXPECT_EQ(judged.at("answer"), "yes");
    EXPECT_EQ(judged.at("again"), !right);
    EXPECT_TRUE(judged.at("why").is_null());
    EXPECT_EQ(judged.at("where").at("claim"), "05.1");
    browser.say({{"do", "watch"}, {"run", started.at("run")}, {"from", 0}});
    EXPECT_EQ(browser.hear("ended")["claims"], 1) << "it is a run as any other";
  }
  EXPECT_EQ(records().at("05-what-then").asked, 3);
  EXPECT_EQ(records().at("05-what-then").right, 1);
  EXPECT_EQ(served.json("/api/drill")["due"], 1);
}

TEST_F(StudioDrillTest, TakesTheGradeOfAFollowUp) {
  const Served served(place_);
  Browser browser(served);
  browser.say({{"do", "drill"}, {"item", "05-why"}, {"grade", 3}});
  const Json judged = browser.hear("judged");
  EXPECT_EQ(judged.at("right"), true);
  EXPECT_EQ(judged.at("again"), true);
  EXPECT_EQ(judged.at("due_in"), 1);
  EXPECT_EQ(records().at("05-why").right, 1);
}

TEST_F(StudioDrillTest, NotesNothingThatMakesNoSense) {
  const Served served(place_);
  Browser browser(served);
  for (const Json& message :
       std::vector<Json>{{{"item", "05-what-then"}, {"answer", "perhaps"}},
                         {{"item", "05-what-then"}, {"answer", std::string(5'000, 'y')}},
                         {{"item", "05-what-then"}, {"answer", 1}},
                         {{"item", "05-what-then"}, {"grade", 4}},
                         {{"item", "05-what-then"}},
                         {{"item", "05-why"}, {"answer", "yes"}},
                         {{"item", "05-why"}, {"grade", 6}},
                         {{"item", "05-why"}, {"grade", -1}},
                         {{"item", "05-nothing"}, {"grade", 4}}}) {
    Json asked = message;
    asked["do"] = "drill";
    browser.say(asked);
    EXPECT_EQ(browser.hear()["is"], "error") << message;
  }
  EXPECT_TRUE(records().empty());
}

TEST_F(StudioDrillTest, DoesNotJudgeByARunThatBrokeOff) {
  place_.lab(
      "05", script("echo '" + claim_line("05.1", true) + "'; echo broken >&2; exit 3\n"));
  const Served served(place_);
  Browser browser(served);
  browser.say({{"do", "drill"}, {"item", "05-what-then"}, {"answer", "yes"}});
  const Json judged = browser.hear("judged");
  EXPECT_TRUE(judged.at("right").is_null());
  EXPECT_THAT(judged.at("why").dump(), HasSubstr("broken"));
  EXPECT_TRUE(records().empty());
}

// --- faults

// A program with guards around it and a server in it: only the server can be broken.
TEST(StudioFaults, AreForWhatTheLabStartedAndNotForItsGuardsOrItself) {
  const lab::test::TempFolder folder;
  const std::vector<std::string> args = {"TMPDIR=" + folder.path(),
                                         lab::test::built("tests/small_lab"), "--scene",
                                         "starts", "--json"};
  LabProcess program("/usr/bin/env", args);
  bool started = false;
  wait_until(
      "the start", [&] { return started; },
      [&] {
        program.pump(1s, [&](std::string_view line) {
          started = started || line.find("Ready.") != line.npos;
        });
      });
  const auto children = children_of(program.pid());
  ASSERT_EQ(children.size(), 1u);
  EXPECT_EQ(children[0].name, "sleep 600");
  EXPECT_EQ(break_process(program.pid(), children[0].pid, "kill"), "sleep 600");
}

// A lab that has started a server; the server lies there until it is killed.
const std::string kWithServer =
    script("sleep 1000 &\nserver=$!\ntrap 'kill -9 $server; exit 143' TERM\necho '" +
           event(1) + "'\nwait\ntrap - TERM\nexec sleep 100\n");

TEST_F(StudioTest, KillsWhatALabStartedAndSaysSoOnItsTimeline) {
  place_.lab("05", kWithServer);
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({{"live", true}});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.hear("events");
  const auto server = [&]() -> Json {
    browser.say({{"do", "processes"}, {"run", run}});
    Json processes = browser.hear("processes")["processes"];
    EXPECT_LE(processes.size(), 1u);
    return processes.empty() ? Json() : processes[0];
  };
  Json found;
  wait_until("the server, which between fork and exec has another name", [&] {
    found = server();
    return !found.is_null() && found["name"] == "sleep 1000";
  });
  const auto fault = [&](const char* what) {
    browser.say({{"do", "fault"}, {"run", run}, {"pid", found["pid"]}, {"fault", what}});
    const Json message = browser.hear("events")["events"][0];
    EXPECT_EQ(message.at("cat"), "fault");
    return message.at("name").get<std::string>();
  };
  EXPECT_EQ(fault("freeze"), "freeze sleep");
  wait_until("the freeze", [&] { return server()["frozen"] == true; });
  EXPECT_EQ(fault("thaw"), "thaw sleep");
  wait_until("the thaw", [&] { return server()["frozen"] == false; });
  EXPECT_EQ(fault("kill"), "kill sleep");
  wait_until("the kill", [&] { return server().is_null(); });
}

TEST_F(StudioTest, BreaksNothingThatIsNotTheLabsOwn) {
  place_.lab("05", kWithServer);
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({{"live", true}});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.hear("events");
  for (const Json& message : std::vector<Json>{{{"pid", getpid()}, {"fault", "kill"}},
                                               {{"pid", 1}, {"fault", "kill"}},
                                               {{"pid", 0}, {"fault", "kill"}},
                                               {{"pid", -1}, {"fault", "kill"}},
                                               {{"pid", 4294967297}, {"fault", "kill"}},
                                               {{"pid", "1"}, {"fault", "kill"}},
                                               {{"fault", "kill"}},
                                               {{"pid", getpid()}, {"fault", "hang up"}},
                                               {{"pid", getpid()}}}) {
    Json asked = message;
    asked["do"] = "fault";
    asked["run"] = run;
    browser.say(asked);
    EXPECT_EQ(browser.hear("error").is_null(), false) << message;
  }
  browser.say({{"do", "stop"}, {"run", run}});
  EXPECT_EQ(browser.hear("ended")["events"], 1) << "no fault was recorded";
}

}  // namespace
}  // namespace runner
