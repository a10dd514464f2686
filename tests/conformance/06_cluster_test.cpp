// Lab 06 beside node:cluster: who gets which connection, and what is left after a death.
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lab/error.hpp"
#include "lab/process.hpp"

namespace {

using Json = nlohmann::json;

std::string output(std::vector<std::string> argv) {
  lab::Child child =
      lab::Child::run(std::move(argv), {.deadline = std::chrono::seconds(55)});
  EXPECT_EQ(child.wait().code, 0) << child.wait().err;
  return child.wait().out;
}

// The row of a scene's table that starts with this cell.
Json row_of_the_lab(const std::string& scene, const std::string& first) {
  std::istringstream lines(
      output({LAB_BUILD_DIR "/labs/06_cluster", "--scene", scene, "--json"}));
  for (std::string line; std::getline(lines, line);) {
    const Json event = Json::parse(line);
    if (event.at("cat") != "table") continue;
    for (const Json& row : event.at("args").at("rows")) {
      if (row[0] == first) return row;
    }
  }
  return Json::array({"", "", "", ""});
}

TEST(ClusterBesideNode, DealsAndLosesWorkersAlike) {
  std::map<std::string, std::string> node;
  try {
    std::istringstream lines(
        output({"node", LAB_SOURCE_DIR "/labs/06_cluster/node.mjs"}));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t colon = line.rfind(": ");
      node[line.substr(0, colon)] = line.substr(colon + 2);
    }
  } catch (const lab::Error& error) {
    if (std::getenv("CI")) FAIL() << error.what();
    GTEST_SKIP() << "needs node (" << error.what() << ")";
  }
  EXPECT_EQ(node["two workers listen on port 0"], "same port");
  const Json dealt = row_of_the_lab("distribution", "primary deals");
  EXPECT_EQ(dealt[1], "1");
  EXPECT_EQ(dealt[2], node["20 new connections"]);
  EXPECT_EQ(dealt[3], node["20 requests over one connection"]);
  EXPECT_EQ(row_of_the_lab("killed", "plain")[2],
            node["serving after one of two was killed"]);
}

}  // namespace
