// A lab as a program, seen from outside: its flags, its exit codes, what it prints where, how
// it is stopped, and its knobs while it is live. The lab is small_lab.cpp.
#include "lab/core/program.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lab/os/descriptor.hpp"
#include "lab/os/process.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"

namespace lab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class SmallLab : public testing::Test {
 protected:
  ChildOptions options() const {
    return {.deadline = 30s,
            .env = {{"TMPDIR", folder_.path()}, {"COLUMNS", "80"}, {"NO_COLOR", "1"}}};
  }
  Exit run(std::vector<std::string> flags) const {
    flags.insert(flags.begin(), test::built("tests/small_lab"));
    Child child = Child::run(std::move(flags), options());
    return child.wait();
  }
  Exit scene(const std::string& name, std::vector<std::string> flags = {}) const {
    flags.insert(flags.end(), {"--scene", name});
    return run(std::move(flags));
  }
  bool no_folder_is_left() const {
    for (const auto& user : fs::directory_iterator(folder_.path())) {
      if (user.is_directory() && !fs::is_empty(user)) return false;
    }
    return true;
  }

  const test::TempFolder folder_;
};

std::vector<Json> events(const std::string& text) {
  std::vector<Json> all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
  return all;
}

std::vector<std::string> names(const std::vector<Json>& events,
                               const std::string& category) {
  std::vector<std::string> all;
  for (const Json& event : events) {
    if (event.at("cat") == category) all.push_back(event.at("name"));
  }
  return all;
}

Json end_of(const std::vector<Json>& events) {
  EXPECT_EQ(events.back().at("name"), "end");
  return events.back().at("args");
}

// --- how it ends ---

TEST_F(SmallLab, EndsWithTheCodeThatItsDocumentationNames) {
  EXPECT_EQ(scene("holds").code, 0);
  EXPECT_EQ(scene("fails").code, 1);
  EXPECT_EQ(scene("throws").code, 1);
  EXPECT_EQ(scene("absent").code, 77);
  EXPECT_EQ(scene("killed").code, 128 + SIGKILL);
  EXPECT_EQ(scene("exits").code, 3);
}

// The process that plays ends with 0 here: whoever watches it has to keep the books.
TEST_F(SmallLab, AClaimThatFailedAndThenHeldHasFailed) {
  const Exit exit = scene("both", {"--json"});
  EXPECT_EQ(exit.code, 1);
  const Json end = end_of(events(exit.out));
  EXPECT_EQ(end.at("exit"), 1);
  EXPECT_EQ(end.at("claims"), 1);
  EXPECT_EQ(end.at("failed"), 1);
}

// With words for it or without: what it tells belongs to the lab's run.
TEST_F(SmallLab, ARoleTellsItsLabsStory) {
  std::vector<std::string> evidence;
  for (const Json& event : events(scene("both", {"--json"}).out)) {
    if (event.at("cat") == "claim") evidence.push_back(event.at("args").at("evidence"));
  }
  EXPECT_THAT(evidence, ElementsAre("1 words", "0 words"));
}

TEST_F(SmallLab, TellsAllThatItHadToldBeforeItWasKilled) {
  const Exit exit = scene("killed", {"--json"});
  EXPECT_THAT(names(events(exit.out), "scene"), ElementsAre("It is killed"));
  EXPECT_EQ(end_of(events(exit.out)).at("killed_by"), SIGKILL);
  EXPECT_EQ(end_of(events(exit.out)).at("stopped"), false);
  EXPECT_EQ(end_of(events(exit.out)).at("events"), 1);
  EXPECT_EQ(end_of(events(exit.out)).at("dropped"), 0);
}

TEST_F(SmallLab, SaysWhyItBrokeAndWhatItLacks) {
  EXPECT_EQ(scene("throws").err, "lab 99: on purpose\n");
  EXPECT_EQ(scene("absent").err, "lab 99: nothing is there: install it\n");
}

TEST_F(SmallLab, WhatItPrintsGoesToStandardErrorAndItReadsNothing) {
  const Exit exit = scene("prints", {"--json"});
  EXPECT_THAT(exit.err, HasSubstr("printed\ninput: -1\n"));
  EXPECT_THAT(exit.err, HasSubstr("complained\n"));
  EXPECT_THAT(exit.out, Not(HasSubstr("printed")));
}

TEST_F(SmallLab, HasAFolderWhileItRuns) {
  const Exit exit = scene("folder", {"--json"});
  const auto said = names(events(exit.out), "say");
  ASSERT_EQ(said.size(), 1u);
  EXPECT_THAT(said[0], HasSubstr("In " + folder_.path() + "/underloop-"));
  EXPECT_TRUE(no_folder_is_left());
}

// --- what it plays ---

TEST_F(SmallLab, PlaysItsScenesInTheirOrderUntilOneBreaks) {
  const Exit exit = run({"--json"});
  EXPECT_EQ(exit.code, 1);
  EXPECT_THAT(names(events(exit.out), "scene"),
              ElementsAre("A claim holds", "A claim fails",
                          "A claim fails and then holds", "It breaks"));
  EXPECT_EQ(end_of(events(exit.out)).at("claims"), 2);
  EXPECT_EQ(end_of(events(exit.out)).at("failed"), 1);
}

TEST_F(SmallLab, ReadsItsKnobsFromTheFlags) {
  const auto said = [&](std::vector<std::string> flags) {
    flags.push_back("--json");
    return names(events(scene("holds", std::move(flags)).out), "say").at(0);
  };
  EXPECT_EQ(said({}), "The rate is 5, twice is false, mode 0, quick false.");
  EXPECT_EQ(said({"--rate", "100", "--twice", "on", "--mode=slow", "--quick"}),
            "The rate is 100, twice is true, mode 1, quick true.");
}

TEST_F(SmallLab, DrawsForAPersonUnlessJsonIsAskedFor) {
  const std::string screen = scene("holds").out;
  EXPECT_THAT(screen, HasSubstr("\n 99  What may a lab do?\n     Each once.\n"));
  EXPECT_THAT(screen, HasSubstr("The rate is 5, twice is false, mode 0, quick false.\n"));
  EXPECT_THAT(screen, HasSubstr("✔ 99.1   The first holds.\n"));
  EXPECT_THAT(screen, HasSubstr("✔ 1 of 1 claims hold"));
}

TEST_F(SmallLab, WritesTheTraceBesides) {
  const std::string file = folder_.path() + "/trace.json";
  EXPECT_EQ(scene("holds", {"--trace", file}).code, 0);
  std::ifstream stream(file);
  const Json trace = Json::parse(stream);
  EXPECT_THAT(names(trace.get<std::vector<Json>>(), "claim"),
              ElementsAre("The first holds."));
  EXPECT_EQ(trace[0].at("args").at("name"), "lab 99 small");
}

TEST_F(SmallLab, SaysWhenTheTraceCannotBeWritten) {
  const Exit none = scene("holds", {"--trace", folder_.path() + "/no/such/folder"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("lab 99: write the trace to "));
  const Exit full = scene("holds", {"--trace", "/dev/full"});
  EXPECT_EQ(full.code, 1);
  EXPECT_THAT(full.err, HasSubstr("the trace could not be written whole to /dev/full"));
  EXPECT_EQ(scene("absent", {"--trace", "/dev/full"}).code, 77)
      << "the first reason counts";
}

TEST_F(SmallLab, CountsTheOrdersOfEveryRepetition) {
  const auto all = events(run({"--times", "6", "--json"}).out);
  EXPECT_THAT(names(all, "scene"), ElementsAre("Heads and tails", "Always the same"));
  EXPECT_THAT(names(all, "table"), ElementsAre("6 runs of coin", "6 runs of same"));
  std::vector<Json> tables;
  std::vector<double> runs;
  for (const Json& event : all) {
    if (event.at("cat") == "table") tables.push_back(event.at("args"));
    if (event.at("cat") == "counter") runs.push_back(event.at("args").at("runs"));
  }
  EXPECT_THAT(runs, ElementsAre(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6));
  EXPECT_EQ(tables[0].at("columns"), Json({"order", "runs", "share"}));
  EXPECT_EQ(tables[0].at("rows"), Json({{"a b", "4", " 66.7 % █████████████"},
                                        {"b a", "2", " 33.3 % ███████"}}));
  EXPECT_EQ(tables[1].at("rows"), Json({{"c", "6", "100.0 % ████████████████████"}}));
}

TEST_F(SmallLab, CountsTheOrdersOfOneSceneOnly) {
  const auto all = events(run({"--times", "3", "--scene", "same", "--json"}).out);
  EXPECT_THAT(names(all, "scene"), ElementsAre("Always the same"));
  EXPECT_THAT(names(all, "table"), ElementsAre("3 runs of same"));
}

// --- its flags ---

TEST_F(SmallLab, ListsItsFlags) {
  const Exit exit = run({"--help"});
  EXPECT_EQ(exit.code, 0);
  EXPECT_EQ(exit.err, "");
  EXPECT_EQ(exit.out, R"(Lab 99: What may a lab do?
Each once.

./lab run 99 [FLAGS]
  --quick               a short run that still tests every claim
  --all                 do not wait for a key after each scene
  --verbose             also print the events, and whole tables (-v)
  --json                print the events, one JSON object per line
  --trace FILE          also write the events to FILE, for ui.perfetto.dev
  --scene NAME          play only this scene: holds, fails, both, throws,
                        absent, killed, exits, prints, folder, starts, waits,
                        floods
  --times N             play a race N times, and count the orders that came up:
                        coin, same
  --live                run until you stop it, and turn its knobs
  --describe            print the scenes, knobs and claims as JSON

Knobs
  --rate VALUE          requests a second (1 to 100 req/s; now 5)
  --twice on|off        say it twice (now off)
  --mode VALUE          how it answers (ok, slow; now ok)
  --window-of-the-average VALUE
                        its span (1 to 9 s; now 3)

Exit codes: 0 all claims held, 1 a claim failed, 2 wrong usage, 77 something is
not installed.
)");
  EXPECT_EQ(run({"-h"}).out, exit.out);
  EXPECT_EQ(run({"--quick", "--help", "--nosuch"}).out, exit.out);
}

TEST_F(SmallLab, RefusesWhatItDoesNotUnderstandAndSaysWhy) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--nosuch"}, "there is no flag --nosuch (--help lists the flags)"},
      {{"-x"}, "there is no flag -x (--help lists the flags)"},
      {{"word"}, "there is no flag word (--help lists the flags)"},
      {{"--quick", "--", "word"}, "there is no flag word (--help lists the flags)"},
      {{"--scene"}, "--scene needs a value (--help lists the flags)"},
      {{"--quick=yes"}, "--quick takes no value (--help lists the flags)"},
      {{"--rate", "101"},
       "--rate: '101' is not a rate: a whole number from 1 req/s to 100 req/s (--help "
       "lists "
       "the flags)"},
      {{"--times", "0"},
       "--times: 0 is not a whole number from 1 to 1000000 (--help lists the flags)"},
      {{"--times", "1000001"},
       "--times: 1000001 is not a whole number from 1 to 1000000 (--help lists the "
       "flags)"},
      {{"--times", "5x"},
       "--times: 5x is not a whole number from 1 to 1000000 (--help lists the flags)"},
      {{"--times", ""},
       "--times:  is not a whole number from 1 to 1000000 (--help lists the flags)"},
      {{"--live", "--times", "3"}, "--live and --times do not go together"},
      {{"--scene", "coin"},
       "--scene coin: no such scene; there are holds, fails, both, throws, absent, "
       "killed, "
       "exits, prints, folder, starts, waits, floods"},
      {{"--times", "3", "--scene", "holds"},
       "--scene holds: no such scene; there are coin, same"},
  };
  for (const auto& [flags, why] : cases) {
    const Exit exit = run(flags);
    EXPECT_EQ(exit.code, 2) << why;
    EXPECT_EQ(exit.err, "lab 99: " + why + "\n");
    EXPECT_EQ(exit.out, "");
  }
}

TEST_F(SmallLab, DescribesItself) {
  const Exit exit = run({"--describe"});
  EXPECT_EQ(exit.code, 0);
  const Json json = Json::parse(exit.out);
  EXPECT_EQ(json.at("number"), "99");
  EXPECT_EQ(json.at("name"), "small");
  EXPECT_EQ(json.at("question"), "What may a lab do?");
  EXPECT_EQ(json.at("watch"), "Each once.");
  EXPECT_EQ(json.at("live"), true);
  EXPECT_EQ(json.at("claims")[1],
            Json({{"id", "99.2"}, {"sentence", "The second may."}}));
  EXPECT_EQ(json.at("scenes").size(), 12u);
  EXPECT_EQ(json.at("scenes")[0], Json({{"name", "holds"}, {"title", "A claim holds"}}));
  EXPECT_EQ(json.at("orders")[1], Json({{"name", "same"}, {"title", "Always the same"}}));
  const auto knob = [](const char* name, const char* help, const char* unit,
                       double initial, double least, double most, bool is_switch,
                       Json choices) {
    return Json{
        {"name", name},       {"help", help},        {"unit", unit},
        {"initial", initial}, {"least", least},      {"most", most},
        {"whole", true},      {"switch", is_switch}, {"choices", std::move(choices)}};
  };
  EXPECT_EQ(
      json.at("knobs"),
      Json({knob("rate", "requests a second", "req/s", 5, 1, 100, false, Json::array()),
            knob("twice", "say it twice", "", 0, 0, 1, true, Json::array()),
            knob("mode", "how it answers", "", 0, 0, 1, false, {"ok", "slow"}),
            knob("window-of-the-average", "its span", "s", 3, 1, 9, false,
                 Json::array())}));
}

TEST_F(SmallLab, ARoleIsStartedByTheLabAlone) {
  const Exit by_hand = run({"--role", "claimant", "yes"});
  EXPECT_EQ(by_hand.code, 2);
  EXPECT_THAT(by_hand.err, HasSubstr("started by the lab, not by hand"));
}

// --- stopped, and live ---

// A run whose output can be read and whose input can be written while it runs.
class Running {
 public:
  Running(std::vector<std::string> flags, ChildOptions options,
          const std::string& folder) {
    const std::string fifo = folder + "/input";
    mkfifo(fifo.c_str(), 0600);
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    output_.reset(ends[0]);
    Descriptor writing(ends[1]);
    options.capture = false;
    options.output = ends[1];
    flags.insert(flags.begin(), {"sh", "-c", "exec \"$@\" < " + fifo, "sh",
                                 test::built("tests/small_lab"), "--json"});
    child_.emplace(Child::run(std::move(flags), options));
    input_.reset(open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  }
  void write(const std::string& text) {
    EXPECT_EQ(::write(input_.get(), text.data(), text.size()), std::ssize(text));
  }
  void close_input() { input_.reset(); }
  Child& child() { return *child_; }

  // The next event of this category, as it comes; null if none came.
  Json next(const std::string& category) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < deadline) {
      const std::size_t end = pending_.find('\n');
      if (end == std::string::npos) {
        pollfd source{output_.get(), POLLIN, 0};
        std::array<char, 4096> bytes{};
        if (poll(&source, 1, 20'000) != 1) break;
        const ssize_t size = read(output_.get(), bytes.data(), bytes.size());
        if (size <= 0) break;
        pending_.append(bytes.data(), static_cast<std::size_t>(size));
        continue;
      }
      const Json event = Json::parse(pending_.substr(0, end));
      pending_.erase(0, end + 1);
      if (event.at("cat") == category) return event;
    }
    ADD_FAILURE() << "no " << category << " came";
    return {{"name", ""}, {"args", Json::object()}};
  }
  std::string next_name(const std::string& category) { return next(category).at("name"); }

 private:
  Descriptor output_, input_;
  std::optional<Child> child_;
  std::string pending_;
};

class RunningLab : public SmallLab {
 protected:
  Running start(std::vector<std::string> flags) const {
    return {std::move(flags), options(), folder_.path()};
  }
};

TEST_F(RunningLab, EndsAtOnceBySignalAndLeavesNothing) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    fs::remove(folder_.path() + "/input");
    Running run = start({"--scene", "waits"});
    EXPECT_EQ(run.next_name("say"), "Ready.");
    run.child().kill(signal);
    EXPECT_EQ(run.child().wait().code, 128 + signal);
    const Json end = run.next("run").at("args");
    EXPECT_EQ(end.at("stopped"), true);
    EXPECT_EQ(end.at("exit"), 128 + signal);
    EXPECT_TRUE(no_folder_is_left());
  }
}

TEST_F(RunningLab, ALiveOneEndsByItselfWhenItIsAsked) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    fs::remove(folder_.path() + "/input");
    Running run = start({"--live"});
    EXPECT_EQ(run.next_name("scene"), "Live");
    EXPECT_EQ(run.next_name("say"), "Ready.");
    run.child().kill(signal);
    EXPECT_EQ(run.next_name("say"), "Stopped.");
    EXPECT_EQ(run.child().wait().code, 0);
    const Json end = run.next("run").at("args");
    EXPECT_EQ(end.at("stopped"), true);
    EXPECT_EQ(end.at("exit"), 0);
  }
}

TEST_F(RunningLab, ALiveOneThatDoesNotEndIsKilledByTheSecondRequest) {
  Running run = start({"--live", "--mode", "slow"});
  EXPECT_EQ(run.next_name("say"), "Ready.");
  const auto asked = std::chrono::steady_clock::now();
  run.child().kill(SIGTERM);
  run.child().kill(SIGINT);
  const int code = run.child().wait().code;
  EXPECT_THAT(code, testing::AnyOf(128 + SIGINT, 128 + SIGTERM));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 4900ms) << "not by patience alone";
}

TEST_F(RunningLab, ALiveOneThatDoesNotEndIsKilledInTheEnd) {
  Running run = start({"--live", "--mode", "slow"});
  EXPECT_EQ(run.next_name("say"), "Ready.");
  run.child().kill(SIGTERM);
  EXPECT_EQ(run.child().wait().code, 128 + SIGTERM);
  EXPECT_EQ(run.next("run").at("args").at("killed_by"), SIGKILL);
}

TEST_F(RunningLab, ALiveOneIsTurnedByLinesOfJson) {
  Running run = start({"--live"});
  EXPECT_EQ(run.next_name("say"), "Ready.");
  run.write("{\"knob\":\"rate\",\"value\":7}\n{\"knob\":\"rate\",");
  EXPECT_EQ(run.next_name("say"), "Turned to 7.");
  run.write("\"value\":1000}\n");
  const Json refused = run.next("knob").at("args");
  EXPECT_EQ(refused.at("value"), "1000");
  EXPECT_THAT(refused.at("refused"), HasSubstr("from 1 req/s to 100 req/s"));
  run.write("{\"knob\":\"rate\",\"value\":8}\n");
  EXPECT_EQ(run.next_name("say"), "Turned to 8.");
  run.close_input();  // and it goes on
  run.child().kill(SIGTERM);
  EXPECT_EQ(run.next_name("say"), "Stopped.");
  EXPECT_EQ(run.child().wait().code, 0);
}

TEST_F(RunningLab, ALiveOneMayEndByItself) {
  Running run = start({"--live"});
  EXPECT_EQ(run.next_name("say"), "Ready.");
  run.write("{\"knob\":\"twice\",\"value\":\"on\"}\n");
  const Json end = run.next("run").at("args");
  EXPECT_EQ(end.at("stopped"), false);
  EXPECT_EQ(end.at("exit"), 0);
  EXPECT_EQ(run.child().wait().code, 0);
}

// `| head` has read enough: the lab ends, as if by SIGPIPE.
// On a terminal of its own, as a person has it.
class AtATerminal : public SmallLab {
 protected:
  AtATerminal() {
    int terminal = -1;
    winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    const std::string program = test::built("tests/small_lab");
    pid_ = forkpty(&terminal, nullptr, nullptr, &size);
    if (pid_ == 0) {
      setenv("TMPDIR", folder_.path().c_str(), 1);
      setenv("TERM", "xterm", 1);
      setenv("NO_COLOR", "1", 1);
      execl(program.c_str(), program.c_str(), nullptr);
      _exit(127);
    }
    terminal_.reset(terminal);
  }
  ~AtATerminal() override {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }

  void type(std::string_view keys) const {
    EXPECT_EQ(::write(terminal_.get(), keys.data(), keys.size()), std::ssize(keys));
  }
  // What is shown until this text has come.
  std::string until(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (shown_.find(text) == std::string::npos) {
      pollfd source{terminal_.get(), POLLIN, 0};
      std::array<char, 4096> bytes{};
      const ssize_t size = poll(&source, 1, 20'000) == 1
                               ? read(terminal_.get(), bytes.data(), bytes.size())
                               : -1;
      if (size <= 0 || std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << "never shown: " << text << "\n" << shown_;
        return "";
      }
      shown_.append(bytes.data(), static_cast<std::size_t>(size));
    }
    const std::size_t end = shown_.find(text) + text.size();
    const std::string before = shown_.substr(0, end);
    shown_.erase(0, end);
    return before;
  }
  int exit_code() {
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  Descriptor terminal_;
  std::string shown_;
};

TEST_F(AtATerminal, AKeyStartsTheNextSceneAndAnotherAllOfThem) {
  const std::string first = until("Enter: A claim fails (2 of 12)");
  EXPECT_THAT(first, HasSubstr("The first holds."));
  EXPECT_THAT(first, Not(HasSubstr("it happened")));  // an event: only with -v
  EXPECT_THAT(first, HasSubstr("(1 event; -v shows them)"));
  type("\n");
  const std::string second = until("Enter: A claim fails and then holds (3 of 12)");
  EXPECT_THAT(second, HasSubstr("it does not"));
  type("a");
  EXPECT_THAT(until("lab 99: on purpose"), Not(HasSubstr("Enter:")));
  EXPECT_EQ(exit_code(), 1);
}

TEST_F(AtATerminal, QuitsBetweenTwoScenesAndLeavesNothing) {
  until("Enter: ");
  type("q");
  until("stopped");
  EXPECT_EQ(exit_code(), 128 + SIGINT);
  EXPECT_TRUE(no_folder_is_left());
}

TEST_F(SmallLab, EndsWhenNobodyReadsItsOutputAnyMore) {
  Child child = Child::run(
      {"bash", "-c", "\"$0\" --scene floods --json | head -n 3; exit ${PIPESTATUS[0]}",
       test::built("tests/small_lab")},
      options());
  EXPECT_EQ(child.wait().code, 128 + SIGPIPE);
  EXPECT_TRUE(no_folder_is_left());
}

}  // namespace
}  // namespace lab
