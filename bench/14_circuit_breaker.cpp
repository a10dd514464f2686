// What a breaker adds to a call that costs nothing itself.
//
//   build/release/bench/14_circuit_breaker
//   node labs/14_circuit_breaker/node.mjs --bench    opossum, on the same machine
#include <benchmark/benchmark.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "circuit_breaker.hpp"
#include "second_thread.hpp"

namespace {

using namespace lab14;
using namespace std::chrono_literals;

const SecondThread second_thread;

[[gnu::noinline]] bool service() {
  bool healthy = true;
  benchmark::DoNotOptimize(healthy);
  return healthy;
}

void guarded_call(CircuitBreaker& breaker) {
  if (auto permit = breaker.try_call()) {
    permit->report(service() ? Outcome::success : Outcome::failure);
  }
}

void run(benchmark::State& state, CircuitBreaker& breaker) {
  for (auto _ : state) guarded_call(breaker);
}

void open(CircuitBreaker& breaker) {
  while (breaker.state() != State::open) {
    if (auto permit = breaker.try_call()) permit->report(Outcome::failure);
  }
}

void BM_Bare_Call(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(service());
}
BENCHMARK(BM_Bare_Call);

void BM_Mutex_LockUnlock(benchmark::State& state) {
  static std::mutex mutex;
  for (auto _ : state) std::lock_guard lock(mutex);
}
BENCHMARK(BM_Mutex_LockUnlock)->ThreadRange(1, 8);

void BM_SteadyClock_Now(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(std::chrono::steady_clock::now());
}
BENCHMARK(BM_SteadyClock_Now);

void BM_CircuitBreaker_Call_Closed(benchmark::State& state) {
  static CircuitBreaker breaker{Config{}};
  run(state, breaker);
}
BENCHMARK(BM_CircuitBreaker_Call_Closed)->ThreadRange(1, 8)->UseRealTime();

void BM_CircuitBreaker_Call_ClosedSlowCalls(benchmark::State& state) {
  static CircuitBreaker breaker{Config{.slow_after = 1s}};
  run(state, breaker);
}
BENCHMARK(BM_CircuitBreaker_Call_ClosedSlowCalls);

void BM_CircuitBreaker_Call_OpenRefused(benchmark::State& state) {
  static CircuitBreaker breaker{Config{.open_for = 24h}};
  if (state.thread_index() == 0) open(breaker);
  run(state, breaker);
}
BENCHMARK(BM_CircuitBreaker_Call_OpenRefused)->ThreadRange(1, 8)->UseRealTime();

void BM_CircuitBreaker_Call_HalfOpenRefused(benchmark::State& state) {
  CircuitBreaker breaker{Config{.open_for = 1ns, .probes = 1, .probe_wait = 24h}};
  open(breaker);
  const auto probe = breaker.try_call();
  run(state, breaker);
  if (!probe || breaker.state() != State::half_open) state.SkipWithError("not half-open");
}
BENCHMARK(BM_CircuitBreaker_Call_HalfOpenRefused);

}  // namespace
