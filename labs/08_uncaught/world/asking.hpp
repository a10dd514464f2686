// asking.hpp: the service's clients.
#pragma once

#include <cstdint>
#include <string>

#include "lab/net/loopback.hpp"
#include "lab/uv/uv.hpp"

namespace lab08 {

// The body of the reply; "lost" if the connection ended without one, "refused" if there
// was none. The loop runs meanwhile: on it, the supervisor goes on.
std::string ask(lab::uv::Loop& loop, std::uint16_t port, const std::string& target);

// An upload that has sent half of its body.
class Upload {
 public:
  explicit Upload(std::uint16_t port);
  void send_the_rest();
  std::string result();  // "done" or "lost"; waits for it, and then leaves

 private:
  lab::Descriptor socket_ = lab::loopback::socket();
};

}  // namespace lab08
