// What the chat shows of WebSocket and of Redis is what Node's ws and Redis do.
#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lab/process.hpp"
#include "lab/redis_server.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

class Ws : public testing::Test {
 protected:
  Ws() {
    std::string pattern = fs::temp_directory_path() / "labtest.XXXXXX";
    tmp_ = mkdtemp(pattern.data());
    setenv("TMPDIR", tmp_.c_str(), 1);
    const std::string run = "/underloop-" + std::to_string(geteuid()) + "/run";
    setenv("LAB_RUN_DIR", (tmp_ + run).c_str(), 1);
  }
  ~Ws() override {
    unsetenv("TMPDIR");
    unsetenv("LAB_RUN_DIR");
    fs::remove_all(tmp_);
  }
  void SetUp() override {
    if (!fs::exists(LAB_SOURCE_DIR "/tests/conformance/node_modules/ws")) {
      GTEST_SKIP() << "npm ci --prefix tests/conformance";
    }
  }

  static std::string twin() {
    const lab::RedisServer redis;
    lab::Child node =
        lab::Child::run({"node", LAB_SOURCE_DIR "/labs/11_chat/node.mjs"},
                        {.deadline = 30s, .env = {{"LAB_REDIS_URL", redis.url()}}});
    EXPECT_TRUE(node.wait().ok()) << node.wait().err;
    return node.wait().out;
  }

  // What each hostile peer gets, from the lab's table.
  static std::map<std::string, std::string> hostile_peers() {
    lab::Child child = lab::Child::run(
        {LAB_BUILD_DIR "/labs/11_chat", "--quick", "--json", "--scene", "hostile"},
        {.deadline = 30s});
    std::map<std::string, std::string> codes;
    std::istringstream lines(child.wait().out);
    for (std::string line; std::getline(lines, line);) {
      const json event = json::parse(line);
      if (event.at("cat") != "table") continue;
      for (const auto& row : event.at("args").at("rows")) codes[row.at(0)] = row.at(1);
    }
    return codes;
  }

  std::string tmp_;
};

TEST_F(Ws, TheTwinOfTheLabSeesWhatTheLabSees) {
  const std::string out = twin();
  EXPECT_THAT(out, HasSubstr("both ends by their own clocks: 50 up, 50 down\n"));
  EXPECT_THAT(out, HasSubstr("a slow reader: bounded, closed with 4008\n"
                             "two servers, nothing between them: A read [hi], B read []\n"
                             "a relay between them: A read [one], B read [one]\n"
                             "B's subscription is away: PUBLISH told 1 server\n"
                             "it is back: B read [three]\n"));
}

TEST_F(Ws, AHostilePeerGetsTheCodeThatWsGives) {
  const auto ours = hostile_peers();
  std::istringstream lines(twin());
  int compared = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(": ");
    const auto found = ours.find(line.substr(0, colon));
    if (found == ours.end()) continue;
    ++compared;
    const std::string theirs = line.substr(colon + 2);
    if (found->first == "a binary message") {  // where the two rightly differ
      EXPECT_EQ(theirs, "taken");
      EXPECT_EQ(found->second, "1003") << "the chat speaks text only";
    } else {
      EXPECT_EQ(theirs, found->second) << found->first;
    }
  }
  EXPECT_EQ(compared, 6);
}

}  // namespace
