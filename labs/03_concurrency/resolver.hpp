// resolver.hpp: DNS without the pool: c-ares asks a name server over UDP, on the loop.
//
//   resolve(name) --> c-ares --> a datagram --> a name server --> a datagram --> done()
//                                  \-- lost: repeated        \-- truncated: asked by TCP
//
// Threads   Use it on the loop's thread.
// Errors    done() receives 0, or a negative status if no address came. It is never called
//           before resolve() returns.
// Lifetime  Destroying the Resolver ends its open questions with an error; not from inside
//           done().
// Limits    A question is repeated three times, each time after more than its patience.
// Source    c-ares' documentation of ares_query and its socket callback. Node's
//           dns.resolve*() uses the same library.
// Left out  Everything but IPv4 addresses.
#pragma once

#include <ares.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "concurrency.hpp"

namespace lab03 {

class Resolver {
 public:
  // Of a name server on 127.0.0.1, which is asked again if it is silent for so long.
  Resolver(Loop& loop, std::uint16_t server_port,
           std::chrono::milliseconds patience = std::chrono::seconds(5));
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  void resolve(const std::string& name, Done done);

 private:
  struct Question;
  static void answered(void* question, int status, int, unsigned char* bytes, int size);
  void watch(int fd, bool readable, bool writable);
  void end_early();

  Loop& loop_;
  const std::chrono::milliseconds tick_;
  ares_channel channel_ = nullptr;
  std::map<int, lab::uv::Poll> polls_;  // c-ares' sockets
  lab::uv::Timer retry_;                // runs while there are any
  lab::uv::Timer soon_;
  std::vector<std::unique_ptr<Question>> early_;  // ended before resolve() had returned
};

}  // namespace lab03
