// What an emit costs, by the number of listeners; beside what else would call them.
//
//   build/release/bench/30_event_emitter
//   node labs/30_event_emitter/node.mjs --bench      Node's emitter, on the same machine
#include <benchmark/benchmark.h>

#include <boost/signals2/dummy_mutex.hpp>
#include <boost/signals2/signal.hpp>
#include <boost/signals2/signal_type.hpp>
#include <cstdint>
#include <functional>
#include <vector>

#include "event_emitter.hpp"

namespace {

using namespace lab30;

inline constexpr Event<int> tick{"tick"};
inline constexpr Event<int> first{"first"}, second{"second"}, third{"third"};

int heard = 0;

// What every listener does. Not inlined: a listener is somebody else's code.
[[gnu::noinline]] void listen(int value) {
  heard += value;
  benchmark::DoNotOptimize(heard);
}

void done(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * std::max<std::int64_t>(state.range(0), 1));
}

void listeners(benchmark::internal::Benchmark* benchmark) {
  for (const int count : {0, 1, 10, 100}) benchmark->Arg(count);
}

void BM_DirectCall(benchmark::State& state) {
  for (auto _ : state)
    for (std::int64_t i = 0; i < state.range(0); ++i) listen(1);
  done(state);
}
BENCHMARK(BM_DirectCall)->Apply(listeners);

void BM_StdFunction_Call(benchmark::State& state) {
  std::vector<std::function<void(int)>> functions;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    functions.emplace_back([](int value) { listen(value); });
  benchmark::DoNotOptimize(functions.data());
  for (auto _ : state)
    for (const auto& function : functions) function(1);
  done(state);
}
BENCHMARK(BM_StdFunction_Call)->Apply(listeners);

void BM_EventEmitter_Emit(benchmark::State& state) {
  EventEmitter emitter({.max_listeners = 0});
  for (std::int64_t i = 0; i < state.range(0); ++i)
    emitter.on(tick, [](int value) { listen(value); });
  for (auto _ : state) benchmark::DoNotOptimize(emitter.emit(tick, 1));
  done(state);
}
BENCHMARK(BM_EventEmitter_Emit)->Apply(listeners);

// The event stands last in the table, behind three others.
void BM_EventEmitter_Emit_FourthEvent(benchmark::State& state) {
  EventEmitter emitter({.max_listeners = 0});
  for (const auto* other : {&first, &second, &third})
    emitter.on(*other, [](int value) { listen(value); });
  for (std::int64_t i = 0; i < state.range(0); ++i)
    emitter.on(tick, [](int value) { listen(value); });
  for (auto _ : state) benchmark::DoNotOptimize(emitter.emit(tick, 1));
  done(state);
}
BENCHMARK(BM_EventEmitter_Emit_FourthEvent)->Apply(listeners);

void BM_EventEmitter_Emit_Subscriptions(benchmark::State& state) {
  EventEmitter emitter({.max_listeners = 0});
  std::vector<Subscription> subscriptions;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    subscriptions.push_back(emitter.subscribe(tick, [](int value) { listen(value); }));
  for (auto _ : state) benchmark::DoNotOptimize(emitter.emit(tick, 1));
  done(state);
}
BENCHMARK(BM_EventEmitter_Emit_Subscriptions)->Apply(listeners);

void BM_Signals2_Emit(benchmark::State& state) {
  boost::signals2::signal<void(int)> signal;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    signal.connect([](int value) { listen(value); });
  for (auto _ : state) signal(1);
  done(state);
}
BENCHMARK(BM_Signals2_Emit)->Apply(listeners);

// For one thread, as our emitter is.
void BM_Signals2_Emit_WithoutMutex(benchmark::State& state) {
  using namespace boost::signals2;
  signal_type<void(int), keywords::mutex_type<dummy_mutex>>::type signal;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    signal.connect([](int value) { listen(value); });
  for (auto _ : state) signal(1);
  done(state);
}
BENCHMARK(BM_Signals2_Emit_WithoutMutex)->Apply(listeners);

// One comes, one goes, beside so many that stay.
void BM_EventEmitter_OnOff(benchmark::State& state) {
  EventEmitter emitter({.max_listeners = 0});
  for (std::int64_t i = 0; i < state.range(0); ++i)
    emitter.on(tick, [](int value) { listen(value); });
  for (auto _ : state)
    emitter.off(tick, emitter.on(tick, [](int value) { listen(value); }));
}
BENCHMARK(BM_EventEmitter_OnOff)->Apply(listeners);

void BM_Signals2_ConnectDisconnect(benchmark::State& state) {
  boost::signals2::signal<void(int)> signal;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    signal.connect([](int value) { listen(value); });
  for (auto _ : state) signal.connect([](int value) { listen(value); }).disconnect();
}
BENCHMARK(BM_Signals2_ConnectDisconnect)->Apply(listeners);

}  // namespace
