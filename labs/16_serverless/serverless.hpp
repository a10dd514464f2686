// serverless.hpp: a function host: instances come with events, and go without them.
//
//   none    -- event ------------------> starting -- GET next --> busy
//   busy    -- POST response, GET next -> frozen  -- event -----> busy
//   frozen  -- no event for `idle` -----> gone
//   busy    -- exits, or is too late ---> gone: its event is tried again, or a dead letter
//
// An instance is a process that asks for one event at a time, at the address that it finds in
// AWS_LAMBDA_RUNTIME_API. Whatever speaks that API can run here.
//
// Threads   One: the loop's. Callbacks run on it, and must not throw.
// Lifetime  Goes before its loop, from outside its callbacks; its instances die with it.
// Errors    A program that cannot be started fails its call, like one that exits. A peer
//           that breaks the API's rules gets a 400, and its call runs into the deadline.
// Source    AWS Lambda's Runtime API 2018-06-01, and Lambda's words.
// Limits    Frozen is SIGSTOP. Lambda freezes a virtual machine, and a cgroup's freezer would
//           hold an instance's children too. But what a cgroup v1 has frozen cannot even be
//           killed: a host that is killed would leave it behind.
// Left out  Isolation, provisioned instances, extensions, init/error, streamed responses.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <list>
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
  std::string folder{};  // where it starts; empty: where we are
};

struct HostOptions {
  int instances = 10;             // at most, at once: the function's reserved concurrency
  milliseconds idle{300'000};     // how long a frozen instance is kept
  milliseconds deadline{30'000};  // of a call, with the start of its instance
  int attempts = 3;               // of an event that nobody waits for
  milliseconds retry_after{50};   // doubled by each attempt
  bool freezes = true;            // false: instances run on between calls, as servers do
};

struct Result {
  int status;        // 200 done, 502 failed, 429 throttled
  std::string body;  // the function's response, or what went wrong
};

enum class State { starting, busy, frozen, gone };

class Host {
 public:
  using OnResult = std::function<void(Result)>;
  // Instances are numbered in the order in which they were started, from 1. The event is what
  // a busy one has been given, or what one that is gone died of.
  using OnState = std::function<void(int instance, pid_t pid, State,
                                     const std::string& event, lab::Where)>;

  // Impossible options are std::invalid_argument.
  Host(lab::uv::Loop& loop, Function function, HostOptions options = {},
       OnState on_state = {});
  ~Host();

  // A caller waits: one attempt. Throttled if all instances are busy and there may be no
  // further one. What fails at once calls on_result before this returns.
  void invoke(std::string event, OnResult on_result);

  // Nobody waits: the event is kept until it is done, or is a dead letter after its last
  // attempt. A function may see it twice: it may have died after its work.
  void deliver(std::string event);

  // The platform's scheduler: delivers the event every so often, whoever is frozen.
  void every(milliseconds period, std::string event);

  int instances() const { return static_cast<int>(instances_.size()); }
  int starts() const { return starts_; }  // so far: each of them was a cold start
  const std::vector<std::string>& dead_letters() const { return dead_letters_; }

 private:
  class Instance;
  struct Call {
    std::string event;
    OnResult on_result;  // empty: nobody waits
    int attempt = 1;
    std::string id{};
  };

  Instance* free_instance();
  void place_waiting();
  void failed(Call call, std::string why);

  lab::uv::Loop& loop_;
  const Function function_;
  const HostOptions options_;
  const OnState on_state_;
  int starts_ = 0;
  int calls_ = 0;
  std::deque<Call> waiting_;
  std::vector<std::string> dead_letters_;
  std::list<lab::uv::Timer> timers_;
  std::list<Instance> instances_;  // go first: they use the others
};

}  // namespace lab16
