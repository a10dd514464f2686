// What it costs to be ready for an error, and what an error costs.
//
//   build/release/bench/08_uncaught
#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>

#include "uncaught.hpp"

namespace {

using namespace lab08;

int done = 0;

[[gnu::noinline]] void work() {
  benchmark::DoNotOptimize(++done);
}

// --- ready, and nothing happens: beside a bare call ---

void BM_BareCall(benchmark::State& state) {
  const Job job = work;
  for (auto _ : state) job();
}
BENCHMARK(BM_BareCall);

void BM_CallInTheLastResort(benchmark::State& state) {
  Runtime node;
  const Job job = work;
  for (auto _ : state) node.call(job);
}
BENCHMARK(BM_CallInTheLastResort);

// --- an error, through so many frames: beside an answer that says so ---

[[gnu::noinline]] void throws(std::int64_t depth) {
  if (depth == 0) throw std::runtime_error("x");
  throws(depth - 1);
  benchmark::DoNotOptimize(depth);  // no tail call
}

void BM_ErrorAsException(benchmark::State& state) {
  Runtime node;
  node.on_uncaught = [](const Error&, Origin) {};
  const Job job = [&] { throws(state.range(0)); };
  for (auto _ : state) node.call(job);
}
BENCHMARK(BM_ErrorAsException)->Arg(1)->Arg(10)->Arg(100);

[[gnu::noinline]] std::optional<std::runtime_error> answers(std::int64_t depth) {
  if (depth == 0) return std::runtime_error("x");
  auto error = answers(depth - 1);
  benchmark::DoNotOptimize(depth);
  return error;
}

void BM_ErrorAsAnswer(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(answers(state.range(0)));
}
BENCHMARK(BM_ErrorAsAnswer)->Arg(1)->Arg(10)->Arg(100);

// --- a rejection, and its handler in the same turn ---

void BM_RejectionHandled(benchmark::State& state) {
  Runtime node;
  const Error error = std::make_exception_ptr(std::runtime_error("x"));
  const Job job = [&] {
    Promise::rejected(node, error).or_else([](const Error&) { work(); });
  };
  for (auto _ : state) node.call(job);
}
BENCHMARK(BM_RejectionHandled);

}  // namespace
