#include "starvation.hpp"

#include "environment.hpp"

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
  switch (requeue) {
    case Requeue::next_tick:
      return "nextTick";
    case Requeue::microtask:
      return "microtask";
    case Requeue::set_immediate:
      return "setImmediate";
    case Requeue::set_timeout:
      return "setTimeout 0";
  }
  return "";
}

// Step 5: the same chain four times; only the call that queues the next link differs.
Starvation starve(Requeue requeue, milliseconds hold,
                  const std::function<void(std::string_view)>& on_event) {
  Environment node;
  Starvation seen;
  bool going = true;
  int tail = kTail;
  const auto start = Clock::now();
  const auto passed = [start] {
    return std::chrono::ceil<milliseconds>(Clock::now() - start);
  };
  const auto came = [&](std::string_view what, bool& meanwhile, milliseconds& at) {
    meanwhile = going;
    at = passed();
    if (on_event) on_event(what);
  };
  const std::function<void()> link = [&] {
    ++seen.links;
    going = Clock::now() - start < hold || tail-- > 0;
    if (going) return queue(node, requeue, [&] { link(); });
    seen.turns = node.turns();
    if (on_event) on_event("chain ends");
  };
  node.script([&] {
    node.set_timeout("", static_cast<double>(kDue.count()),
                     [&] { came("timer", seen.timer_meanwhile, seen.timer_came); });
    node.on_ready("", [&] { came("byte", seen.byte_meanwhile, seen.byte_came); });
    link();
  });
  node.run();
  return seen;
}

}  // namespace lab02
