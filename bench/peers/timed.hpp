// timed.hpp: how a contestant in C++ measures itself and tells it; runner/peers_measure.hpp
// reads the line.
#pragma once

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>

namespace peers {

inline std::int64_t cpu_ns() {
  std::int64_t sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& part : {usage.ru_utime, usage.ru_stime}) {
      sum += part.tv_sec * 1'000'000'000LL + part.tv_usec * 1'000LL;
    }
  }
  return sum;
}

// Does `work(count)` once small, to warm up, and once whole. It answers what came out.
template <std::invocable<std::int64_t> Work>
void timed(std::int64_t count, Work work) {
  (void)work(count / 10 + 1);
  const auto began = std::chrono::steady_clock::now();
  const std::int64_t cpu = cpu_ns();
  const std::string check = work(count);
  const auto took = std::chrono::steady_clock::now() - began;
  fmt::print(R"({{"operations": {}, "ns": {}, "cpu_ns": {}, "check": "{}"}})"
             "\n",
             count, std::chrono::nanoseconds(took).count(), cpu_ns() - cpu, check);
}

}  // namespace peers
