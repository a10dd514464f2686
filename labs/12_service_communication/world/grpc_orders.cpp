#include "world/grpc_orders.hpp"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <barrier>
#include <optional>
#include <thread>
#include <vector>

#include "orders.grpc.pb.h"

namespace lab12 {

struct GrpcOrders::Impl final : wire::Orders::Service {
  Impl() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server = builder.BuildAndStart();
    stub = wire::Orders::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                                     grpc::InsecureChannelCredentials()));
  }
  grpc::Status Place(grpc::ServerContext*, const wire::Order* order,
                     wire::Receipt* receipt) override {
    all_here->arrive_and_wait();
    receipt->set_id(order->id());
    receipt->set_accepted(true);
    return grpc::Status::OK;
  }
  std::optional<std::barrier<>> all_here;
  int port = 0;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<wire::Orders::Stub> stub;
};

GrpcOrders::GrpcOrders() : impl_(std::make_unique<Impl>()) {
}
GrpcOrders::~GrpcOrders() = default;

std::uint16_t GrpcOrders::port() const {
  return static_cast<std::uint16_t>(impl_->port);
}

int GrpcOrders::place(int together) {
  impl_->all_here.emplace(together);
  std::atomic<int> accepted = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < together; ++i) {
    callers.emplace_back([&] {
      grpc::ClientContext context;  // its deadline is passed on as grpc-timeout
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
      wire::Order order;
      order.set_id("order-17");
      order.set_item("book");
      order.set_count(2);
      order.set_cents(1999);
      wire::Receipt receipt;
      if (impl_->stub->Place(&context, order, &receipt).ok() && receipt.accepted())
        ++accepted;
    });
  }
  callers.clear();
  return accepted;
}

}  // namespace lab12
