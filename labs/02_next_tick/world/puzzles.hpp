// puzzles.hpp: small programs whose order an interviewer asks for.
//
// Each queues its callbacks in an Environment; order_of() runs it. Those of node_puzzles()
// are in node.mjs too, by the same names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "world/environment.hpp"

namespace lab02 {

using Program = std::function<void(Environment&)>;

// "first > second > third". `observe` may set the environment's observers.
std::string order_of(const Program& program, Drain drain = Drain::after_each_callback,
                     const Program& observe = {});

// Two immediates; the first queues a tick and a promise, which queues a tick and a promise.
void two_immediates(Environment& node);

// Three callbacks of one phase, each with a tick: "1 > tick 1 > 2 > tick 2 > 3 > tick 3" if
// the ticks run between them.
void three_immediates(Environment& node);
void three_timeouts(Environment& node);

// In one callback of a phase: setImmediate first, nextTick second.
void tick_against_immediate_in_timers(Environment& node);
void tick_against_immediate_in_poll(Environment& node);
void tick_against_immediate_in_check(Environment& node);

struct IterationsBegun {
  std::uint64_t at_tick = 0;
  std::uint64_t at_immediate = 0;
};
// A script queues an immediate and a tick: how many iterations had begun when each ran.
IterationsBegun iterations_begun(Environment& node);

// In a callback of poll: a due timeout, a live handle that is closed, and an immediate.
void around_poll(Environment& node);
// The control: the immediate is run by an idle handle instead of a check handle.
void around_poll_by_idle(Environment& node);

// setTimeout(0) and setImmediate in a callback of poll, or in a script; both work for 3 ms.
void timeout_against_immediate_in_poll(Environment& node);
void timeout_against_immediate_in_script(Environment& node);

// One program as a script and as a module. Node loads a module before the loop starts
// since a late 22, and in a callback of poll until then.
void as_script(Environment& node);
void as_module_before_the_loop(Environment& node);
void as_module_in_poll(Environment& node);

// A constructor emits `ready`, but its caller can listen only once it has the object.
void emitted_at_once(Environment& node);
void emitted_by_tick(Environment& node);
void emitted_by_immediate(Environment& node);

struct Puzzle {
  std::string name;
  Program program;
};
// The last three are those of the program.
const std::vector<Puzzle>& node_puzzles();

}  // namespace lab02
