// puzzles.hpp: small programs whose order an interviewer asks for, on libuv.
//
// Each runs in an Environment of its own and answers "first > second > third". Those of
// node_puzzles() are in node.mjs too, by the same names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "environment.hpp"

namespace lab02 {

// Two immediates; the first queues a tick and a promise, which queues a tick and a promise.
void two_immediates(Environment& node);

// Three callbacks of one phase, each with a tick: "1 > tick 1 > 2 > tick 2 > 3 > tick 3" if
// it runs between them.
std::string three_immediates(Drain drain);
std::string three_timeouts(Drain drain);

// setImmediate first, nextTick second, in one callback of timers, poll or check.
enum class From { timers, poll, check };
std::string tick_against_immediate(From from, Drain drain);

struct TurnsBegun {
  std::uint64_t at_tick = 0;
  std::uint64_t at_immediate = 0;
};
// Both asked for before the loop runs: how many turns had begun when each ran.
TurnsBegun turns_begun();

// What setImmediate is driven by; Node's own is check.
enum class Driver { check, idle };
// In a callback of poll: a due timeout, an immediate, and a live handle that is closed.
std::string around_poll(Driver driver);

// setTimeout(0) and setImmediate in a callback of poll, or in a script; both work for 3 ms.
std::string timeout_against_immediate_in_poll();
std::string timeout_against_immediate_in_script();

// An immediate that queues one, and a tick that queues one.
std::string nested();

// One program (see real_node.cpp), as a script and as a module. Node has loaded modules
// before the loop starts since 22, and in a callback of poll until then.
std::string as_script();
std::string as_module_before_the_loop();
std::string as_module_in_poll();

// An object that says `ready` to whoever listens, while its caller can only listen once it
// has the object. `how` it says so is the puzzle.
enum class Emit { at_once, by_tick, by_immediate };
std::string late_listener(Emit how);

struct Puzzle {
  std::string name;
  std::string order;
};
// The last three are those of the program.
std::vector<Puzzle> node_puzzles();

}  // namespace lab02
