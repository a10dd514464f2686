// What it costs to look at a stack, and to instrument a call instead.
//
//   build/release/bench/22_profiling
#include <benchmark/benchmark.h>
#include <execinfo.h>
#include <signal.h>

#include <array>
#include <chrono>
#include <cstdint>

#include "profiling.hpp"
#include "world/shop.hpp"

namespace {

using namespace lab22;

[[gnu::noinline]] void at_depth(std::int64_t depth, const auto& look) {
  if (depth > 0) {
    at_depth(depth - 1, look);
  } else {
    look();
  }
  benchmark::ClobberMemory();  // no tail call
}

// The baseline: a signal that nobody samples with.
void BM_Signal_Ignored(benchmark::State& state) {
  { const Sampler installs_the_handler; }
  for (auto _ : state) raise(SIGPROF);
}
BENCHMARK(BM_Signal_Ignored);

void BM_Sampler_Sample(benchmark::State& state) {
  constexpr int kRoom = 2000;  // a full memory takes no sample
  for (auto _ : state) {
    state.PauseTiming();
    auto sampler = std::make_unique<Sampler>();
    state.ResumeTiming();
    at_depth(state.range(0), [] {
      for (int i = 0; i < kRoom; ++i) raise(SIGPROF);
    });
    state.PauseTiming();
    sampler.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kRoom);
}
BENCHMARK(BM_Sampler_Sample)->Arg(1)->Arg(10)->Arg(40);

// A lower bound of a sample: the walk of the stack alone.
void BM_Backtrace(benchmark::State& state) {
  at_depth(state.range(0), [&] {
    std::array<void*, 64> frames;
    for (auto _ : state) benchmark::DoNotOptimize(backtrace(frames.data(), 64));
  });
}
BENCHMARK(BM_Backtrace)->Arg(1)->Arg(10)->Arg(40);

void BM_Call_Plain(benchmark::State& state) {
  for (auto _ : state) discount_lines(1000, nullptr);
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(BM_Call_Plain);

void BM_Call_Instrumented(benchmark::State& state) {
  Stopwatch watch;
  for (auto _ : state) discount_lines(1000, &watch);
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(BM_Call_Instrumented);

void BM_Report_FunctionAt(benchmark::State& state) {
  const auto address = reinterpret_cast<Address>(&add_tax);
  for (auto _ : state) benchmark::DoNotOptimize(function_at(address));
}
BENCHMARK(BM_Report_FunctionAt);

}  // namespace
