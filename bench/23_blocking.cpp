// What slices cost: one sum of 100 ms, cut by the length of the slice, on a loop with a timer
// of 5 ms. And one hostile text to three regular expression engines, by its length.
//
//   build/release/bench/23_blocking
//   node labs/23_blocking/node.mjs --measure      the same in Node
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "blocking.hpp"
#include "lab/uv/immediates.hpp"
#include "worker.hpp"
#include "world/engines.hpp"
#include "world/jobs.hpp"

namespace {

using namespace lab23;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Ms = std::chrono::duration<double, std::milli>;

std::uint64_t steps() {
  static const std::uint64_t all = steps_for(100ms);
  return all;
}

// A loop with a heart, which notes its longest silence and the turns of the loop.
class Beating {
 public:
  Beating() {
    heart_.start(
        5ms, [this] { beat(); }, 5ms);
    turns_.start([this] { ++turns; });
    turns_.unref();
  }
  template <class Begin>
  void run(Begin begin) {
    last_ = Clock::now();
    begin([this] { loop.stop(); });
    loop.run();
    beat();
  }
  void report(benchmark::State& state) const {
    state.counters["longest_gap_ms"] = Ms(longest_).count();
    state.counters["turns"] = benchmark::Counter(static_cast<double>(turns),
                                                 benchmark::Counter::kAvgIterations);
  }

  lab::uv::Loop loop{};
  std::uint64_t turns = 0;

 private:
  void beat() {
    const auto now = Clock::now();
    longest_ = std::max<Clock::duration>(longest_, now - last_);
    last_ = now;
  }

  lab::uv::Timer heart_{loop};
  lab::uv::Prepare turns_{loop};
  Clock::time_point last_{};
  Clock::duration longest_{};
};

void BM_Sum_Baseline_InOneGo(benchmark::State& state) {
  Beating beating;
  for (auto _ : state) {
    beating.run([](const Callback& done) {
      benchmark::DoNotOptimize(sum(steps()));
      done();
    });
  }
  beating.report(state);
}
BENCHMARK(BM_Sum_Baseline_InOneGo)->Unit(benchmark::kMillisecond);

void BM_Sum_SlicedByImmediates(benchmark::State& state) {
  Beating beating;
  lab::uv::Immediates immediates(beating.loop);
  for (auto _ : state) {
    beating.run([&](const Callback& done) {
      const auto pieces = std::make_shared<Sum>(steps());
      SlicedJob::run([pieces] { return pieces->advance(); },
                     std::chrono::microseconds(state.range(0)),
                     [&](Callback rest) { immediates.set_immediate(std::move(rest)); },
                     done);
    });
  }
  beating.report(state);
}
BENCHMARK(BM_Sum_SlicedByImmediates)
    ->Unit(benchmark::kMillisecond)
    ->ArgName("us")
    ->Arg(0)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(5000)
    ->Arg(20'000)
    ->Arg(50'000);

void BM_Sum_OnAWorker(benchmark::State& state) {
  Beating beating;
  Worker worker(beating.loop);
  for (auto _ : state) {
    beating.run([&](const Callback& done) {
      if (!worker.run([] { return sum(steps()); }, [done](std::uint64_t) { done(); }))
        state.SkipWithError("refused");
    });
  }
  beating.report(state);
}
BENCHMARK(BM_Sum_OnAWorker)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

// --- the engines ---

void ask(benchmark::State& state, Engine engine, const char* pattern) {
  const std::string text =
      std::string(static_cast<std::size_t>(state.range(0)), 'a') + '!';
  std::chrono::nanoseconds cpu{};
  Effort effort;
  for (auto _ : state) {
    effort = match(engine, pattern, text);
    cpu += effort.cpu;
  }
  state.counters["us"] =
      static_cast<double>(cpu.count()) / 1000 / static_cast<double>(state.iterations());
  state.counters["looks"] = static_cast<double>(effort.looks);
  state.counters["gave_up"] = effort.gave_up;
}

void lengths(benchmark::internal::Benchmark* bench) {
  bench->ArgName("letters")->Unit(benchmark::kMicrosecond);
  for (const int letters : {8, 12, 16, 20, 22}) bench->Arg(letters);
}
void long_lengths(benchmark::internal::Benchmark* bench) {
  for (const int letters : {100, 1000, 4000}) bench->Arg(letters);
}

BENCHMARK_CAPTURE(ask, Baseline_Linear_std, Engine::std_regex, "a+")
    ->Apply(lengths)
    ->Arg(100)
    ->Arg(900);
BENCHMARK_CAPTURE(ask, Hostile_std, Engine::std_regex, "(a+)+")->Apply(lengths);
BENCHMARK_CAPTURE(ask, Hostile_boost, Engine::boost_regex, "(a+)+")
    ->Apply(lengths)
    ->Apply(long_lengths);
BENCHMARK_CAPTURE(ask, Hostile_re2, Engine::re2, "(a+)+")
    ->Apply(lengths)
    ->Apply(long_lengths);

}  // namespace
