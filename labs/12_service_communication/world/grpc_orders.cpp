#include "world/grpc_orders.hpp"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <list>
#include <mutex>
#include <vector>

#include "orders.grpc.pb.h"

namespace lab12 {

namespace {

struct Service final : wire::Orders::CallbackService {
  grpc::ServerUnaryReactor* Place(grpc::CallbackServerContext* context,
                                  const wire::Order* order,
                                  wire::Receipt* receipt) override {
    receipt->set_id(order->id());
    receipt->set_accepted(true);
    const std::lock_guard lock(mutex);
    held.push_back(context->DefaultReactor());
    auto* const reactor = held.back();
    if (held.size() < together) return reactor;
    for (auto* each : std::exchange(held, {})) each->Finish(grpc::Status::OK);
    return reactor;
  }
  std::atomic<std::size_t> together = 1;
  std::mutex mutex;
  std::vector<grpc::ServerUnaryReactor*> held;
};

struct Call {
  grpc::ClientContext context;
  wire::Order order;
  wire::Receipt receipt;
};

}  // namespace

struct GrpcOrders::Impl {
  Service service;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<wire::Orders::Stub> stub;
};

GrpcOrders::GrpcOrders() : impl_(std::make_unique<Impl>()) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &impl_->port);
  builder.RegisterService(&impl_->service);
  impl_->server = builder.BuildAndStart();
  const std::string address = "127.0.0.1:" + std::to_string(impl_->port);
  impl_->stub = wire::Orders::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
}

GrpcOrders::~GrpcOrders() {
  impl_->server->Shutdown(std::chrono::system_clock::now());
}

std::uint16_t GrpcOrders::port() const {
  return static_cast<std::uint16_t>(impl_->port);
}

int GrpcOrders::place(int together) {
  impl_->service.together = static_cast<std::size_t>(together);
  std::atomic<int> accepted = 0;
  std::latch ended(together);
  std::list<Call> calls(static_cast<std::size_t>(together));
  for (Call& call : calls) {
    // gRPC passes this on by itself, as the time that is left (grpc-timeout).
    call.context.set_deadline(std::chrono::system_clock::now() +
                              std::chrono::seconds(20));
    call.order.set_id("order-17");
    call.order.set_item("book");
    call.order.set_count(2);
    call.order.set_cents(1999);
    const auto on_end = [&](const grpc::Status& status) {
      if (status.ok() && call.receipt.accepted()) ++accepted;
      ended.count_down();
    };
    impl_->stub->async()->Place(&call.context, &call.order, &call.receipt, on_end);
  }
  ended.wait();
  return accepted;
}

}  // namespace lab12
