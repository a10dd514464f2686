// The stand-ins: the chain of services, gRPC, and the model of SQS on a real Redis.
#include <gmock/gmock.h>

#include <mutex>
#include <set>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/db/redis_server.hpp"
#include "lab/net/http.hpp"
#include "lab/net/http_crowd.hpp"
#include "lab/net/traffic.hpp"
#include "support/own_run.hpp"
#include "world/grpc_orders.hpp"
#include "world/service_chain.hpp"
#include "world/visibility_queue.hpp"

namespace lab12 {
namespace {

using namespace std::chrono_literals;
using lab::http::Crowd;

// --- the chain ---

TEST(ServiceChain, RepliesOnceAllHaveWorked) {
  const ServiceChain chain({.work = 1ms});
  EXPECT_EQ(Crowd(chain.port(), 20).send(order()).succeeded, 20);
  EXPECT_EQ(chain.worked_last(), 20);
}

TEST(ServiceChain, FailsIfOneOfThemFails) {
  const ServiceChain chain({.work = 1ms, .success = 0});
  EXPECT_EQ(Crowd(chain.port(), 3).send(order()).succeeded, 0);
  EXPECT_EQ(chain.worked_last(), 0);
}

TEST(ServiceChain, RefusesWhoseDeadlineHasPassed) {
  const ServiceChain chain({.work = 1ms});
  EXPECT_EQ(Crowd(chain.port(), 1).send(order(Deadline(0s))).succeeded, 0);
  EXPECT_EQ(Crowd(chain.port(), 1).send(order(Deadline(1h))).succeeded, 1);
  EXPECT_EQ(chain.worked_last(), 1);
}

TEST(ServiceChain, TakesNoDeadlineFromAHeaderThatMakesNoSense) {
  const ServiceChain chain({.work = 1ms});
  for (const char* value : {"-1", "soon", "99999999999999999999", ""}) {
    lab::http::Request request = order();
    request.headers.emplace_back(Deadline::kHeader, value);
    EXPECT_EQ(Crowd(chain.port(), 1).send(request).succeeded, 1) << value;
  }
}

TEST(ServiceChain, MayGoWhileCallsAreUnderWay) {
  for (int i = 0; i < 20; ++i) {
    const ServiceChain chain({.work = std::chrono::milliseconds(i)});
    Crowd(chain.port(), 5).send(order(), std::chrono::milliseconds(1 + i));
  }
}

// --- gRPC ---

TEST(GrpcOrders, CarriesManyCallsOnOneConnection) {
  GrpcOrders orders;
  EXPECT_EQ(orders.place(1), 1);
  EXPECT_EQ(orders.place(30), 30);
  EXPECT_EQ(lab::traffic_to(orders.port()).connections, 1);
}

// --- the model of SQS ---

class VisibilityQueueTest : public testing::Test {
 protected:
  const lab::test::OwnRun run_;
  const lab::RedisServer server_;
  lab::Redis redis_{server_.url()};
  ModelQueue queue_{redis_, "q"};
};

TEST_F(VisibilityQueueTest, GivesAMessageToOneAtATime) {
  queue_.send("a");
  const auto first = queue_.receive(1h);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->id, "a");
  EXPECT_EQ(first->attempt, 1);
  EXPECT_FALSE(queue_.receive(1h));
}

TEST_F(VisibilityQueueTest, ShowsItAgainAfterTheTimeoutAndCounts) {
  queue_.send("a");
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const auto message = queue_.receive(0ms);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->attempt, attempt);
  }
}

TEST_F(VisibilityQueueTest, TakesOnlyTheNewestReceipt) {
  queue_.send("a");
  const auto first = queue_.receive(0ms), second = queue_.receive(1h);
  EXPECT_FALSE(queue_.remove(*first));
  EXPECT_TRUE(queue_.remove(*second));
  EXPECT_FALSE(queue_.remove(*second));
  EXPECT_FALSE(queue_.receive(0ms));
}

TEST_F(VisibilityQueueTest, TakesAnyId) {
  const std::string odd("with spaces\nand \0 zero \xff", 24);
  queue_.send(odd);
  const auto message = queue_.receive(1h);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->id, odd);
  EXPECT_TRUE(queue_.remove(*message));
}

TEST_F(VisibilityQueueTest, GivesEachOfManyMessagesToOneOfManyConsumers) {
  for (int i = 0; i < 100; ++i) queue_.send(std::to_string(i));
  std::mutex mutex;
  std::multiset<std::string> received;
  {
    std::vector<std::jthread> consumers;
    for (int i = 0; i < 4; ++i) {
      consumers.emplace_back([&] {
        lab::Redis own(server_.url());
        ModelQueue queue(own, "q");
        while (const auto message = queue.receive(1h)) {
          const std::lock_guard lock(mutex);
          received.insert(message->id);
        }
      });
    }
  }
  EXPECT_EQ(received.size(), 100u);
  EXPECT_EQ(std::set<std::string>(received.begin(), received.end()).size(), 100u);
}

// --- a queue of $LAB_SQS_URL ---

TEST(SqsQueue, RefusesAUrlThatIsNone) {
  for (const char* url :
       {"", "sqs", "http://127.0.0.1/a/b", "https://k:s@127.0.0.1:1/a/b",
        "http://k:s@sqs.example:1/a/b", "http://k:s@127.0.0.1:0/a/b"}) {
    EXPECT_THROW(SqsQueue{url}, std::invalid_argument) << url;
  }
}

TEST(SqsQueue, SaysWhatIsWrongWithTheAnswer) {
  std::string body;
  int status = 200;
  lab::http::Server server(
      [&](const auto&, const auto& reply) { reply({.status = status, .body = body}); });
  SqsQueue queue("http://k:s@127.0.0.1:" + std::to_string(server.port()) + "/a/b");
  for (const char* odd : {"no JSON", R"({"Messages": 1})", R"({"Messages": [1]})",
                          R"({"Messages": [{"Body": "x"}]})",
                          R"({"Messages": [{"Body": "x", "ReceiptHandle": 1,
                              "Attributes": {"ApproximateReceiveCount": "1"}}]})"}) {
    body = odd;
    EXPECT_THROW(queue.receive(1s), lab::Error) << odd;
  }
  status = 400;
  body = R"({"__type": "QueueDoesNotExist"})";
  EXPECT_THAT([&] { queue.send("x"); }, testing::ThrowsMessage<lab::Error>(
                                            testing::HasSubstr("QueueDoesNotExist")));
}

TEST(SqsQueue, SaysThatNobodyAnswers) {
  SqsQueue queue("http://k:s@127.0.0.1:1/a/b");
  EXPECT_THAT([&] { queue.send("x"); },
              testing::ThrowsMessage<lab::Error>(testing::HasSubstr("LAB_SQS_URL: ")));
}

}  // namespace
}  // namespace lab12
