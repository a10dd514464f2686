// grpc_orders.hpp: the order over gRPC. grpc++ is slow to compile, so only the .cpp sees it.
#pragma once

#include <cstdint>
#include <memory>

namespace lab12 {

// A server, and a client of it with one channel.
class GrpcOrders {
 public:
  GrpcOrders();
  ~GrpcOrders();

  std::uint16_t port() const;

  // Calls from so many threads; no reply comes before all calls have arrived. Answers how
  // many orders were accepted.
  int place(int together);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lab12
