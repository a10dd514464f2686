// Every lab as it plays: its claims hold, its events are well formed, what it shows fits a
// screen, and its drill judges by what it does.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "drill/answer.hpp"
#include "drill/judge.hpp"
#include "lab/core/terminal.hpp"
#include "labs/each_lab.hpp"
#include "runner/terminal80.hpp"
#include "support/on_terminal.hpp"
#include "support/sanitized.hpp"

namespace {

using lab::Child;
using lab::Exit;
using lab::test::built_labs;
using lab::test::EachLab;
using lab::test::lines_on_screen;
using lab::test::OnTerminal;
using runner::AnswerReader;
using runner::DrillItem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using Json = nlohmann::json;

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

bool says_what_to_install(const Json& event) {
  return event.value("cat", "") == "nuance" &&
         event.value("name", "").find("sudo apt install") != std::string::npos;
}

// A lab's quick run, and another of it at the same time that draws for a person at a terminal.
struct Pair {
  Exit told;
  Exit drawn;
  std::vector<std::string> screen;
  std::vector<std::string> left_over;
};

// Its tests look at one pair of runs; CTest runs them in one process (tests/CMakeLists.txt).
class PlayedLab : public EachLab {
 protected:
  const Pair& played() const {
    static std::map<std::string, Pair> pairs;
    const auto [pair, is_new] = pairs.try_emplace(GetParam().folder);
    if (is_new) {
      Child told = start({"--quick", "--json"});
      OnTerminal terminal;
      Child drawn = start({"--quick"}, terminal.theirs());
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
    if (says_what_to_install(event)) proven.insert(args.at("id"));
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

// --- its drill

const runner::Place kPlace{lab::test::source(), lab::test::built()};

// The scenarios of its drill are asked about scenes: what each of them said in a run of all
// of them, as if it had been played alone.
std::map<std::string, AnswerReader> said_by_scene(const std::string& run,
                                                  const Json& description) {
  std::map<std::string, std::string> names;
  for (const Json& scene : description.at("scenes"))
    names[scene.at("title")] = scene.at("name");
  std::map<std::string, AnswerReader> said;
  AnswerReader* now = nullptr;
  std::string last;
  std::istringstream stream(run);
  for (std::string line; std::getline(stream, line); last = line) {
    const Json event = Json::parse(line);
    if (event.value("cat", "") == "scene") now = &said[names.at(event.at("name"))];
    if (now) now->line(line);
  }
  for (auto& [name, scene] : said) scene.line(last);  // the end of the run
  return said;
}

class PlayedLabsDrill : public PlayedLab {
 protected:
  PlayedLabsDrill() {
    const runner::Catalog catalog = runner::Catalog::of(kPlace);
    for (DrillItem& item : drill_of(*catalog.find(GetParam().number), kPlace))
      items_.emplace(item.id, std::move(item));
  }

  // Why some answers cannot be found here: of what is not installed the run says nothing.
  std::string left_out() const {
    for (const Json& event : lines(played().told.out))
      if (says_what_to_install(event)) return event.value("name", "");
    return {};
  }

  // The answer of each scenario, by its id: read in the run, or, with knobs that it did not
  // have, in a run of its own.
  const std::map<std::string, std::string>& expected() const {
    static std::map<std::string, std::map<std::string, std::string>> of_all;
    const auto [answers, is_new] = of_all.try_emplace(GetParam().folder);
    if (!is_new) return answers->second;
    const auto said = said_by_scene(played().told.out, description());
    for (const auto& [id, item] : items_) {
      if (item.kind != DrillItem::Kind::scenario) continue;
      const auto scene = said.find(item.play.scene);
      const bool is_there = item.play.knobs.empty() && scene != said.end();
      answers->second[id] =
          is_there ? scene->second.answer(item.play).value_or("")
                   : runner::SessionRuns(kPlace).answer(item).answer.value_or("");
    }
    return answers->second;
  }

  // What to type at this prompt. A follow-up is missed, then known.
  std::string reply(const std::string& shown) {
    static const std::regex kHead("(?:of \\d+|once more) · ([0-9a-z-]+) · lab");
    for (std::sregex_iterator it(shown.begin(), shown.end(), kHead), end; it != end; ++it)
      asked_ = it->str(1);
    if (shown.find("press Enter to see ours") != shown.npos) return "\n";
    const auto answer = expected().find(asked_);
    if (answer == expected().end()) return missed_.insert(asked_).second ? "1\n" : "4\n";
    std::string typed = answer->second;
    if (items_.at(asked_).predict == DrillItem::Predict::order)
      std::ranges::replace(typed, '>', ',');
    return typed + "\n";
  }

  std::string worked_through() {
    runner::Terminal80 terminal(
        kPlace, tmp_,
        {"drill", "--lab", GetParam().number, "--items", "1000", "--new", "1000"});
    std::size_t asked = 0;
    while (terminal.asks()) {
      terminal.type(reply(terminal.shown()));
      if (++asked > 10 * items_.size()) ADD_FAILURE() << "it never ends";
      if (asked > 10 * items_.size()) break;
    }
    EXPECT_EQ(terminal.exit_code(), 0);
    return terminal.all();
  }

  std::map<std::string, DrillItem> items_;
  std::set<std::string> missed_;
  std::string asked_;
};

TEST_P(PlayedLabsDrill, HasTheAnswerOfEachScenarioInTheRun) {
  if (const std::string why = left_out(); !why.empty()) GTEST_SKIP() << why;
  for (const auto& [id, answer] : expected()) {
    EXPECT_TRUE(fits(items_.at(id), answer))
        << id << ": the run says \"" << answer << '"';
    EXPECT_TRUE(right(items_.at(id), answer, answer)) << id << ": " << answer;
  }
}

void expect_it_fits(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" > ") == std::string::npos) {
      EXPECT_LE(lab::columns(line), runner::kWidth) << line;
    }
  }
}

// Typed are the answers of the other run, so the drill's own runs must come to the same.
TEST_P(PlayedLabsDrill, AsksEveryItemAndJudgesItByARunUntilAllAreKnown) {
  if (lab::test::kAddressSanitizer)
    GTEST_SKIP() << "it plays once more what has just been played";
  if (const std::string why = left_out(); !why.empty()) GTEST_SKIP() << why;
  const std::string all = worked_through();
  EXPECT_EQ(missed_.size() + expected().size(), items_.size());
  EXPECT_THAT(all, HasSubstr(std::to_string(items_.size()) +
                             " items answered: " + std::to_string(expected().size()) +
                             " known, " + std::to_string(missed_.size()) + " not yet"));
  EXPECT_THAT(all, Not(HasSubstr("cannot be judged")));
  EXPECT_THAT(all, Not(HasSubstr("It was:")));
  expect_it_fits(all);
  EXPECT_THAT(worked_through(), HasSubstr("Nothing is due"));
}

INSTANTIATE_TEST_SUITE_P(Built, PlayedLab, testing::ValuesIn(built_labs()),
                         [](const auto& test) { return test.param.folder; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PlayedLab);
INSTANTIATE_TEST_SUITE_P(Built, PlayedLabsDrill, testing::ValuesIn(built_labs()),
                         [](const auto& test) { return test.param.folder; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PlayedLabsDrill);

}  // namespace
