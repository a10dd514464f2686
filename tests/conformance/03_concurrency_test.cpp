// Lab 03 beside Node: who waits while the pool is held, and which of two calls comes first.
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
      lab::Child::run(std::move(argv), {.deadline = std::chrono::seconds(60)});
  EXPECT_EQ(child.wait().code, 0) << child.wait().err;
  return child.wait().out;
}

Rows of_the_lab() {
  Rows rows;
  for (const char* scene : {"held", "trips"}) {
    std::istringstream lines(
        output({LAB_BUILD_DIR "/labs/03_concurrency", "--scene", scene, "--json"}));
    for (std::string line; std::getline(lines, line);) {
      const Json event = Json::parse(line);
      if (event.at("cat") != "table") continue;
      const std::string title = event.at("args").at("title");
      for (const Json& row : event.at("args").at("rows")) {
        if (title == "All threads of the pool are held")
          rows[row[0]] = row[1].get<std::string>() + " > " + row[2].get<std::string>();
        if (title == "Node plays this too") rows[row[0]] = row[1];
      }
    }
  }
  return rows;
}

Rows of_node() {
  Rows rows;
  std::istringstream lines(
      output({"node", LAB_SOURCE_DIR "/labs/03_concurrency/node.mjs"}));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    rows[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return rows;
}

TEST(ConcurrencyBesideNode, TheSameCallsWaitForThePool) {
  Rows node;
  try {
    node = of_node();
  } catch (const lab::Error& error) {
    if (std::getenv("CI")) FAIL() << error.what();
    GTEST_SKIP() << "needs node (" << error.what() << ")";
  }
  EXPECT_EQ(node["zlib.gzip"], "waits > done");  // a job, too; the lab has one for both
  node.erase("zlib.gzip");
  EXPECT_GE(node.size(), 8u);
  EXPECT_EQ(of_the_lab(), node);
}

}  // namespace
