// Lab 12's four ways to carry an order, beside Node's packages, to the same servers:
//   peers_12 NAME WHERE COUNT      32 calls at once; messages and records as they come
//   peers_12 serve FILE            the servers: it writes there how to reach them
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "lab/db/amqp.hpp"
#include "lab/db/kafka.hpp"
#include "lab/db/rabbit_server.hpp"
#include "lab/net/http_crowd.hpp"
#include "lab/os/run_dir.hpp"
#include "offer.hpp"
#include "orders.grpc.pb.h"
#include "timed.hpp"
#include "world/grpc_orders.hpp"
#include "world/service_chain.hpp"

namespace {

using namespace lab12;

constexpr int kAtOnce = 32;

void serve(const std::string& file) {
  lab::plan_run_dir();
  const lab::RabbitServer rabbit;
  const lab::KafkaTopic topic;
  GrpcOrders grpc;
  if (grpc.place(1) != 1) throw lab::Error("start gRPC", "it takes no order");
  const lab::http::Server http([](const auto&, auto reply) {
    reply({.body = R"({"id":"order-17","accepted":true})"});
  });
  peers::offer(file, {{"grpc", std::to_string(grpc.port())},
                      {"http", std::to_string(http.port())},
                      {"amqp", rabbit.url()},
                      {"kafka", topic.brokers()},
                      {"topic", topic.topic()}});
}

// Each of 32 calls starts the next one when it ends.
class GrpcLoad {
 public:
  explicit GrpcLoad(const std::string& port)
      : stub_(wire::Orders::NewStub(grpc::CreateChannel(
            "127.0.0.1:" + port, grpc::InsecureChannelCredentials()))) {}

  std::string run(std::int64_t count) {
    left_ = open_ = count;
    accepted_ = 0;
    for (int i = 0; i < kAtOnce; ++i) next();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return open_ == 0; });
    return fmt::format("{} accepted", accepted_);
  }

 private:
  struct Call {
    grpc::ClientContext context;
    wire::Order order;
    wire::Receipt receipt;
  };
  void next() {
    {
      const std::lock_guard lock(mutex_);
      if (left_ == 0) return;
      --left_;
    }
    auto call = std::make_shared<Call>();
    call->order.set_id("order-17");
    call->order.set_item("book");
    call->order.set_count(2);
    call->order.set_cents(1999);
    stub_->async()->Place(&call->context, &call->order, &call->receipt,
                          [this, call](const grpc::Status& status) {
                            {
                              const std::lock_guard lock(mutex_);
                              accepted_ += status.ok() && call->receipt.accepted();
                            }
                            next();
                            const std::lock_guard lock(mutex_);
                            if (--open_ == 0) done_.notify_all();
                          });
  }

  std::unique_ptr<wire::Orders::Stub> stub_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::int64_t left_ = 0, open_ = 0, accepted_ = 0;
};

void over_grpc(const std::string& where, std::int64_t count) {
  GrpcLoad load(where);
  peers::timed(count, [&](std::int64_t calls) { return load.run(calls); });
}

void over_http(const std::string& where, std::int64_t count) {
  lab::http::Crowd crowd(static_cast<std::uint16_t>(std::stoi(where)), kAtOnce);
  peers::timed(count, [&](std::int64_t calls) {
    std::int64_t accepted = 0;
    for (std::int64_t i = 0; i < calls; i += kAtOnce)
      accepted += crowd.send(order()).succeeded;
    return fmt::format("{} accepted", accepted);
  });
}

void over_amqp(const std::string& where, std::int64_t count) {
  lab::Amqp amqp(where);
  const std::string queue = "peers-" + std::to_string(getpid());
  amqp.declare(queue);
  peers::timed(count, [&](std::int64_t messages) {
    const std::string body = order().body;
    const int before = amqp.depth(queue);
    for (std::int64_t i = 0; i < messages; ++i) amqp.publish(queue, {body, "order-17"});
    amqp.wait_confirmed();
    return fmt::format("{} wait", amqp.depth(queue) - before);
  });
  amqp.remove(queue);
}

void over_kafka(const std::string& where, std::int64_t count) {
  setenv("LAB_KAFKA_BROKERS", where.c_str(), 1);
  lab::KafkaTopic topic;
  peers::timed(count, [&](std::int64_t records) {
    const std::string body = order().body;
    for (std::int64_t i = 0; i < records; ++i)
      topic.append("customer-" + std::to_string(i % 10), body);
    topic.flush();
    return fmt::format("{} appended", records);
  });
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "serve" && argc == 3) serve(argv[2]);
  if (argc != 4) throw std::invalid_argument("NAME WHERE COUNT");
  const std::int64_t count = std::stoll(argv[3]);
  if (name == "grpc") over_grpc(argv[2], count);
  if (name == "http") over_http(argv[2], count);
  if (name == "amqp") over_amqp(argv[2], count);
  if (name == "kafka") over_kafka(argv[2], count);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "peers_12: {}\n", error.what());
  return 1;
}
