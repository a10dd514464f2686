// The mock interview and the plan over the studio's own door: what a page asks, and what no page
// of ours would.
#include <cstdlib>
#include <fstream>

#include "rehearse/interviews.hpp"
#include "studio_served.hpp"

namespace runner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kPage = R"(# 05

## The answer in 30 seconds

It slows the source. It never drops.

| sentence | by |
| --- | --- |
| It slows the source. | 05.1 |
| It never drops. | 05.2 |

## What makes it a senior answer

- **A mark is no limit.** Because.

## The usual wrong answer

"*It limits the buffer.*" It does not.

## They will ask next

**And TCP?** It has a window.
)";

class StudioRehearseTest : public StudioTest {
 protected:
  StudioRehearseTest() {
    place_.lab("05", kHonest);
    place_.write("labs/05_second_thing/drill.json", kDrill);
    place_.write("labs/05_second_thing/README.md", kPage);
    setenv("UNDERLOOP_TODAY", "2026-12-01", 1);
  }
  ~StudioRehearseTest() override { unsetenv("UNDERLOOP_TODAY"); }

  std::filesystem::path data() const { return place_.place().root; }
  std::vector<Interview> kept() const {
    return Interviews(data() / "interviews.ndjson").all();
  }
  // The state after a step.
  static Json step(Browser& browser, const char* name, Json more = Json::object()) {
    more["do"] = "mock";
    more["step"] = name;
    if (!more.contains("question")) more["question"] = 1;
    browser.say(more);
    return browser.hear("mock");
  }
};

TEST_F(StudioRehearseTest, HoldsAWholeInterview) {
  const Served served(place_);
  Browser browser(served);
  EXPECT_EQ(served.json("/api/mock")["phase"], "none");
  Json state = step(browser, "begin", {{"minutes", 15}, {"seconds", 60}, {"lab", "05"}});
  EXPECT_EQ(state["phase"], "asked");
  EXPECT_EQ(state["question"], "What then?");
  EXPECT_GT(state["left_ms"], 0);
  EXPECT_FALSE(state.contains("spoken")) << "not before you have answered";
  EXPECT_EQ(step(browser, "said")["phase"], "type");
  state = step(browser, "compare", {{"typed", "It slows.\n\"And\" <b>\u00e9"}});
  EXPECT_EQ(state["spoken"], "It slows the source. It never drops.");
  EXPECT_THAT(state["must_say"], SizeIs(2));
  state = step(browser, "grade", {{"said", {1}}, {"senior", {1}}, {"wrong", false}});
  EXPECT_EQ(state["phase"], "follow");
  EXPECT_EQ(state["graded"]["points"], "1 of 2 points, 1 of 1 that a senior adds");
  EXPECT_EQ(state["follow_up"]["answer"], "It has a window.");
  state = step(browser, "follow");
  EXPECT_EQ(state["phase"], "predict");
  EXPECT_EQ(state["item"]["id"], "05-what-then");
  EXPECT_FALSE(state["item"].contains("answer"));

  browser.say({{"do", "drill"}, {"item", "05-what-then"}, {"answer", "yes"}});
  const Json judged = browser.hear("judged");
  state = served.json("/api/mock");
  EXPECT_EQ(state["prediction"]["right"], true);
  EXPECT_EQ(state["prediction"]["run"], judged["run"]);
  state = step(browser, "next");
  EXPECT_EQ(state["phase"], "report") << "there is one question only";
  EXPECT_THAT(state["report"]["well"].dump(),
              HasSubstr("you predicted what the run did"));
  ASSERT_THAT(state["report"]["weak"], SizeIs(1));
  EXPECT_EQ(state["report"]["weak"][0]["text"], "It never drops.");
  EXPECT_EQ(state["report"]["weak"][0]["claim"], "05.2");
  EXPECT_EQ(state["report"]["weak"][0]["command"], "./lab run 5");
  ASSERT_THAT(kept(), SizeIs(1));
  EXPECT_EQ(kept()[0].typed, "It slows.\n\"And\" <b>\u00e9");
  EXPECT_THAT(kept()[0].missed, ElementsAre("It never drops."));
  EXPECT_EQ(step(browser, "close")["phase"], "none");
}

TEST_F(StudioRehearseTest, AnotherStudioGoesOnWhereTheFirstOneEnded) {
  {
    const Served served(place_);
    Browser browser(served);
    step(browser, "begin", {{"lab", "05"}});
    step(browser, "said");
    step(browser, "draft", {{"typed", "half a sen"}});
  }
  const Served served(place_);
  const Json state = served.json("/api/mock");
  EXPECT_EQ(state["phase"], "type");
  EXPECT_EQ(state["typed"], "half a sen");
  EXPECT_EQ(state["question"], "What then?");
}

TEST_F(StudioRehearseTest, TwoTabsDoNotAnswerForEachOther) {
  const Served served(place_);
  Browser one(served), two(served);
  step(one, "begin", {{"lab", "05"}});
  step(one, "said");
  two.say({{"do", "mock"}, {"step", "said"}, {"question", 1}});
  EXPECT_EQ(two.hear()["is"], "error") << "it was said already";
  two.say({{"do", "mock"}, {"step", "compare"}, {"question", 2}, {"typed", ""}});
  EXPECT_THAT(two.hear()["why"].dump(), HasSubstr("no longer asked"));
  EXPECT_EQ(served.json("/api/mock")["phase"], "type");
}

TEST_F(StudioRehearseTest, RefusesWhatMakesNoSenseAndKeepsNothingOfIt) {
  const Served served(place_);
  Browser browser(served);
  const auto refused = [&](const std::vector<Json>& messages) {
    for (const Json& message : messages) {
      Json asked = message;
      asked["do"] = "mock";
      if (!asked.contains("question")) asked["question"] = 1;
      browser.say(asked);
      EXPECT_EQ(browser.hear()["is"], "error") << message;
    }
  };
  const Json deep = Json::parse("[[[[[[]]]]]]");
  refused({{{"step", "begin"}, {"minutes", 0}},
           {{"step", "begin"}, {"minutes", "30"}},
           {{"step", "begin"}, {"minutes", 1e300}},
           {{"step", "begin"}, {"seconds", 4}},
           {{"step", "begin"}, {"seconds", nullptr}},
           {{"step", "begin"}, {"section", 7}},
           {{"step", "begin"}, {"section", "Nowhere"}},
           {{"step", "begin"}, {"lab", "99"}},
           {{"step", "begin"}, {"lab", "../../etc/passwd"}},
           {{"step", "begin"}, {"lab", "10"}},
           {{"step", "begin"}, {"seed", -1}},
           {{"step", "begin"}, {"section", deep}},
           {{"step", "said"}},
           {{"step", 5}},
           {{"step", nullptr}},
           {{"step", "nonsense"}}});
  step(browser, "begin", {{"lab", "05"}});
  refused({{{"step", "begin"}},
           {{"step", "said"}, {"question", 0}},
           {{"step", "said"}, {"question", "1"}},
           {{"step", "said"}, {"question", 18446744073709551615u}}});
  step(browser, "said");
  refused({{{"step", "compare"}, {"typed", 7}},
           {{"step", "compare"}, {"typed", {"a"}}},
           {{"step", "compare"}, {"typed", std::string(8001, 'x')}},
           {{"step", "draft"}, {"typed", std::string(8001, 'x')}}});
  step(browser, "compare", {{"typed", std::string(8000, 'x')}});
  const Json none = Json::array();
  refused({{{"step", "grade"}},
           {{"step", "grade"}, {"said", 1}, {"senior", none}, {"wrong", false}},
           {{"step", "grade"}, {"said", {0}}, {"senior", none}, {"wrong", false}},
           {{"step", "grade"}, {"said", {3}}, {"senior", none}, {"wrong", false}},
           {{"step", "grade"}, {"said", {-1}}, {"senior", none}, {"wrong", false}},
           {{"step", "grade"}, {"said", {1.5}}, {"senior", none}, {"wrong", false}},
           {{"step", "grade"}, {"said", {"1"}}, {"senior", none}, {"wrong", false}},
           {{"step", "grade"}, {"said", none}, {"senior", {2}}, {"wrong", false}},
           {{"step", "grade"}, {"said", none}, {"senior", none}, {"wrong", "no"}},
           {{"step", "draft"}, {"said", {9}}, {"senior", none}, {"wrong", false}}});
  EXPECT_EQ(served.json("/api/mock")["phase"], "check");
  EXPECT_THAT(kept(), IsEmpty());
}

TEST_F(StudioRehearseTest, AMegabyteEndsTheConnectionAndNotTheInterview) {
  const Served served(place_);
  Browser browser(served);
  step(browser, "begin", {{"lab", "05"}});
  step(browser, "said");
  browser.say({{"do", "mock"},
               {"step", "compare"},
               {"question", 1},
               {"typed", std::string(1 << 20, 'x')}});
  EXPECT_EQ(browser.peer().read_close_code(), 1009);
  Browser again(served);
  EXPECT_EQ(served.json("/api/mock")["phase"], "type");
  EXPECT_EQ(step(again, "compare", {{"typed", "short"}})["typed"], "short");
}

TEST_F(StudioRehearseTest, OnlyWhoHasTheTokenSeesTheInterviewAndThePlan) {
  const Served served(place_);
  for (const char* target : {"/api/mock", "/api/plan"}) {
    EXPECT_THAT(served.ask("GET", target, "Host: " + served.host() + "\r\n"),
                StartsWith("HTTP/1.1 401"));
    EXPECT_THAT(
        served.ask("POST", target, "Host: " + served.host() + "\r\n" + served.cookie()),
        testing::Not(StartsWith("HTTP/1.1 200")));
    EXPECT_THAT(served.get(std::string(target) + "/.."), StartsWith("HTTP/1.1 404"));
  }
}

TEST_F(StudioRehearseTest, ThePlanFollowsWhatIsDoneInTheStudio) {
  const Served served(place_);
  Browser browser(served);
  EXPECT_EQ(served.json("/api/plan")["kept"], false);
  browser.say({{"do", "plan"}, {"days", 7}, {"minutes", 60}});
  Json plan = browser.hear("plan");
  EXPECT_EQ(plan["kept"], true);
  EXPECT_EQ(plan["last"], "2026-12-07");
  EXPECT_EQ(plan["tasks"][0]["command"], "./lab run 5");
  EXPECT_EQ(plan["tasks"][0]["kind"], "see");
  const std::string run = browser.run(Json::object());
  browser.say({{"do", "walked"}, {"lab", "05"}});
  browser.say({{"do", "walked"}, {"lab", "77"}});
  EXPECT_EQ(browser.hear("error")["why"], "there is no such lab");
  plan = served.json("/api/plan");
  EXPECT_THAT(plan["done"], SizeIs(2)) << plan.dump(1);
  EXPECT_EQ(plan["sections"][0]["run"], 1);
  EXPECT_EQ(plan["sections"][0]["walked"], 1);
  EXPECT_THAT(served.get("/api/catalog"), HasSubstr("\"seen\":true"));
}

TEST_F(StudioRehearseTest, RefusesAPlanThatIsNone) {
  const Served served(place_);
  Browser browser(served);
  for (const Json& message : std::vector<Json>{{{"days", 0}},
                                               {{"days", 366}},
                                               {{"days", "7"}},
                                               {{"days", 1.5}},
                                               {{"minutes", 9}},
                                               {{"minutes", 601}},
                                               {{"minutes", {40}}},
                                               Json::object()}) {
    Json asked = message;
    asked["do"] = "plan";
    browser.say(asked);
    EXPECT_EQ(browser.hear()["is"], "error") << message;
  }
  EXPECT_FALSE(exists(data() / "plan.json"));
}

TEST_F(StudioRehearseTest, WhatIsDamagedOnTheDiskIsToldOnThePages) {
  std::ofstream(data() / "mock.json") << "{";
  std::ofstream(data() / "plan.json") << "[";
  std::ofstream(data() / "interviews.ndjson") << "cut";
  const Served served(place_);
  const Json plan = served.json("/api/plan");
  EXPECT_EQ(plan["kept"], false);
  EXPECT_THAT(
      plan["notices"].dump(),
      testing::AllOf(HasSubstr("mock.json.damaged-1"), HasSubstr("plan.json.damaged-1"),
                     HasSubstr("interviews.ndjson has 1 line")));
  const Json mock = served.json("/api/mock");
  EXPECT_EQ(mock["phase"], "none");
  EXPECT_THAT(mock["notices"], SizeIs(3));
}

}  // namespace
}  // namespace runner
