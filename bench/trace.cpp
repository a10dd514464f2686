// What it costs to be watched. Baselines: the empty loop, and the reading of the clock
// that every time stamp needs.
#include "lab/core/trace.hpp"

#include <benchmark/benchmark.h>

#include <chrono>

#include "core/arena.hpp"
#include "core/record.hpp"

namespace {

using namespace lab;

void BM_Trace_Baseline_EmptyLoop(benchmark::State& state) {
  for (auto _ : state) benchmark::ClobberMemory();
}
BENCHMARK(BM_Trace_Baseline_EmptyLoop);

void BM_Trace_Baseline_ClockGettime(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(std::chrono::steady_clock::now());
}
BENCHMARK(BM_Trace_Baseline_ClockGettime);

void BM_Trace_Instant_NobodyListens(benchmark::State& state) {
  listen(nullptr);
  for (auto _ : state) {
    trace::instant("request", {.lane = "loop"});
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_Trace_Instant_NobodyListens);

void BM_Trace_InstantWithLaneAndTwoArgs_NobodyListens(benchmark::State& state) {
  listen(nullptr);
  int i = 0;
  for (auto _ : state) {
    trace::instant("request", {.lane = "loop", .args = {{"n", ++i}, {"late", 0.5}}});
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_Trace_InstantWithLaneAndTwoArgs_NobodyListens);

// A ring holds some 8,000 of these; it is emptied while the clock stands still, as the
// narrator's process does it on another core.
template <class Emit>
void listened(benchmark::State& state, Emit emit) {
  static Arena& arena = make_arena();
  Drain drain(arena);
  listen(&arena);
  for (auto _ : state) {
    for (int i = 0; i < 4000; ++i) emit(i);
    state.PauseTiming();
    benchmark::DoNotOptimize(drain.read());
    state.ResumeTiming();
  }
  listen(nullptr);
  if (drain.dropped()) state.SkipWithError("events were dropped");
  state.SetItemsProcessed(state.iterations() * 4000);
  state.counters["ns/event"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * 4000 / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_Trace_Instant_Listened(benchmark::State& state) {
  listened(state, [](int) { trace::instant("request"); });
}
BENCHMARK(BM_Trace_Instant_Listened);

void BM_Trace_InstantWithLaneAndTwoArgs_Listened(benchmark::State& state) {
  listened(state, [](int i) {
    trace::instant("request", {.lane = "loop", .args = {{"n", i}, {"late", 0.5}}});
  });
}
BENCHMARK(BM_Trace_InstantWithLaneAndTwoArgs_Listened);

void BM_Trace_Counter_Listened(benchmark::State& state) {
  listened(state, [](int i) { trace::counter("buffered", i); });
}
BENCHMARK(BM_Trace_Counter_Listened);

void BM_Trace_Span_Listened(benchmark::State& state) {
  listened(state, [](int i) {
    if (i % 2 == 0) const trace::Span span("callback", {.lane = "loop"});  // two events
  });
}
BENCHMARK(BM_Trace_Span_Listened);

}  // namespace
