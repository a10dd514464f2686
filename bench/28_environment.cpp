// What a .env file costs at the start, and what reading a setting costs afterwards.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "environment.hpp"

namespace {

using namespace lab28;

std::string lines(std::int64_t count) {
  std::string text;
  for (std::int64_t i = 0; i < count; ++i) {
    text += fmt::format("NAME_{}=\"a value # of {} with blanks\" # said here\n", i, i);
  }
  return text;
}

void per_line(benchmark::State& state, std::int64_t bytes) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * bytes);
}

// The baseline: each byte is looked at once.
void BM_EnvFile_CountLineEnds(benchmark::State& state) {
  const std::string text = lines(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::count(text.begin(), text.end(), '\n'));
  }
  per_line(state, static_cast<std::int64_t>(text.size()));
}
BENCHMARK(BM_EnvFile_CountLineEnds)->Arg(10)->Arg(100)->Arg(1000);

void BM_EnvFile_Parse(benchmark::State& state) {
  const std::string text = lines(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(parse_env_file(text));
  per_line(state, static_cast<std::int64_t>(text.size()));
}
BENCHMARK(BM_EnvFile_Parse)->Arg(10)->Arg(100)->Arg(1000);

void BM_Setting_Member(benchmark::State& state) {
  long port = 8080;
  benchmark::DoNotOptimize(port);
  for (auto _ : state) benchmark::DoNotOptimize(port);
}
BENCHMARK(BM_Setting_Member);

void BM_Setting_Getenv(benchmark::State& state) {
  setenv("BENCH_PORT", "8080", 1);
  for (auto _ : state) benchmark::DoNotOptimize(getenv("BENCH_PORT"));
}
BENCHMARK(BM_Setting_Getenv);

void BM_Setting_TypedReader(benchmark::State& state) {
  Environment env({{{"BENCH_PORT", {"8080", "environment"}}}});
  for (auto _ : state) benchmark::DoNotOptimize(env.number("BENCH_PORT", 1, 65'535));
}
BENCHMARK(BM_Setting_TypedReader);

}  // namespace
