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

// CPU time of all threads of this process, and of the children it waited for.
inline std::int64_t own_cpu_ns() {
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

struct Told {
  std::int64_t operations = 0;
  std::int64_t ns = 0;
  std::int64_t cpu_ns = 0;
  std::string check{};
  std::int64_t p99_ns = 0;  // 0: not told
};

inline void tell(const Told& told) {
  fmt::print(R"({{"operations": {}, "ns": {}, "cpu_ns": {}, "check": "{}")",
             told.operations, told.ns, told.cpu_ns, told.check);
  if (told.p99_ns > 0) fmt::print(R"(, "p99_ns": {})", told.p99_ns);
  fmt::print("}}\n");
}

struct Nothing {
  std::string operator()() const { return {}; }
};
struct NotTold {
  std::chrono::nanoseconds operator()() const { return {}; }
};

// Does `work(count)` once small, to warm up, and once whole. It answers what came out, to
// which `look` may add, out of time. Whose CPU time counts, `cpu_ns` says, and how slow the
// slowest hundredth was, `p99`.
template <std::invocable<std::int64_t> Work, std::invocable Cpu = std::int64_t (*)(),
          std::invocable Look = Nothing, std::invocable P99 = NotTold>
void timed(std::int64_t count, Work work, Cpu cpu_ns = own_cpu_ns, Look look = {},
           P99 p99 = {}) {
  (void)work(count / 10 + 1);
  const auto began = std::chrono::steady_clock::now();
  const std::int64_t cpu = cpu_ns();
  const std::string check = work(count);
  const std::int64_t cpu_after = cpu_ns();
  const auto took = std::chrono::steady_clock::now() - began;
  tell({.operations = count,
        .ns = std::chrono::nanoseconds(took).count(),
        .cpu_ns = cpu_after - cpu,
        .check = check + look(),
        .p99_ns = std::chrono::nanoseconds(p99()).count()});
}

}  // namespace peers
