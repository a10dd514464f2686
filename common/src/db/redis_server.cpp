#include "lab/db/redis_server.hpp"

#include "db/service.hpp"
#include "lab/core/error.hpp"
#include "lab/core/program.hpp"
#include "lab/db/redis.hpp"

namespace lab {

using namespace std::chrono_literals;

namespace {

Child start(const std::filesystem::path& dir, const std::string& socket) try {
  return Child::run(
      {"redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
       "--save", "", "--appendonly", "no", "--dir", dir, "--logfile", dir / "log"},
      {.deadline = 24h, .capture = false});
} catch (const Error&) {
  throw Absent("redis-server is not installed: sudo apt install redis-server");
}

bool answers(const std::string& url) try {
  const Redis connection(url);
  return true;
} catch (const Error&) {
  return false;
}

}  // namespace

RedisServer::RedisServer() : url_(given_url("LAB_REDIS_URL")) {
  if (!url_.empty()) {
    try {
      const Redis connection(url_);
    } catch (const Error& error) {
      throw Error("LAB_REDIS_URL", error.what());
    }
    return;
  }
  const std::filesystem::path dir = service_dir("redis", "redis.sock");
  const std::string socket = dir / "redis.sock";
  url_ = "unix://" + socket;
  child_.emplace(start(dir, socket));
  wait_until_ready("redis-server", *child_, dir / "log",
                   [this] { return answers(url_); });
}

}  // namespace lab
