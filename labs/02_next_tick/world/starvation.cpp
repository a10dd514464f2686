#include "world/starvation.hpp"

#include <array>

#include "world/environment.hpp"

namespace lab02 {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void queue(Environment& node, Requeue requeue, const Job& job) {
  switch (requeue) {
    case Requeue::next_tick:
      return node.next_tick("", job);
    case Requeue::microtask:
      return node.microtask("", job);
    case Requeue::set_immediate:
      return node.set_immediate("", job);
    case Requeue::set_timeout:
      return node.set_timeout("", 0, job);
  }
}

}  // namespace

std::string_view name(Requeue requeue) {
  static constexpr std::array<std::string_view, 4> kNames = {
      "nextTick", "microtask", "setImmediate", "setTimeout 0"};
  return kNames[static_cast<std::size_t>(requeue)];
}

// Step 6: the same job four times. Only the call with which it reschedules itself differs.
Starvation starve(Requeue requeue, milliseconds hold,
                  const std::function<void(std::string_view)>& on_event) {
  Environment node;
  Starvation seen;
  bool going = true;
  int tail = kTail;
  const auto start = Clock::now();
  const auto tell = [&](std::string_view what) {
    if (on_event) on_event(what);
  };
  const std::function<void()> link = [&] {
    ++seen.links;
    going = Clock::now() - start < hold || tail-- > 0;
    if (going) return queue(node, requeue, [&] { link(); });
    seen.iterations = node.iterations();
    tell("chain ends");
  };
  node.script([&] {
    node.set_timeout("", static_cast<double>(kDue.count()), [&] {
      seen.timer_meanwhile = going;
      seen.timer_came = std::chrono::ceil<milliseconds>(Clock::now() - start);
      tell("timer");
    });
    node.on_ready("", [&] {
      seen.byte_meanwhile = going;
      tell("byte");
    });
    link();
  });
  node.run();
  return seen;
}

}  // namespace lab02
