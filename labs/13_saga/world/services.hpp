// services.hpp: orders, payments and stock as processes: by commands, or by events.
//
// Lifetime  A process is killed and reaped when its Process goes, and dies with this one.
#pragma once

#include "lab/db/redis.hpp"
#include "lab/os/descriptor.hpp"
#include "world/shop.hpp"

namespace lab13 {

using namespace std::chrono_literals;

// Runs `work` in a fork of this process. REQUIRES: this process has one thread.
class Process {
 public:
  explicit Process(const std::function<void()>& work);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  bool killed();  // waits for its end: whether SIGKILL was the cause

 private:
  pid_t pid_;
  bool reaped_ = false;
};

// The points at which a crash could matter: the process kills itself at one of them.
struct Cut {
  int left;  // 0: never
  void operator()();
};

// What the network does to the first `times` requests for an action.
struct Fault {
  std::string action{};
  std::string loses{};  // "request", or "reply": then the action took effect
  int times = 1'000'000;
};

// The three services, which take commands over HTTP.
class Services {
 public:
  Services();

  // A lost answer is Outcome::unknown. `lane` draws the messages as its own.
  Send sender(Fault fault = {}, std::string lane = {}) const;

 private:
  void start(const std::string& name);

  std::map<std::string, std::unique_ptr<Process>> processes_;
  std::map<std::string, std::uint16_t> ports_;
};

// Events on a Redis stream: each group gets each of them until it acknowledges it.
class Events {
 public:
  Events(const std::string& url, std::string stream)
      : redis_(url), stream_(std::move(stream)) {}

  void publish(const Message& message, std::string_view lane = {});
  // Handles the next event, if there is one, and acknowledges it.
  bool handle(const std::string& group,
              const std::function<void(const std::string& id, const Message&,
                                       std::uint64_t flow)>& handler);
  int count() { return std::stoi(redis_.command({"XLEN", stream_})); }
  void remove() { redis_.command({"DEL", stream_}); }

 private:
  lab::Redis redis_;
  const std::string stream_;
};

// A service that reacts to events, for ever. At the cut it has committed what an event asked
// for, and has neither published that nor acknowledged the event.
void follow(const std::string& service, Events events, Cut cut);

}  // namespace lab13
