#include "lab/db/kafka.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "lab/core/error.hpp"

namespace lab {

namespace {

constexpr int kPatience = 5'000;  // ms

using Client = std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)>;

// A reader that chose its partitions has no group to leave, and need not wait for that.
void destroy(rd_kafka_t* client) {
  rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void check(rd_kafka_resp_err_t error, const char* tried) {
  if (error) throw Error(tried, rd_kafka_err2str(error));
}

Client client(rd_kafka_type_t type,
              std::initializer_list<std::pair<const char*, std::string>> settings) {
  std::array<char, 256> why{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), why.data(), why.size())) {
      rd_kafka_conf_destroy(conf);
      throw Error("set up Kafka", why.data());
    }
  }
  Client made(rd_kafka_new(type, conf, why.data(), why.size()), destroy);
  if (made) return made;
  rd_kafka_conf_destroy(conf);
  throw Error("set up Kafka", why.data());
}

using Cluster =
    std::unique_ptr<rd_kafka_mock_cluster_t, void (*)(rd_kafka_mock_cluster_t*)>;

}  // namespace

struct KafkaTopic::Impl {
  std::string topic;
  std::string brokers;
  Client host{nullptr, destroy};  // the mock lives in it
  Cluster mock{nullptr, rd_kafka_mock_cluster_destroy};
  Client producer{nullptr, destroy};
};

KafkaTopic::KafkaTopic() : impl_(std::make_unique<Impl>()) {
  static int count = 0;
  impl_->topic = "lab-" + std::to_string(getpid()) + "-" + std::to_string(++count);
  if (const char* given = std::getenv("LAB_KAFKA_BROKERS"); given && *given) {
    impl_->brokers = given;
  } else {
    impl_->host = client(RD_KAFKA_PRODUCER, {});
    impl_->mock.reset(rd_kafka_mock_cluster_new(impl_->host.get(), 1));
    check(rd_kafka_mock_topic_create(impl_->mock.get(), impl_->topic.c_str(), 2, 1),
          "make a topic");
    impl_->brokers = rd_kafka_mock_cluster_bootstraps(impl_->mock.get());
  }
  // Idempotent: the producer's own retries neither double a record nor change the order.
  impl_->producer = client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", impl_->brokers},
                                               {"enable.idempotence", "true"},
                                               {"message.timeout.ms", "10000"}});
  if (impl_->mock) return;
  const rd_kafka_metadata_t* about = nullptr;
  check(rd_kafka_metadata(impl_->producer.get(), 0, nullptr, &about, kPatience),
        "LAB_KAFKA_BROKERS");
  rd_kafka_metadata_destroy(about);
}

KafkaTopic::~KafkaTopic() = default;

bool KafkaTopic::is_mock() const {
  return impl_->mock != nullptr;
}

const std::string& KafkaTopic::brokers() const {
  return impl_->brokers;
}

const std::string& KafkaTopic::topic() const {
  return impl_->topic;
}

void KafkaTopic::append(const std::string& key, const std::string& value) {
  // As an array: the macros for arguments are no standard C++.
  std::array<rd_kafka_vu_t, 4> what{};
  what[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  what[0].u.cstr = impl_->topic.c_str();
  what[1].vtype = RD_KAFKA_VTYPE_KEY;
  what[1].u.mem = {const_cast<char*>(key.data()), key.size()};
  what[2].vtype = RD_KAFKA_VTYPE_VALUE;
  what[2].u.mem = {const_cast<char*>(value.data()), value.size()};
  what[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  what[3].u.i = RD_KAFKA_MSG_F_COPY;
  const std::unique_ptr<rd_kafka_error_t, void (*)(rd_kafka_error_t*)> error(
      rd_kafka_produceva(impl_->producer.get(), what.data(), what.size()),
      rd_kafka_error_destroy);
  if (error) throw Error("append to the log", rd_kafka_error_string(error.get()));
}

void KafkaTopic::flush() {
  check(rd_kafka_flush(impl_->producer.get(), kPatience), "flush the log");
}

struct KafkaReader::Impl {
  explicit Impl(Client made) : consumer(std::move(made)) {}
  Client consumer;
};

KafkaReader::KafkaReader(const KafkaTopic& log)
    : impl_(std::make_unique<Impl>(
          client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", log.brokers()},
                                     {"group.id", log.topic() + "-reader"},
                                     {"enable.auto.commit", "false"}}))) {
  rd_kafka_t* const consumer = impl_->consumer.get();
  check(rd_kafka_poll_set_consumer(consumer), "read the log");
  rd_kafka_topic_t* const topic =
      rd_kafka_topic_new(consumer, log.topic().c_str(), nullptr);
  const rd_kafka_metadata_t* about = nullptr;
  const auto error = rd_kafka_metadata(consumer, 0, topic, &about, kPatience);
  rd_kafka_topic_destroy(topic);
  check(error, "ask for the partitions");
  const int partitions = about->topic_cnt ? about->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(about);
  const std::unique_ptr<rd_kafka_topic_partition_list_t,
                        void (*)(rd_kafka_topic_partition_list_t*)>
      all(rd_kafka_topic_partition_list_new(partitions),
          rd_kafka_topic_partition_list_destroy);
  for (int partition = 0; partition < partitions; ++partition) {
    rd_kafka_topic_partition_list_add(all.get(), log.topic().c_str(), partition)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
  }
  check(rd_kafka_assign(consumer, all.get()), "choose the partitions");
}

KafkaReader::~KafkaReader() = default;

std::vector<KafkaRecord> KafkaReader::read(std::size_t most,
                                           std::chrono::seconds patience) {
  std::vector<KafkaRecord> records;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (records.size() < most && std::chrono::steady_clock::now() < deadline) {
    const std::unique_ptr<rd_kafka_message_t, void (*)(rd_kafka_message_t*)> message(
        rd_kafka_consumer_poll(impl_->consumer.get(), 50), rd_kafka_message_destroy);
    if (!message) continue;
    check(message->err, "read the log");
    const auto text = [](const void* bytes, std::size_t size) {
      return std::string(static_cast<const char*>(bytes), size);
    };
    records.push_back({text(message->key, message->key_len),
                       text(message->payload, message->len), message->partition,
                       message->offset});
  }
  return records;
}

}  // namespace lab
