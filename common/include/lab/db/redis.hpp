// redis.hpp: one connection to Redis that waits for each answer.
//
// Threads   None: one connection for each thread.
// Errors    Every failure throws lab::Error, in one line; an error that Redis answers too.
// Left out  TLS. On a loop: redis_link.hpp.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

struct redisContext;

namespace lab {

// Where a Redis is: redis://[user:password@]host[:port][/database], or unix:///path.
struct RedisAddress {
  std::string socket{};  // empty: over TCP
  std::string host{};
  int port = 6379;
  std::string user{};
  std::string password{};
  int database = 0;

  // Throws lab::Error, which does not repeat the text: there may be a password in it.
  static RedisAddress parse(const std::string& url);
};

class Redis {
 public:
  explicit Redis(const std::string& url,
                 std::chrono::milliseconds patience = std::chrono::seconds(5));

  // Its answer as text: a whole number in digits, nil as "", OK as "OK", an array as its
  // elements with a line end between them.
  std::string command(const std::vector<std::string>& words);

 private:
  std::unique_ptr<redisContext, void (*)(redisContext*)> context_;
};

}  // namespace lab
