// shop.hpp: the work that is profiled: the orders of a shop, and one function that is slow.
#pragma once

#include <chrono>
#include <cstdint>

namespace lab22 {

// So many steps of work take about this much CPU time on this machine.
int steps_in(std::chrono::microseconds cpu);

// Each function here is a real call with a name in the symbol table, neither inlined nor
// turned into a jump, as a compiler would do with functions this small.
std::uint64_t parse_rules(int steps);
std::uint64_t add_tax(int steps);
void ask_store(std::chrono::milliseconds delay);  // another thread replies

struct Shop {
  bool parses_once = false;  // the fix
  int orders = 0;
  std::uint64_t rules = 0;
  std::chrono::nanoseconds parsing{}, taxing{};  // CPU time, to compare a profile with
};

// One order: parses the discount rules (80 % of the work), then adds the tax (20 %).
void serve_order(Shop& shop);

// What an instrumented function keeps.
struct Stopwatch {
  std::chrono::nanoseconds spent{};
  int calls = 0;
};

// A third of some work in many short calls, two thirds in a long one. Each call is timed if
// there is a stopwatch.
void discount_lines(int lines, Stopwatch* watch);
void print_invoice(int lines, Stopwatch* watch);

}  // namespace lab22
