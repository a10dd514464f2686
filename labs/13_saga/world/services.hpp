// services.hpp: orders, payments and stock as processes that hear each other over Redis.
//
// Lifetime  A process is killed and reaped when its Process goes, and dies with this one.
#pragma once

#include <csignal>
#include <cstdint>

#include "lab/db/redis.hpp"
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
  void operator()() {
    if (--left == 0) raise(SIGKILL);
  }
};

// A Redis stream of this run's own. REQUIRES: the lab's first process makes the first one.
class Bus {
 public:
  struct Arrived : Message {
    std::string id{};  // empty: nothing came for a while
    std::uint64_t flow = 0;
  };

  explicit Bus(const std::string& name);
  void open(const std::string& service) {
    redis_.command({"XGROUP", "CREATE", stream_, service, "0", "MKSTREAM"});
  }

  std::string publish(const Message& message, std::string_view lane = {});  // its id
  Arrived after(const std::string& id) { return read({"XREAD"}, id); }
  // The next one for this service: first what it was given and did not acknowledge.
  Arrived next(const std::string& service);
  void acknowledge(const std::string& service, const Arrived& arrived) {
    redis_.command({"XACK", stream_, service, arrived.id});
  }
  int count() { return std::stoi(redis_.command({"XLEN", stream_})); }
  void remove() { redis_.command({"DEL", stream_}); }

 private:
  Arrived read(std::vector<std::string> command, const std::string& from);

  std::string stream_;
  lab::Redis redis_;
};

// What the network does to the first `times` commands of an action.
struct Fault {
  std::string action{};
  bool loses_command = false;  // else the reply, so that the action took effect
  int times = 1'000'000;
};

class Services {
 public:
  // By rules: each reacts to the others' events. Else all obey commands.
  explicit Services(std::string name, bool by_rules = false);
  ~Services() {
    processes_.clear();
    Bus(bus_).remove();
  }

  Process& start(const std::string& service, Cut cut = {0});
  void start_all() {
    for (const std::string& service : kServices) start(service);
  }

  // Sends commands; without a reply the outcome is unknown. `lane` draws the messages.
  Send sender(Fault fault = {}, std::string lane = {}) const;

 private:
  const std::string bus_;
  const bool by_rules_;
  std::map<std::string, std::unique_ptr<Process>> processes_;
};

}  // namespace lab13
