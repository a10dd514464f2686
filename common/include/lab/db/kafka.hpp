// kafka.hpp: a topic of Kafka's for this run, written and read through librdkafka.
//
// The cluster that $LAB_KAFKA_BROKERS names; else librdkafka's own mock cluster, which
// speaks Kafka's protocol from inside this process, and keeps nothing on a disk.
//
// Threads   A topic may be appended to from any thread; a reader belongs to one.
// Errors    What the cluster refuses, and one that does not answer, throws lab::Error.
// Left out  Consumer groups, committed offsets, transactions, TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lab {

struct KafkaRecord {
  std::string key;
  std::string value;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

class KafkaTopic {
 public:
  KafkaTopic();  // a topic of its own
  ~KafkaTopic();

  bool is_mock() const;
  const std::string& brokers() const;
  const std::string& topic() const;
  void append(const std::string& key, const std::string& value);
  void flush();  // until the cluster has all of them

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads every partition from its beginning. It chooses its partitions itself (assign): to
// join a consumer group takes three seconds, and is another question.
class KafkaReader {
 public:
  explicit KafkaReader(const KafkaTopic& log);
  ~KafkaReader();

  // The next records: as many as that, or those that came in time.
  std::vector<KafkaRecord> read(std::size_t most, std::chrono::seconds patience);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lab
