// operations.hpp: calls that a scene has started on one loop, and what became of each.
//
// Lifetime  Must outlive the loop: a callback that is still to come writes here.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <list>
#include <set>
#include <string>
#include <string_view>

#include "concurrency.hpp"
#include "lab/os/proc.hpp"

namespace lab03 {

struct Operation {
  std::string name;
  std::chrono::nanoseconds call_took{};  // until the call that started it returned
  bool done_in_call = false;             // its callback came before the call returned
  bool done = false;
  int status = 0;
  int thread = 0;  // the thread that ran its callback
};

class Operations {
 public:
  std::function<void(const Operation&)> on_start, on_done;

  // `start` makes the asynchronous call and hands on what shall be called back.
  void start(std::string name, const std::function<void(Done)>& start) {
    Operation& one = all_.emplace_back(Operation{.name = std::move(name)});
    if (on_start) on_start(one);
    const auto before = std::chrono::steady_clock::now();
    start([this, &one](int status) {
      one.done = true;
      one.status = status;
      one.thread = lab::thread_id();
      if (on_done) on_done(one);
    });
    one.call_took = std::chrono::steady_clock::now() - before;
    one.done_in_call = one.done;
  }

  const std::list<Operation>& all() const { return all_; }
  bool all_done() const { return std::ranges::all_of(all_, &Operation::done); }
  bool done(std::string_view name) const {
    const auto found = std::ranges::find(all_, name, &Operation::name);
    return found != all_.end() && found->done;
  }
  std::set<int> callback_threads() const {
    std::set<int> threads;
    for (const Operation& one : all_)
      if (one.done) threads.insert(one.thread);
    return threads;
  }

 private:
  std::list<Operation> all_;
};

// Runs the loop until `so` is true; false if it is not within ten seconds.
inline bool run_until(Loop& loop, const std::function<bool()>& so) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  const auto look = [&] {
    if (so() || std::chrono::steady_clock::now() > deadline) loop.stop();
  };
  lab::uv::Timer timer(loop);
  timer.start(0ms, look, 1ms);
  loop.run();
  return so();
}

}  // namespace lab03
