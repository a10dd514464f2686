// What every lab promises as a program: its claims hold, its events are well formed, it
// ends however it is ended, and it leaves nothing behind.
#include <dirent.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "lab/core/terminal.hpp"
#include "lab/os/process.hpp"
#include "support/on_terminal.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using lab::Child;
using lab::ChildOptions;
using lab::Exit;
using lab::test::lines_on_screen;
using lab::test::OnTerminal;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using Json = nlohmann::json;

struct Lab {
  std::string number;
  std::string folder;
  std::size_t claims = 0;
};

void PrintTo(const Lab& lab, std::ostream* out) {
  *out << lab.folder;
}

std::vector<Lab> built_labs() {
  std::vector<Lab> labs;
  std::ifstream file(lab::test::source("labs/catalog.json"));
  for (const Json& entry : Json::parse(file)) {
    const std::string folder = entry.at("folder");
    if (!fs::exists(lab::test::built("labs/") + folder)) continue;
    labs.push_back({entry.at("number"), folder, entry.at("claims")});
  }
  return labs;
}

// A temporary folder of the test's own, so that what a lab leaves is seen.
class EveryLab : public testing::TestWithParam<Lab> {
 protected:
  Child start(std::vector<std::string> flags, std::chrono::milliseconds deadline = 60s,
              int terminal = -1) const {
    flags.insert(flags.begin(), lab::test::built("labs/") + GetParam().folder);
    const std::vector<std::pair<std::string, std::string>> env = {
        {"TMPDIR", tmp_}, {"TERM", "xterm"}, {"NO_COLOR", "1"}};
    return Child::run(
        flags,
        {.deadline = deadline, .capture = terminal < 0, .env = env, .output = terminal});
  }
  Exit run(std::vector<std::string> flags) const {
    return start(std::move(flags)).wait();
  }
  // Where it does not matter what the lab plays: its first scene.
  std::string first_scene() const {
    return Json::parse(run({"--describe"}).out).at("scenes")[0].at("name");
  }

  // Processes of this lab that were started with our temporary folder.
  std::set<pid_t> processes() const {
    std::set<pid_t> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream file(entry.path() / "environ");
      const std::string all{std::istreambuf_iterator<char>(file), {}};
      if (all.find("TMPDIR=" + tmp_) != std::string::npos) found.insert(std::stoi(name));
    }
    return found;
  }
  void expect_no_process_is_left() const {
    // The kernel ends the children of a killed parent in its own time.
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!processes().empty() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_THAT(processes(), IsEmpty());
  }
  std::vector<std::string> left_over() const {
    std::vector<std::string> names;
    const fs::path base = tmp_ + "/underloop-" + std::to_string(geteuid());
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(base, none)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  // Until the lab is well under way: its first event has come.
  static void wait_for_output(const std::string& file) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    std::error_code none;
    while (fs::file_size(file, none) < 200 || none) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no event came";
      std::this_thread::yield();
    }
  }
  void is_ended_by(int signal, int code);

  const lab::test::TempFolder folder_;
  const std::string& tmp_ = folder_.path();
};

std::vector<Json> lines(const std::string& text) {
  std::vector<Json> parsed;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) parsed.push_back(Json::parse(line));
  return parsed;
}

// The line that emitted it; the narrator's own events have none.
std::string source_of(const Json& event) {
  return event.value("src", event.at("args").value("src", ""));
}

// A lab's quick run, and another of it at the same time that draws for a person at a terminal.
struct Pair {
  Exit told;
  Exit drawn;
  std::vector<std::string> screen;
  std::vector<std::string> left_over;
};

// Its tests look at one pair of runs; CTest runs them in one process (tests/CMakeLists.txt).
class PlayedLab : public EveryLab {
 protected:
  const Pair& played() const {
    static std::map<std::string, Pair> pairs;
    const auto [pair, is_new] = pairs.try_emplace(GetParam().folder);
    if (is_new) {
      Child told = start({"--quick", "--json"});
      OnTerminal terminal;
      Child drawn = start({"--quick"}, 60s, terminal.theirs());
      std::string shown = terminal.shown();
      pair->second = {told.wait(), drawn.wait(), lines_on_screen(shown), left_over()};
      pair->second.drawn.out = std::move(shown);
    }
    return pair->second;
  }
};

TEST_P(PlayedLab, RunsTwiceAtOnce) {
  EXPECT_EQ(played().told.code, 0) << played().told.out;
  EXPECT_EQ(played().drawn.code, 0) << played().drawn.out;
  EXPECT_THAT(played().left_over, IsEmpty());
}

TEST_P(PlayedLab, ProvesAllItsClaims) {
  const Exit& exit = played().told;
  EXPECT_EQ(exit.code, 0) << exit.err;
  std::set<std::string> proven;
  for (const Json& event : lines(exit.out)) {
    const Json& args = event.at("args");
    // A claim about what is not installed is not made; the lab says what installs it.
    const std::string name = event.value("name", "");
    if (event.value("cat", "") == "nuance" && name.find("sudo apt install") != name.npos)
      proven.insert(args.at("id"));
    EXPECT_THAT(source_of(event), MatchesRegex("((labs|common)/.*:[0-9]+)?")) << event;
    if (event.at("cat") != "claim") continue;
    EXPECT_TRUE(args.at("holds")) << args;
    EXPECT_FALSE(args.at("evidence").get<std::string>().empty()) << args;
    proven.insert(args.at("id"));
  }
  EXPECT_EQ(proven.size(), GetParam().claims);
  for (const std::string& id : proven)
    EXPECT_TRUE(id.starts_with(GetParam().number + "."));
  EXPECT_EQ(lines(exit.out).back().at("args").at("dropped"), 0);
}

// The scenes as they stand on the screen, without what comes after the last one.
std::map<std::string, std::vector<std::string>> scenes_of(
    const std::vector<std::string>& screen) {
  const std::string rule = "── ";
  std::map<std::string, std::vector<std::string>> scenes;
  std::vector<std::string>* scene = nullptr;
  for (const std::string& line : screen) {
    if (line.starts_with(rule)) {
      scene = &scenes[line.substr(rule.size(), line.find(" ──") - rule.size())];
    }
    if (line.find(" claims hold · ") != line.npos) scene = nullptr;
    if (scene) scene->push_back(line);
  }
  for (auto& [title, lines] : scenes)
    while (lines.back().empty()) lines.pop_back();
  return scenes;
}

// From its title to the question what comes next, which takes two lines.
TEST_P(PlayedLab, NoSceneIsLongerThanAScreen) {
  const auto scenes = scenes_of(played().screen);
  EXPECT_FALSE(scenes.empty()) << played().drawn.out;
  for (const auto& [title, lines] : scenes) {
    EXPECT_LE(lines.size() + 2, OnTerminal::kRows) << title;
    EXPECT_THAT(lines, testing::Contains(testing::StartsWith("      so  "))) << title;
    for (const std::string& line : lines)
      EXPECT_LE(lab::columns(line), OnTerminal::kColumns) << title << ": " << line;
  }
}

// What a picture of a scene can be fed by: see Picture in story.hpp.
void add_names(const Json& event, std::set<std::string>& names) {
  const Json& args = event.at("args");
  const std::string category = event.at("cat");
  const std::string lane = event.value("lane", args.value("lane", ""));
  names.insert(lane);
  if (category == "table" || category == "actor") names.insert(event.at("name"));
  if (category.starts_with("queue ") || category.starts_with("state "))
    names.insert(category.substr(6));
  if (category == "counter") {
    for (const auto& [name, value] : args.items()) {
      names.insert(name);
      names.insert(lane + " " + name);
    }
  }
}

TEST_P(PlayedLab, SpeaksBeforeAndAfterEachSceneAndDrawsIt) {
  struct Heard {
    int before = 0;  // sentences until something is claimed or tabled
    int after = 0;   // takeaways
    std::vector<std::string> feeds;
    std::string picture;
    std::set<std::string> names;
    bool acted = false;
  };
  std::map<std::string, Heard> scenes;
  std::string scene;
  for (const Json& event : lines(played().told.out)) {
    if (!event.contains("cat")) continue;
    const std::string category = event.at("cat");
    if (category == "scene") scene = event.at("name");
    Heard& heard = scenes[scene];
    heard.acted = heard.acted || category == "claim" || category == "table";
    if (category == "say" && !heard.acted) ++heard.before;
    if (category == "takeaway") ++heard.after;
    if (category == "picture") {
      heard.picture = event.at("name");
      heard.feeds = event.at("args").at("feeds").get<std::vector<std::string>>();
    }
    if (event.contains("args")) add_names(event, heard.names);
  }
  scenes.erase("");
  for (const auto& [title, heard] : scenes) {
    EXPECT_GE(heard.before, 1) << title << " says nothing before it acts";
    EXPECT_EQ(heard.after, 1) << title << " has one takeaway";
    EXPECT_FALSE(heard.picture.empty()) << title << " has no picture";
    for (const std::string& feed : heard.feeds) {
      EXPECT_TRUE(heard.names.contains(feed)) << title << ": nothing is named " << feed;
    }
  }
}

TEST_P(EveryLab, WritesATraceFileThatIsOneJsonArray) {
  const std::string file = tmp_ + "/trace.json";
  const Exit exit = run({"--quick", "--scene", first_scene(), "--trace", file});
  ASSERT_EQ(exit.code, 0) << exit.out << exit.err;
  std::ifstream stream(file);
  const Json events = Json::parse(stream);
  ASSERT_TRUE(events.is_array());
  int scenes = 0;
  for (const Json& event : events) {
    EXPECT_TRUE(event.contains("ph") && event.contains("ts") && event.contains("pid"));
    scenes += event.value("cat", "") == "scene";
  }
  EXPECT_EQ(scenes, 1);
}

TEST_P(EveryLab, DescribesItsScenesAndKnobs) {
  const Exit exit = run({"--describe"});
  ASSERT_EQ(exit.code, 0) << exit.err;
  const Json described = Json::parse(exit.out);
  EXPECT_EQ(described.at("number"), GetParam().number);
  EXPECT_FALSE(described.at("scenes").empty());
  EXPECT_FALSE(described.at("knobs").empty());
}

TEST_P(EveryLab, TellsAWrongFlagInOneLine) {
  const Json described = Json::parse(run({"--describe"}).out);
  const std::string knob = described.at("knobs")[0].at("name");
  const std::vector<std::vector<std::string>> wrong = {
      {"--no-such-flag"}, {"--scene", "no-such-scene"}, {"--" + knob, "1e99"},
      {"--" + knob, ""},  {"--" + knob, "\x1b[31mred"}, {"--times", "-1"},
      {"extra"},          {"--live", "--times", "3"}};
  for (const auto& flags : wrong) {
    const Exit exit = run(flags);
    EXPECT_EQ(exit.code, 2) << flags[0];
    EXPECT_THAT(exit.err, HasSubstr("lab " + GetParam().number));
    EXPECT_EQ(std::ranges::count(exit.err, '\n'), 1) << exit.err;
  }
}

TEST_P(EveryLab, RefusesARoleThatIsStartedByHand) {
  const Exit exit = run({"--role", "anything"});
  EXPECT_EQ(exit.code, 2);
  EXPECT_EQ(std::ranges::count(exit.err, '\n'), 1) << exit.err;
}

void EveryLab::is_ended_by(int signal, int code) {
  const std::string trace = tmp_ + "/trace.json";
  Child child = start({"--trace", trace});
  wait_for_output(trace);
  child.kill(signal);
  const Exit& exit = child.wait();
  EXPECT_FALSE(exit.timed_out);
  EXPECT_EQ(exit.signal ? 128 + exit.signal : exit.code, code);
  expect_no_process_is_left();
}

TEST_P(EveryLab, IsEndedByCtrlCWithNothingLeft) {
  is_ended_by(SIGINT, 130);
  EXPECT_THAT(left_over(), IsEmpty());
}

TEST_P(EveryLab, IsEndedByTerminationWithNothingLeft) {
  is_ended_by(SIGTERM, 143);
  EXPECT_THAT(left_over(), IsEmpty());
}

TEST_P(EveryLab, IsKilledAndTheNextRunSweeps) {
  is_ended_by(SIGKILL, 137);
  const Exit next = run({"--quick", "--scene", first_scene()});
  EXPECT_EQ(next.code, 0) << next.out << next.err;
  EXPECT_THAT(left_over(), IsEmpty());
}

TEST_P(EveryLab, EndsQuietlyWhenItsReaderHasReadEnough) {
  const std::string command =
      "'" + lab::test::built("labs/") + GetParam().folder + "' | head -1";
  Child child = Child::run({"bash", "-c", "set -o pipefail; " + command},
                           {.deadline = 60s, .env = {{"TMPDIR", tmp_}}});
  EXPECT_EQ(child.wait().err, "");
  expect_no_process_is_left();
}

TEST_P(EveryLab, SaysWhenItsTemporaryFolderCannotBeMade) {
  Child child = Child::run({lab::test::built("labs/") + GetParam().folder, "--quick"},
                           {.deadline = 60s, .env = {{"TMPDIR", "/proc/nowhere"}}});
  const Exit& exit = child.wait();
  // A lab that needs no folder does not mind.
  if (exit.code != 0) {
    EXPECT_EQ(exit.code, 1);
    EXPECT_THAT(exit.err, HasSubstr("TMPDIR")) << exit.out;
  }
}

INSTANTIATE_TEST_SUITE_P(Built, EveryLab, testing::ValuesIn(built_labs()),
                         [](const auto& test) { return test.param.folder; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EveryLab);
INSTANTIATE_TEST_SUITE_P(Built, PlayedLab, testing::ValuesIn(built_labs()),
                         [](const auto& test) { return test.param.folder; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PlayedLab);

}  // namespace
