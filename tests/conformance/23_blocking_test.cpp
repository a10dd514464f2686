// Lab 23 beside Node: the same acts on both, and each line the same.
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lab/error.hpp"
#include "lab/process.hpp"

namespace {

using Json = nlohmann::json;
using Rows = std::map<std::string, std::string>;

std::string output(std::vector<std::string> argv) {
  lab::Child child =
      lab::Child::run(std::move(argv), {.deadline = std::chrono::seconds(55)});
  EXPECT_EQ(child.wait().code, 0) << child.wait().err;
  return child.wait().out;
}

void add_scene(const char* scene, const char* title, Rows& rows) {
  std::istringstream lines(
      output({LAB_BUILD_DIR "/labs/23_blocking", "--scene", scene, "--json"}));
  for (std::string line; std::getline(lines, line);) {
    const Json event = Json::parse(line);
    if (event.at("cat") != "table" || event.at("name") != title) continue;
    for (const Json& row : event.at("args").at("rows")) rows[row[0]] = row[1];
  }
}

Rows of_the_lab() {
  Rows rows;
  add_scene("lag", "What the meter sees", rows);
  add_scene("node", "The scenes that Node plays too", rows);
  return rows;
}

Rows of_node() {
  Rows rows;
  std::istringstream lines(output({"node", LAB_SOURCE_DIR "/labs/23_blocking/node.mjs"}));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.rfind(": ");
    rows[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return rows;
}

TEST(BlockingBesideNode, HasTheSameResults) {
  Rows node;
  try {
    node = of_node();
  } catch (const lab::Error& error) {
    if (std::getenv("CI")) FAIL() << error.what();
    GTEST_SKIP() << "needs node (" << error.what() << ")";
  }
  EXPECT_EQ(node.size(), 15u);
  EXPECT_EQ(of_the_lab(), node);
}

}  // namespace
