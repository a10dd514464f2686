// The lab beside its twin in Node, on the same RabbitMQ; and Node's clients on the lab's own
// servers: grpc-js on its gRPC, kafkajs on librdkafka's mock cluster.
#include <gmock/gmock.h>

#include "lab/db/kafka.hpp"
#include "lab/db/rabbit_server.hpp"
#include "support/own_run.hpp"
#include "support/played.hpp"
#include "world/grpc_orders.hpp"
#include "world/visibility_queue.hpp"

namespace {

using namespace lab::test;
using namespace std::chrono_literals;

class NodeServices : public BesideNode {
 protected:
  NodeServices() : BesideNode("amqplib") {}

  const OwnRun run_;
};

TEST_F(NodeServices, SeeWhatTheLabSees) {
  const lab::RabbitServer rabbit;
  lab12::GrpcOrders grpc;
  ASSERT_EQ(grpc.place(1), 1);
  Rows node = twin("12_service_communication",
                   {.deadline = 60s,
                    .env = {{"LAB_AMQP_URL", rabbit.url()},
                            {"LAB_GRPC_PORT", std::to_string(grpc.port())}}});
  const Played lab =
      play("12_service_communication", {"--quick"}, {{"LAB_AMQP_URL", rabbit.url()}});
  ASSERT_EQ(lab.exit.code, 0) << lab.exit.err;
  const auto cell = [&](const char* table, std::size_t row, std::size_t column) {
    return lab.table(table).rows.at(row).at(column);
  };
  EXPECT_EQ(node["50 calls at once over HTTP/1.1, connections"],
            cell("50 calls at once", 0, 2));
  EXPECT_EQ(node["50 calls at once over gRPC, connections"],
            cell("50 calls at once", 1, 2));
  EXPECT_EQ(node["a gRPC call whose deadline passes"], "DEADLINE_EXCEEDED");
  EXPECT_EQ(node["a call to the lab's gRPC server"], "order-17 > true");
  EXPECT_EQ(node["100 confirmed orders without a consumer, waiting"], "100");
  EXPECT_EQ(node["the consumer came, orders that it got"], "100");
  EXPECT_EQ(node["killed before the acknowledgement, redelivered"],
            cell("One order, and a consumer that is killed", 2, 2));
  EXPECT_EQ(node["an order that always fails, tries before it is a dead letter"], "3");
  EXPECT_EQ(node["two events, copies for mail, stock and statistics"], "2 > 2 > 1");
}

// librdkafka's mock cluster speaks enough of Kafka's protocol for a client that is not its own.
TEST_F(NodeServices, ReadTheSameLogTwiceToo) {
  const lab::KafkaTopic topic;
  ASSERT_TRUE(topic.is_mock());
  Rows node =
      twin("12_service_communication", {.deadline = 60s,
                                        .env = {{"LAB_AMQP_URL", ""},
                                                {"LAB_KAFKA_BROKERS", topic.brokers()},
                                                {"LAB_KAFKA_TOPIC", topic.topic()}}});
  EXPECT_EQ(node["100 records, read by mail and by statistics"], "100 > 100");
}

class FauxSqs : public BesideNode {
 protected:
  FauxSqs() : BesideNode("fauxqs") {}

  const OwnRun run_;
};

TEST_F(FauxSqs, HidesAMessageAsTheModelDoes) {
  const NodeServer server({"12_sqs.mjs"});
  lab12::SqsQueue queue(server.url());
  EXPECT_FALSE(queue.receive(1h));
  const std::string odd = "spaces, \"quotes\",\nand ü";
  queue.send(odd);
  const auto first = queue.receive(0s);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->id, odd);
  EXPECT_EQ(first->attempt, 1);
  const auto second = queue.receive(1h);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->attempt, 2);
  EXPECT_FALSE(queue.receive(1h)) << "it is hidden";
  EXPECT_TRUE(queue.remove(*second));
}

TEST_F(FauxSqs, ServesTheLab) {
  const NodeServer server({"12_sqs.mjs"});
  for (const char* scene : {"visibility", "log"}) {
    const Played lab = play("12_service_communication", {"--quick", "--scene", scene},
                            {{"LAB_SQS_URL", server.url()}});
    EXPECT_EQ(lab.exit.code, 0) << lab.exit.err;
    EXPECT_TRUE(lab.failed.empty());
  }
}

}  // namespace
