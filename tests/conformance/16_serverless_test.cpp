// A runtime client from npm, unmodified, as an instance of our host; and the lab beside its twin.
// AWS's own aws-lambda-ric 3 and 4 send their responses through a native addon, which a script
// builds when they are installed. @serverless-stack/aws-lambda-ric is that client without it.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "serverless.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"
#include "support/played.hpp"

namespace lab16 {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Json = nlohmann::json;

class RuntimeClient : public lab::test::BesideNode {
 protected:
  RuntimeClient() : BesideNode("@serverless-stack/aws-lambda-ric") {}

  // A handler in a file of its own, started by the client.
  Function client(const std::string& handler) {
    std::ofstream(folder_.path() + "/app.js") << handler;
    const std::string ric = "tests/conformance/node_modules/@serverless-stack/";
    return {{"node", lab::test::source(ric + "aws-lambda-ric/bin/index.js"),
             folder_.path() + "/app.handler"},
            {{"AWS_LAMBDA_FUNCTION_NAME", "photos"},
             {"AWS_LAMBDA_FUNCTION_VERSION", "1"},
             {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"},
             {"AWS_LAMBDA_LOG_GROUP_NAME", "photos"},
             {"AWS_LAMBDA_LOG_STREAM_NAME", "photos"}}};
  }
  void until(const std::function<bool()>& is_so) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    lab::uv::Timer look(loop_);
    look.start(
        5ms, [] {}, 5ms);
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("hangs");
      loop_.run(UV_RUN_ONCE);
    }
  }
  Result call(Host& host, const std::string& event) {
    std::optional<Result> seen;
    host.invoke(event, [&](Result result) { seen = std::move(result); });
    until([&] { return seen.has_value(); });
    return *seen;
  }

  lab::test::TempFolder folder_;
  lab::uv::Loop loop_;
};

TEST_F(RuntimeClient, CallsItsHandlerAgainAndAgainInOneProcess) {
  Host host(loop_, client("let calls = 0; exports.handler = async (event, context) => ({"
                          "calls: ++calls, doubled: 2 * event.number, "
                          "left: context.getRemainingTimeInMillis(), "
                          "id: context.awsRequestId, name: context.functionName});"));
  std::string last_id;
  for (int number = 1; number <= 3; ++number) {
    const Result result = call(host, Json{{"number", number}}.dump());
    ASSERT_EQ(result.status, 200) << result.body;
    const Json reply = Json::parse(result.body);
    EXPECT_EQ(reply["calls"], number) << "a warm instance remembers";
    EXPECT_EQ(reply["doubled"], 2 * number);
    EXPECT_EQ(reply["name"], "photos");
    EXPECT_GT(reply["left"], 0);
    EXPECT_LE(reply["left"], 30'000);
    EXPECT_NE(reply["id"], last_id);
    last_id = reply["id"];
  }
  EXPECT_EQ(host.starts(), 1);
}

TEST_F(RuntimeClient, TellsOfAHandlerThatThrows) {
  Host host(loop_,
            client("exports.handler = async () => { throw new TypeError('no'); };"));
  const Result result = call(host, "{}");
  EXPECT_EQ(result.status, 502);
  EXPECT_EQ(Json::parse(result.body)["errorType"], "TypeError");
  EXPECT_EQ(host.instances(), 1) << "the process lives, and takes the next event";
  EXPECT_EQ(call(host, "{}").status, 502);
  EXPECT_EQ(host.starts(), 1);
}

TEST_F(RuntimeClient, DiesWithAHandlerThatExitsAndItsEventIsTriedAgain) {
  Host host(loop_, client("exports.handler = async () => process.exit(1);"),
            {.attempts = 2, .retry_after = 1ms});
  host.deliver("{}");
  until([&] { return !host.dead_letters().empty(); });
  EXPECT_EQ(host.starts(), 2);
}

TEST_F(RuntimeClient, FailsTheCallIfThereIsNoSuchHandler) {
  Host host(loop_, client("exports.other = async () => 1;"));
  EXPECT_EQ(call(host, "{}").status, 502);
}

struct BesideTwin : lab::test::BesideNode {};

TEST_F(BesideTwin, WhatNodeDoesIsWhatTheLabShows) {
  const lab::test::Rows node = lab::test::twin("16_serverless", {.deadline = 90s});
  const lab::test::Played played = lab::test::play("16_serverless", {"--quick"});
  ASSERT_EQ(played.exit.code, 0) << played.exit.err;
  const lab::test::Rows rows = played.rows();
  for (const char* name : {"at once", "one after another", "photo.jpg", "flaky.jpg",
                           "twice.jpg", "corrupt.jpg", "work left for later and done"})
    EXPECT_EQ(rows.at(name), node.at(name)) << name;
  const auto ticks = [](const lab::test::Rows& of) {
    return of.at("ticks of its timer");
  };
  const auto frozen_share = [&](const std::string& both) {
    return std::stod(both) / std::stod(both.substr(both.find('>') + 1));
  };
  EXPECT_LT(frozen_share(ticks(node)), 0.5);
  EXPECT_LT(frozen_share(ticks(rows)), 0.34);
}

}  // namespace
}  // namespace lab16
