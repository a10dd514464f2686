// Lab 10 beside Express 5: the same chain answers the same requests by the same layers.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

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
  std::istringstream lines(
      output({LAB_BUILD_DIR "/labs/10_middleware", "--scene", "roads", "--json"}));
  for (std::string line; std::getline(lines, line);) {
    const Json event = Json::parse(line);
    if (event.at("cat") != "table") continue;
    for (const Json& row : event.at("args").at("rows")) {
      rows[row[0]] = row[1].get<std::string>() + " | " + row[2].get<std::string>();
    }
  }
  return rows;
}

Rows of_express() {
  Rows rows;
  std::istringstream lines(
      output({"node", LAB_SOURCE_DIR "/labs/10_middleware/node.mjs"}));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": ");
    rows[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return rows;
}

TEST(MiddlewareBesideExpress, EveryRequestTakesTheSameRoad) {
  if (!std::filesystem::exists(LAB_SOURCE_DIR
                               "/tests/conformance/node_modules/express")) {
    if (std::getenv("CI")) FAIL() << "express is not installed";
    GTEST_SKIP() << "npm ci --prefix tests/conformance";
  }
  const Rows express = of_express();
  EXPECT_EQ(express.size(), 23u);
  EXPECT_EQ(of_the_lab(), express);
}

}  // namespace
