// grpc_orders.hpp: the order over gRPC. grpc++ is slow to compile, so only the .cpp sees it.
#pragma once

#include <cstdint>
#include <memory>

namespace lab12 {

// A server and a client of it, each with the threads that grpc++ gives it.
class GrpcOrders {
 public:
  GrpcOrders();
  ~GrpcOrders();

  std::uint16_t port() const;

  // Starts so many calls; the server holds its replies until all of them have arrived.
  // Answers how many were accepted.
  int place(int together);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lab12
