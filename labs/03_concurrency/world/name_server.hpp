// name_server.hpp: a name server of the lab's own, on loopback: every name is 10.1.2.3.
//
// Source    RFC 1035, section 4. Anything but a query for one name gets no answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "concurrency.hpp"
#include "lab/os/descriptor.hpp"

namespace lab03 {

// The datagram that answers this one, if it is a query for one name.
std::optional<std::string> answer_to(std::string_view query);

class NameServer {
 public:
  explicit NameServer(Loop& loop);
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  void answer();

  lab::Descriptor socket_;
  std::uint16_t port_;
  lab::uv::Poll poll_;
};

}  // namespace lab03
