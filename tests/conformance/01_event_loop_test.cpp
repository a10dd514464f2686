// Lab 01 beside Node: the same scenes, the same orders.
#include <gmock/gmock.h>
#include <uv.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lab/error.hpp"
#include "lab/process.hpp"

namespace {

using Json = nlohmann::json;
using Orders = std::map<std::string, std::string>;

constexpr const char* kUnreferenced = "due but unreferenced timer";

std::string output(std::vector<std::string> argv) {
  lab::Child child =
      lab::Child::run(std::move(argv), {.deadline = std::chrono::seconds(60)});
  EXPECT_EQ(child.wait().code, 0) << child.wait().err;
  return child.wait().out;
}

Orders of_the_lab() {
  Orders orders;
  std::istringstream lines(
      output({LAB_BUILD_DIR "/labs/01_event_loop_phases", "--scene", "node", "--json"}));
  for (std::string line; std::getline(lines, line);) {
    const Json event = Json::parse(line);
    if (event.at("cat") != "table") continue;
    for (const Json& row : event.at("args").at("rows")) orders[row[0]] = row[1];
  }
  return orders;
}

Orders of_node() {
  Orders orders;
  std::istringstream lines(
      output({"node", LAB_SOURCE_DIR "/labs/01_event_loop_phases/node.mjs"}));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    orders[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return orders;
}

// "1.46.0" -> {1, 46}
std::pair<int, int> version(const std::string& text) {
  int major = 0, minor = 0;
  char dot = 0;
  std::istringstream(text) >> major >> dot >> minor;
  return {major, minor};
}

class EventLoopBesideNode : public testing::Test {
 protected:
  void SetUp() override {
    try {
      node_uv_ = output({"node", "-p", "process.versions.uv"});
    } catch (const lab::Error& error) {
      if (std::getenv("CI")) FAIL() << error.what();
      GTEST_SKIP() << "needs node (" << error.what() << ")";
    }
  }
  std::string node_uv_;
};

TEST_F(EventLoopBesideNode, PlaysEverySceneInTheSameOrder) {
  Orders lab = of_the_lab();
  Orders node = of_node();
  EXPECT_GE(lab.size(), 7u);
  lab.erase(kUnreferenced);
  node.erase(kUnreferenced);
  EXPECT_EQ(lab, node);
}

// libuv 1.45 runs timers once more before it finds that nothing is left to wait for.
TEST_F(EventLoopBesideNode, DiffersInTheUnreferencedTimerByTheVersionOfLibuvAlone) {
  const auto expected = [](std::pair<int, int> uv) {
    return uv >= std::pair(1, 45) ? "immediate > timeout" : "immediate";
  };
  EXPECT_EQ(of_the_lab()[kUnreferenced], expected(version(uv_version_string())));
  EXPECT_EQ(of_node()[kUnreferenced], expected(version(node_uv_)));
}

}  // namespace
