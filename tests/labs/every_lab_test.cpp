// What every lab promises as a program besides what it plays (played_lab_test.cpp): it
// describes itself, it ends however it is ended, and it leaves nothing behind.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "labs/each_lab.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using lab::Child;
using lab::Exit;
using lab::test::built_labs;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

class EveryLab : public lab::test::EachLab {
 protected:
  // Where it does not matter what the lab plays: its first scene.
  std::string first_scene() const { return description().at("scenes")[0].at("name"); }

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
      std::this_thread::sleep_for(1ms);  // the kernel needs the core too
    }
    EXPECT_THAT(processes(), IsEmpty());
  }
  // Until the lab is well under way: its first event has come.
  static void wait_for_output(const std::string& file) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    std::error_code none;
    while (fs::file_size(file, none) < 200 || none) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no event came";
      std::this_thread::sleep_for(1ms);
    }
  }
  void is_ended_by(int signal, int code);
};

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

}  // namespace
