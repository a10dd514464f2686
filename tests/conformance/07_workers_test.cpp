// Lab 07 beside Node: the same results, and the two that are C++'s own.
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

Rows of_the_lab() {
  Rows rows;
  std::istringstream lines(
      output({LAB_BUILD_DIR "/labs/07_workers", "--scene", "node", "--json"}));
  for (std::string line; std::getline(lines, line);) {
    const Json event = Json::parse(line);
    if (event.at("cat") != "table") continue;
    for (const Json& row : event.at("args").at("rows")) rows[row[0]] = row[1];
  }
  return rows;
}

Rows of_node() {
  Rows rows;
  std::istringstream lines(output({"node", LAB_SOURCE_DIR "/labs/07_workers/node.mjs"}));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.rfind(": ");
    rows[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return rows;
}

TEST(WorkersBesideNode, HaveTheSameResultsExceptThatCppSharesAllMemory) {
  Rows node;
  try {
    node = of_node();
  } catch (const lab::Error& error) {
    if (std::getenv("CI")) FAIL() << error.what();
    GTEST_SKIP() << "needs node (" << error.what() << ")";
  }
  Rows lab = of_the_lab();
  EXPECT_EQ(lab["a worker thread sets a global"], "changed");
  EXPECT_EQ(node["a worker thread sets a global"], "unchanged");
  EXPECT_EQ(lab["a worker thread writes a buffer it was posted"], "changed");
  EXPECT_EQ(node["a worker thread writes a buffer it was posted"], "unchanged");
  for (Rows* rows : {&lab, &node}) {
    EXPECT_EQ(rows->size(), 8u);
    rows->erase("a worker thread sets a global");
    rows->erase("a worker thread writes a buffer it was posted");
  }
  EXPECT_EQ(lab, node);
}

}  // namespace
