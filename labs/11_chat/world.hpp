// world.hpp: the chat's processes, its Redis, and the crowd that talks to them.
//
//   this process: clients on one loop --+-- server A --+-- Redis
//                                       +-- server B --+
//
// Lifetime  A server is a child process: killed when its Process goes.
// Errors    A server that does not get ready, or a Redis that goes while a crowd waits for
//           something, throws lab::Error.
#pragma once

#include <signal.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "chat_client.hpp"
#include "chat_server.hpp"
#include "lab/process.hpp"
#include "lab/redis.hpp"
#include "lab/redis_server.hpp"

namespace lab11 {

// A scene's Redis: ours, or one that somebody else uses too. So all keys and channels have
// a prefix of their own; only our own connections are cut, only our own rooms forgotten.
class RedisPlace {
 public:
  RedisPlace();
  RedisPlace(const RedisPlace&) = delete;
  RedisPlace& operator=(const RedisPlace&) = delete;
  ~RedisPlace();

  const std::string& url() const { return server_.url(); }
  const std::string& prefix() const { return prefix_; }

  void check();                             // throws if it is gone
  long listeners(const std::string& room);  // servers that hear of it
  long publish(const std::string& room, const std::string& text);
  int cut(const std::string& part);  // our servers' connections of this name
  void forget();                     // as if the store had lost its memory

 private:
  std::string ask(const std::vector<std::string>& words);

  lab::RedisServer server_;
  lab::Redis connection_;
  std::string prefix_;
};

// How a server is started. It travels to the child as JSON.
struct Plan {
  std::string name = "A";
  std::string redis{};     // empty: this server is alone
  std::string prefix{};    // of all it keeps there
  std::string postgres{};  // empty: every name may come in
  bool resumes = true;
  std::size_t backlog = 1000;
  std::size_t outbox = 256 << 10;
  int send_buffer = 0;
  bool pages = false;
  bool strict = false;  // short limits for a handshake and a message (hostile)
};

inline Plan on(const RedisPlace& redis, Plan plan = {}) {
  plan.redis = redis.url();
  plan.prefix = redis.prefix();
  return plan;
}
inline Plan as_b(Plan plan) {
  plan.name = "B";
  return plan;
}

// A server that this program plays in a process of its own.
class Process {
 public:
  struct Started {
    lab::Child child;
    std::uint16_t port;
  };

  static Process server(const Plan& plan = {});  // role "server"
  static Process with_threads();  // role "threads": another way to serve, the control

  std::uint16_t port() const { return started_.port; }
  pid_t pid() const { return started_.child.pid(); }
  void kill() { started_.child.kill(SIGKILL); }
  int threads() const;

  Counts counts() const;
  void switch_relay(bool on) const;

 private:
  Process(Started started, std::string control);
  Counts tell(const std::string& command) const;

  std::string control_;
  Started started_;
};

// What such processes run: see Program::role. A server writes its port into the pipe.
int serve(std::span<const std::string> args);
int serve_with_threads(std::span<const std::string> args);

void allow_many_descriptors();  // as many as the system lets us

// Many clients on one loop.
class Crowd {
 public:
  explicit Crowd(RedisPlace* redis = nullptr) : redis_(redis) {}
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  ChatClient& add(ClientSettings settings);
  ChatClient& operator[](std::size_t i) { return *clients_[i]; }
  std::size_t size() const { return clients_.size(); }
  lab::websocket::Loop& loop() { return loop_; }

  // False if it did not come true in time.
  bool until(const std::function<bool()>& done,
             std::chrono::milliseconds deadline = std::chrono::seconds(10));
  bool all_joined();
  bool all_said();
  bool settled();  // all was said, and all of a room stand at the same message

  Verdict judge() const;  // from what they saw
  lab::Latency latency() const;

 private:
  RedisPlace* redis_;
  lab::websocket::Loop loop_;  // before the clients: it outlives them
  std::vector<std::unique_ptr<ChatClient>> clients_;
  std::vector<std::string> rooms_;
};

}  // namespace lab11
