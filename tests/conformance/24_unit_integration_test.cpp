// The same lights in Node, and what Mocha, Chai and Supertest do.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/places.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;
using namespace std::chrono_literals;

class KindsBesideNode : public BesideNode {};

TEST_F(KindsBesideNode, TheSameSuitesTurnRed) {
  const Rows node = twin("24_unit_integration", {.deadline = 60s});
  const Table lights =
      play("24_unit_integration", {"--scene", "lights"}).table("Which suite turns red");
  const Rows ours = {{"with mocks", lights.rows[1][1] + " " + lights.rows[1][6]},
                     {"contract real", lights.rows[3][1] + " " + lights.rows[3][6]},
                     {"integration", lights.rows[4][1] + " " + lights.rows[4][6]}};
  for (const auto& [suite, both] : ours) {
    EXPECT_EQ(both,
              node.at(suite + ", no fault") + " " + node.at(suite + ", new mail API"))
        << suite;
  }
}

TEST_F(KindsBesideNode, TheSameExpectationEndsTheSameWay) {
  const Rows node = twin("24_unit_integration", {.deadline = 60s});
  const Table ours =
      play("24_unit_integration", {"--scene", "trust"}).table("One failing expectation");
  EXPECT_EQ(ours.rows[0][2], node.at("a runner"));
  EXPECT_EQ(ours.rows[2][2], node.at("an assertion without a runner"));
  EXPECT_EQ(ours.rows[1][1], "0");
  EXPECT_EQ(node.at("a test that forgets to wait"), "green");
  // What GoogleTest cannot know: Node's runner hears of the error later, and fails the file.
  EXPECT_EQ(ours.rows[1][2], "exit 0");
  EXPECT_EQ(node.at("and its file"), "exit 1");
}

class ToolsBesideTheLab : public BesideNode {
 protected:
  ToolsBesideTheLab() : BesideNode("mocha") {}
};

TEST_F(ToolsBesideTheLab, DoWhatThePageSays) {
  const auto told = nlohmann::json::parse(
      output_of_node({source("tests/conformance/24_tools.mjs")}, {.deadline = 60s}));
  const nlohmann::json expected = {
      {"mocha, failing", "exit 1, 0 passing, 1 failing"},
      {"mocha, forgot to wait", "exit 0, 1 passing"},
      {"chai, caught", "exit 0, AssertionError"},
      {"supertest", "201, its port is refused afterwards"},
  };
  EXPECT_EQ(told, expected);
}

}  // namespace
