// shop.hpp: the work that is profiled: the orders of a shop, and one function that is slow.
#pragma once

#include <chrono>
#include <cstdint>

namespace lab22 {

// So many steps of work take about this much CPU time on this machine.
int steps_in(std::chrono::microseconds cpu);

// Each of these is a real call with a name in the symbol table, neither inlined nor turned
// into a jump, as a compiler would do with functions this small.
std::uint64_t parse_rules(int steps);
std::uint64_t add_tax(int steps);
void ask_store(std::chrono::milliseconds delay);  // the reply comes from another thread

struct Shop {
  bool parses_once = false;  // the fix
  int orders = 0;
  std::uint64_t rules = 0;
  std::chrono::nanoseconds parsing{}, taxing{};  // CPU time, to compare a profile with
};

// One order of about 25 ms: parses the discount rules (80 %), then adds the tax (20 %).
void serve_order(Shop& shop);

// An instrumented function: a stopwatch around each call.
struct Stopwatch {
  std::chrono::nanoseconds spent{};
  std::uint64_t calls = 0;
};

// The same steps, in many short calls and in one long call. Without a stopwatch they are
// not instrumented.
void discount_lines(int lines, Stopwatch* watch);
void print_invoice(int lines, Stopwatch* watch);

}  // namespace lab22
