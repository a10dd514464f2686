// Fourteen days of a person who does what ./lab plan says, with the real programs: what is asked
// on which day. The calendar is set (UNDERLOOP_TODAY), and so is the choice of the mocks.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "rehearse/interviews.hpp"
#include "rehearse/plan.hpp"
#include "runner/fake_place.hpp"
#include "runner/terminal80.hpp"

namespace runner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int kDays = 14, kMissed = 2;  // of the days, counted from 1

class Fortnight : public testing::Test {
 protected:
  Fortnight() {
    for (const char* lab : {"01_first", "05_second_thing", "10_third"}) {
      const std::string folder = "labs/" + std::string(lab), number(lab, 2);
      fake_.write(folder + "/README.md",
                  "# " + number + "\n\n## The answer in 30 seconds\n\nOne thing of " +
                      number +
                      ". Another thing.\n\n## What makes it a senior answer\n\n"
                      "- **A fine point.** Because.\n\n## The usual wrong answer\n\n"
                      "\"*It is magic.*\" It is not.\n\n## They will ask next\n\n"
                      "**And then?** That is all.\n");
      fake_.write(
          folder + "/drill.json",
          R"([{"id": ")" + number +
              R"(-order", "kind": "scenario", "question": "Order of )" + number +
              R"(?", "play": {"scene": "one", "row": "order"}, "predict": "order",)"
              R"( "items": ["a", "b"], "why": "b was queued first."}])");
      fake_.lab(number, R"(echo '{"name":"T","cat":"table","args":{"columns":["",""],)"
                        R"("rows":[["order","b > a"]]}}')"
                        "\necho '" +
                            end_line(0) + "'");
    }
  }

  std::filesystem::path data() const { return fake_.place().root / "data"; }

  // A whole verb on a terminal: `reply` types what is asked, from what was shown.
  template <class Reply>
  std::string have(std::vector<std::string> words, Reply reply) {
    setenv("UNDERLOOP_TODAY", day_text(kBegin + std::chrono::days(day_ - 1)).c_str(), 1);
    Terminal80 terminal(fake_.place(), data(), std::move(words));
    for (int questions = 0; terminal.asks(); ++questions) {
      if (questions == 60) {
        ADD_FAILURE() << "it asks on and on:\n" << terminal.all();
        return "";
      }
      terminal.type(reply(terminal.all()));
    }
    EXPECT_EQ(terminal.exit_code(), 0) << terminal.all();
    return terminal.all();
  }
  std::string plan(std::vector<std::string> words = {"plan"}) {
    return have(std::move(words), [](const std::string&) { return "\n"; });
  }

  void walk(const std::string& lab) {
    Terminal80 terminal(fake_.place(), data(), {"walk", lab});
    ASSERT_TRUE(terminal.shows("q quit"));
    EXPECT_THAT(terminal.shown(), HasSubstr("1 of 1"));
    terminal.type("q");
    EXPECT_FALSE(terminal.shows("never"));
    EXPECT_EQ(terminal.exit_code(), 0);
  }

  // The drill: the person knows all of it, but takes lab 01's order the wrong way on day 1. Tells
  // the scenarios that it asked.
  std::set<std::string> drill() {
    const std::string all = have({"drill"}, [this](const std::string& shown) {
      const auto order = shown.rfind("Order of "), grade = shown.rfind("0 to 5");
      if (grade != shown.npos && (order == shown.npos || grade > order)) return "4\n";
      if (order == shown.npos || shown.find("It was", order) != shown.npos ||
          shown.find("Right", order) != shown.npos)
        return "\n";
      const bool wrong = day_ == 1 && shown.compare(order + 9, 2, "01") == 0 &&
                         shown.find("It was: b > a") == shown.npos;
      return wrong ? "a b\n" : "b a\n";
    });
    std::set<std::string> asked;
    const std::regex question("Order of ([0-9]+)");
    for (std::sregex_iterator it(all.begin(), all.end(), question), end; it != end; ++it)
      asked.insert(it->str(1));
    return asked;
  }

  // A mock of one question. The person says nothing of lab 05, and all of the others.
  void mock() {
    Terminal80 terminal(fake_.place(), data(), {"mock", "--seed", std::to_string(day_)});
    ASSERT_TRUE(terminal.shows("2:00 "));
    terminal.type("\n");
    while (terminal.asks()) {
      const std::string& shown = terminal.all();
      if (shown.find("Order of ") != shown.npos) break;
      const bool knows = shown.find("One thing of 05") == shown.npos;
      terminal.type(shown.ends_with("y or n > ") ? "n\n"
                    : shown.ends_with("none > ") ? (knows ? "all\n" : "none\n")
                                                 : "\n");
    }
    terminal.type("b a\n");
    if (terminal.shows("2:00 ")) terminal.type("q\n");
    EXPECT_FALSE(terminal.asks());
    EXPECT_EQ(terminal.exit_code(), 0);
  }

  static constexpr Day kBegin{std::chrono::sys_days{std::chrono::year{2026} / 12 / 1}};
  FakePlace fake_;
  int day_ = 1;
};

TEST_F(Fortnight, IsAskedWhatThePlanAndTheAnswersSay) {
  std::map<std::string, std::vector<int>> runs, drilled;  // lab -> days
  std::vector<int> mocks;
  for (day_ = 1; day_ <= kDays; ++day_) {
    if (day_ == kMissed) continue;
    const std::string today =
        day_ == 1 ? plan({"plan", "--days", "14", "--minutes", "40"}) : plan();
    EXPECT_THAT(today, HasSubstr("Day " + std::to_string(day_) + " of 14"));
    const bool has_lessons = today.find("min  ./lab run") != today.npos;
    EXPECT_EQ(today.find("You missed a day") != today.npos, day_ > kMissed && has_lessons)
        << today;
    const std::regex task("min  \\./lab (run|walk|drill|mock)( [0-9]+)?");
    for (std::sregex_iterator it(today.begin(), today.end(), task), end; it != end;
         ++it) {
      const std::string verb = it->str(1);
      if (verb == "run") {
        const std::string lab = it->str(2).substr(1);
        runs[lab].push_back(day_);
        have({"run", lab}, [](const std::string&) { return "\n"; });
      } else if (verb == "walk") {
        walk(it->str(2).substr(1));
      } else if (verb == "drill") {
        for (const std::string& lab : drill()) drilled[lab].push_back(day_);
      } else if (verb == "mock") {
        mocks.push_back(day_);
        mock();
      }
    }
    // What is done is done: nothing is left today.
    for (const char* done : {"./lab run", "./lab walk", "./lab drill", "./lab mock"})
      EXPECT_THAT(plan(), Not(testing::ContainsRegex("min  " + std::string(done))))
          << day_;
  }
  // Each lab once, on the first day there is time for it.
  ASSERT_EQ(runs.size(), 3u);
  for (const auto& [lab, days] : runs) EXPECT_EQ(days.size(), 1u) << lab;
  // Mocks every third day and on the last two.
  EXPECT_THAT(mocks, ElementsAre(3, 6, 9, 12, 13, 14));
  // What was wrong on day 1 is asked on the next day; what is known comes back ever later.
  ASSERT_EQ(drilled.size(), 3u);
  EXPECT_EQ(drilled["01"].front(), 1);
  EXPECT_EQ(drilled["01"].at(1), kMissed + 1);
  for (const auto& [lab, days] : drilled) {
    EXPECT_LE(days.size(), 6u) << lab;
    for (std::size_t i = 3; i < days.size(); ++i)
      EXPECT_GE(days[i] - days[i - 1], days[i - 1] - days[i - 2]) << lab;
  }
  // All mocks are kept, and the question with the weak answers was asked most.
  const Interviews interviews(data() / "underloop/interviews.ndjson");
  std::map<std::string, int> asked;
  for (const Interview& one : interviews.all()) {
    ++asked[one.lab];
    EXPECT_EQ(one.said, one.lab == "05" ? 0 : 2);
  }
  EXPECT_GE(interviews.all().size(), 6u);
  for (const auto& [lab, times] : asked) EXPECT_LE(times, asked["05"]) << lab;
}

}  // namespace
}  // namespace runner
