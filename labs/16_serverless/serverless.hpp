// serverless.hpp: a function host: instances come with events, and go without them.
//
//   none     -- event ------------------> starting -- GET next --> busy
//   busy     -- POST response, GET next -> frozen  -- event -----> busy
//   frozen   -- no event for `idle` -----> gone
//   any      -- exits, or is too late ---> gone: its event is tried again, or is a dead letter
//
// An instance is a process of its own that asks for one event at a time. It finds the address
// of its own Runtime API in AWS_LAMBDA_RUNTIME_API; whatever speaks that API can run here.
//
// Threads   One: the loop's. Callbacks run on it, and must not throw.
// Lifetime  Goes before its loop, from outside its callbacks; its instances die with it.
// Errors    A program that cannot be started fails its call, like one that exits. A peer that
//           does not keep to the API gets a 4xx; what it has taken then runs into the deadline.
// Source    AWS Lambda's Runtime API 2018-06-01, and Lambda's words: throttled, dead letter.
// Limits    Frozen is SIGSTOP. Lambda freezes a whole virtual machine, and a cgroup's freezer
//           would hold an instance's children too. But in a cgroup v1 a frozen process cannot
//           even be killed, so a host that is killed would leave it behind.
// Left out  Isolation, provisioned instances, extensions, streamed responses, partial batches.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lab/core/where.hpp"
#include "lab/uv/uv.hpp"

namespace lab16 {

using std::chrono::milliseconds;

// Step 1: what is deployed. A program, not a server: nothing of it runs yet.
struct Function {
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> env{};
};

struct HostOptions {
  int instances = 10;          // at once at most: the function's reserved concurrency
  milliseconds idle{300'000};  // how long a frozen instance is kept
  milliseconds deadline{
      3'000};        // of a call, with the start of its instance if it needs one
  int attempts = 3;  // of an event that nobody waits for
  milliseconds retry_after{50};  // doubled by each attempt
  bool freezes = true;           // false: instances run on between calls, as servers do
};

struct Result {
  enum class Outcome : std::uint8_t { done, failed, throttled };
  Outcome outcome = Outcome::done;
  std::string body{};  // the function's response, or what went wrong
};

enum class State : std::uint8_t { starting, busy, frozen, gone };

struct HostObservers {
  // `instance` counts from 1 in the order in which they were started.
  std::function<void(int instance, pid_t pid, State, lab::Where)> on_state{};
  std::function<void(int instance, const std::string& event, lab::Where)> on_call{};
  std::function<void(const std::string& event, lab::Where)> on_dead_letter{};
};

class Host {
 public:
  using OnResult = std::function<void(Result)>;

  // Impossible options are std::invalid_argument.
  Host(lab::uv::Loop& loop, Function function, HostOptions options = {},
       HostObservers observers = {});
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  // A caller waits: one attempt. Throttled at once if every instance is busy and there may
  // be no further one; then on_result is called before this returns.
  void invoke(std::string event, OnResult on_result);

  // Nobody waits: the event stays until it is done, or is a dead letter after the last
  // attempt. A function may see it twice: it may have died after its work.
  void deliver(std::string event);

  // The platform's scheduler: delivers the event again and again, frozen instances or not.
  void every(milliseconds period, std::string event);

  int instances() const { return static_cast<int>(instances_.size()); }
  int starts() const { return starts_; }  // so far: each of them was a cold start
  const std::vector<std::string>& dead_letters() const { return dead_letters_; }

 private:
  class Instance;
  struct Call {
    std::string event;
    OnResult on_result{};  // empty: nobody waits
    int attempt = 1;
    std::string id{};
  };

  Instance* free_instance();
  void place_waiting();
  void start_for(Call& call);
  void failed(Call call, std::string why);
  void remove(Instance& instance);
  void later(milliseconds delay, std::function<void()> what);

  lab::uv::Loop& loop_;
  const Function function_;
  const HostOptions options_;
  const HostObservers observers_;
  int starts_ = 0;
  std::uint64_t calls_ = 0;
  std::deque<Call> waiting_;
  std::vector<std::string> dead_letters_;
  std::list<lab::uv::Timer> timers_;
  std::list<std::unique_ptr<Instance>> instances_;  // first to go: they use the others
};

}  // namespace lab16
