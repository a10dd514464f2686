#include "world/shop.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "lab/os/proc.hpp"

namespace lab22 {

namespace {

// Each step needs the one before, so that no compiler and no CPU does two at a time.
[[gnu::always_inline]] inline std::uint64_t work(int steps, std::uint64_t seed) {
  for (int i = 0; i < steps; ++i) seed = (seed ^ (seed >> 29)) * 0x9E3779B97F4A7C15u;
  return seed;
}

constexpr int kStepsOfALine = 3;
std::atomic<std::uint64_t> sink = 0;  // so that the work is not left out

void timed(Stopwatch* watch, auto call) {
  if (!watch) return call();
  const auto begin = std::chrono::steady_clock::now();
  call();
  watch->spent += std::chrono::steady_clock::now() - begin;
  ++watch->calls;
}

}  // namespace

int steps_in(std::chrono::microseconds cpu) {
  static const double steps_per_us = [] {
    constexpr int kSteps = 200'000;
    auto least = std::chrono::nanoseconds::max();
    for (int i = 0; i < 5; ++i) {
      const auto begin = lab::thread_cpu_time();
      sink = work(kSteps, sink);
      least = std::min(least, lab::thread_cpu_time() - begin);
    }
    return kSteps * 1e3 / static_cast<double>(least.count());
  }();
  return static_cast<int>(steps_per_us * static_cast<double>(cpu.count()));
}

[[gnu::noinline]] std::uint64_t parse_rules(int steps) {
  return sink = work(steps, sink);
}

[[gnu::noinline]] std::uint64_t add_tax(int steps) {
  return sink = work(steps, sink + 1);
}

[[gnu::noinline]] void ask_store(std::chrono::milliseconds delay) {
  std::async(std::launch::async, [delay] { std::this_thread::sleep_for(delay); }).get();
}

[[gnu::noinline]] void serve_order(Shop& shop) {
  // Orders differ in length, or they would beat in time with the sampling.
  const int part = steps_in(std::chrono::microseconds(3000 + 613 * (shop.orders % 7)));
  const auto begin = lab::thread_cpu_time();
  if (!shop.parses_once || shop.orders == 0) shop.rules = parse_rules(4 * part);
  const auto parsed = lab::thread_cpu_time();
  sink = shop.rules + add_tax(part);
  shop.parsing += parsed - begin;
  shop.taxing += lab::thread_cpu_time() - parsed;
  ++shop.orders;
}

[[gnu::noinline]] std::uint64_t discount_line(std::uint64_t line) {
  return work(kStepsOfALine, line);
}

[[gnu::noinline]] void discount_lines(int lines, Stopwatch* watch) {
  std::uint64_t line = sink;
  for (int i = 0; i < lines; ++i) timed(watch, [&] { line = discount_line(line); });
  sink = line;
}

[[gnu::noinline]] void print_invoice(int lines, Stopwatch* watch) {
  timed(watch, [&] { sink = work(2 * kStepsOfALine * lines, sink); });
}

}  // namespace lab22
