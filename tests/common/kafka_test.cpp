// A topic of Kafka's, on librdkafka's own mock cluster: real protocol, no broker to install.
#include "lab/db/kafka.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <map>

#include "lab/core/error.hpp"
#include "lab/net/loopback.hpp"
#include "lab/net/traffic.hpp"

namespace {

using namespace std::chrono_literals;

void fill(lab::KafkaTopic& topic, int records) {
  for (int i = 0; i < records; ++i)
    topic.append("customer " + std::to_string(i % 7), std::to_string(i));
  topic.flush();
}

TEST(Kafka, EveryReaderReadsEverything) {
  lab::KafkaTopic topic;
  ASSERT_TRUE(topic.is_mock());
  fill(topic, 100);
  for (int reader = 0; reader < 2; ++reader)
    EXPECT_EQ(lab::KafkaReader(topic).read(100, 20s).size(), 100u);
}

TEST(Kafka, KeepsTheOrderOfAKeyAndOfAPartition) {
  lab::KafkaTopic topic;
  fill(topic, 100);
  std::map<std::string, int> last;
  std::map<int, std::int64_t> offsets;
  for (const auto& record : lab::KafkaReader(topic).read(100, 20s)) {
    const auto [at, is_new] = last.try_emplace(record.key, -1);
    EXPECT_LT(at->second, std::stoi(record.value));
    at->second = std::stoi(record.value);
    EXPECT_EQ(record.offset, offsets[record.partition]++);
  }
  EXPECT_EQ(last.size(), 7u);
  EXPECT_EQ(offsets.size(), 2u) << "both partitions were used";
}

TEST(Kafka, AReaderGoesOnWhereItStood) {
  lab::KafkaTopic topic;
  fill(topic, 10);
  lab::KafkaReader reader(topic);
  EXPECT_EQ(reader.read(4, 20s).size(), 4u);
  EXPECT_EQ(reader.read(6, 20s).size(), 6u);
  EXPECT_EQ(reader.read(1, 1s).size(), 0u);
  fill(topic, 3);
  EXPECT_EQ(reader.read(3, 20s).size(), 3u);
}

TEST(Kafka, TwoTopicsAreTwo) {
  lab::KafkaTopic one, two;
  fill(one, 5);
  fill(two, 1);
  lab::KafkaReader reader(two);
  EXPECT_EQ(reader.read(1, 20s).size(), 1u);
  EXPECT_EQ(reader.read(1, 1s).size(), 0u);
}

TEST(Kafka, TakesTheClusterThatItIsGiven) {
  const lab::KafkaTopic own;
  setenv("LAB_KAFKA_BROKERS", own.brokers().c_str(), 1);
  lab::KafkaTopic given;
  EXPECT_FALSE(given.is_mock());
  fill(given, 10);  // the cluster makes a topic that is not there
  EXPECT_EQ(lab::KafkaReader(given).read(10, 20s).size(), 10u);
  unsetenv("LAB_KAFKA_BROKERS");
}

TEST(Kafka, SaysThatNobodyAnswersAtAGivenAddress) {
  setenv("LAB_KAFKA_BROKERS", "127.0.0.1:1", 1);
  try {
    const lab::KafkaTopic topic;
    ADD_FAILURE() << "somebody answered";
  } catch (const lab::Error& error) {
    EXPECT_THAT(error.what(), testing::StartsWith("LAB_KAFKA_BROKERS: "));
  }
  unsetenv("LAB_KAFKA_BROKERS");
}

TEST(Traffic, CountsTheConnectionsToOnePortAndTheirBytes) {
  const lab::Descriptor listener = lab::loopback::listen();
  const auto port = lab::loopback::port_of(listener);
  EXPECT_EQ(lab::traffic_to(port).connections, 0);
  const lab::Descriptor one = lab::loopback::socket(), two = lab::loopback::socket();
  lab::loopback::connect(one, port);
  lab::loopback::connect(two, port);
  ASSERT_EQ(send(one.get(), "seven b", 7, 0), 7);
  const lab::Descriptor peer(accept(listener.get(), nullptr, nullptr));
  char bytes[7];
  ASSERT_EQ(recv(peer.get(), bytes, 7, MSG_WAITALL), 7);
  ASSERT_EQ(send(peer.get(), "abc", 3, 0), 3);
  ASSERT_EQ(recv(one.get(), bytes, 3, MSG_WAITALL), 3);
  const lab::Traffic traffic = lab::traffic_to(port);
  EXPECT_EQ(traffic.connections, 2);
  EXPECT_EQ(traffic.sent, 7u);
  EXPECT_EQ(traffic.received, 3u);
}

}  // namespace
