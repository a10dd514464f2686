// What it costs until a callback that was queued runs: a tick, a microtask, a check turn, a
// timer turn; and what the drained queues add to a callback that queues nothing. Node's own
// four beside ours: chains of the same kind, in a `node` process that times itself.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>

#include "lab/core/error.hpp"
#include "lab/os/process.hpp"
#include "lab/uv/immediates.hpp"
#include "lab/uv/timeouts.hpp"
#include "lab/uv/uv.hpp"
#include "next_tick.hpp"

namespace {

using lab02::Job;
using lab02::Ticks;

// --- a callback, with the scope around it and without ---

void BM_Callback_Baseline_DirectCall(benchmark::State& state) {
  std::uint64_t calls = 0;
  const Job callback = [&] { ++calls; };
  for (auto _ : state) {
    callback();
    benchmark::DoNotOptimize(calls);
  }
}
BENCHMARK(BM_Callback_Baseline_DirectCall);

void BM_Callback_Scope_NothingQueued(benchmark::State& state) {
  std::uint64_t calls = 0;
  Ticks ticks;
  const Job callback = ticks.callback([&] { ++calls; });
  for (auto _ : state) {
    callback();
    benchmark::DoNotOptimize(calls);
  }
}
BENCHMARK(BM_Callback_Scope_NothingQueued);

// --- chains: each link queues the next, as many as there are iterations ---

void BM_Chain_Tick(benchmark::State& state) {
  Ticks ticks;
  Job link = [&] {
    if (state.KeepRunning()) ticks.next_tick([&] { link(); });
  };
  ticks.run(link);
}
BENCHMARK(BM_Chain_Tick);

void BM_Chain_Microtask(benchmark::State& state) {
  Ticks ticks;
  Job link = [&] {
    if (state.KeepRunning()) ticks.queue_microtask([&] { link(); });
  };
  ticks.run(link);
}
BENCHMARK(BM_Chain_Microtask);

// A whole turn of the loop, which asks the kernel once.
void BM_Chain_CheckTurn(benchmark::State& state) {
  Ticks ticks;
  lab::uv::Loop loop;
  lab::uv::Immediates immediates(loop);
  const Job link = [&] {
    if (state.KeepRunning()) immediates.set_immediate(ticks.callback([&] { link(); }));
  };
  link();
  loop.run();
}
BENCHMARK(BM_Chain_CheckTurn);

// A turn, too, but the clock decides when: setTimeout(0) is 1 ms.
void BM_Chain_TimerTurn(benchmark::State& state) {
  Ticks ticks;
  lab::uv::Loop loop;
  lab::uv::Timer timer(loop);
  const Job link = [&] {
    if (state.KeepRunning())
      timer.start(lab::uv::node_delay(0), ticks.callback([&] { link(); }));
  };
  link();
  loop.run();
}
BENCHMARK(BM_Chain_TimerTurn)->UseRealTime();

// --- the same chains in Node ---

constexpr const char* kChain = R"(
  const links = Number(process.argv[1]);
  const queue = { tick: process.nextTick, microtask: queueMicrotask, check: setImmediate,
                  timer: (f) => setTimeout(f, 0) }[process.argv[2]];
  let left = links, start;
  const link = () => {
    if (left-- > 0) return queue(link);
    console.log(Number(process.hrtime.bigint() - start) / links);
  };
  const warm = (n) => (n > 0 ? queue(() => warm(n - 1)) : begin());
  const begin = () => { start = process.hrtime.bigint(); link(); };
  warm(Math.min(links, 20000));)";

// Node's own nanoseconds a link; none where there is no node.
std::optional<double> node_chain(const std::string& kind, int links) {
  try {
    lab::Child child =
        lab::Child::run({"node", "-e", kChain, std::to_string(links), kind},
                        {.deadline = std::chrono::seconds(60)});
    if (!child.wait().ok()) return std::nullopt;
    return std::strtod(child.wait().out.c_str(), nullptr);
  } catch (const lab::Error&) {
    return std::nullopt;
  }
}

void BM_Chain_Node(benchmark::State& state, const char* kind, int links) {
  for (auto _ : state) {
    const auto nanoseconds = node_chain(kind, links);
    if (!nanoseconds) return state.SkipWithError("needs node");
    state.SetIterationTime(*nanoseconds / 1e9);  // as if one link were one iteration
  }
}
BENCHMARK_CAPTURE(BM_Chain_Node, tick, "tick", 2'000'000)->Iterations(3)->UseManualTime();
BENCHMARK_CAPTURE(BM_Chain_Node, microtask, "microtask", 2'000'000)
    ->Iterations(3)
    ->UseManualTime();
BENCHMARK_CAPTURE(BM_Chain_Node, check, "check", 200'000)->Iterations(3)->UseManualTime();
BENCHMARK_CAPTURE(BM_Chain_Node, timer, "timer", 300)->Iterations(3)->UseManualTime();

}  // namespace
