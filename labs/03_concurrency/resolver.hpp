// resolver.hpp: DNS without the pool: c-ares asks over UDP, on the loop.
//
//   resolve(name) --> c-ares --> a datagram --> NameServer --> a datagram --> done()
//
// Threads   The loop's only.
// Errors    done() is told 0, or a negative number if no address came.
// Lifetime  Destroying the Resolver ends what it was asked: done() is told so.
// Source    c-ares' documentation of ares_query and its socket callback; RFC 1035, section
//           4 for the datagrams. Node's dns.resolve*() is made of the same library.
// Left out  Everything but addresses of IPv4.
#pragma once

#include <ares.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "async.hpp"
#include "lab/descriptor.hpp"

namespace lab03 {

// The answer "10.1.2.3" to a query for one name; nothing to anything else.
std::optional<std::string> answer_to(std::string_view query);

// A name server of our own, on loopback.
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

class Resolver {
 public:
  Resolver(Loop& loop, std::uint16_t server_port);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  void resolve(const std::string& name, Done done);

 private:
  void watch(int fd, bool readable, bool writable);
  void process(int readable, int writable);

  Loop& loop_;
  ares_channel channel_ = nullptr;
  std::map<int, lab::uv::Poll> polls_;  // c-ares' sockets
  lab::uv::Timer timeout_;
};

}  // namespace lab03
