// What it costs to plant faults, and to watch the cycle.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "mutants.hpp"
#include "tdd.hpp"

namespace {

using namespace lab25;

std::string source(std::int64_t rules) {
  std::string text;
  for (std::int64_t i = 0; i < rules; ++i)
    text += "{" + std::to_string(i) + ", \"X\"},\n";
  return text + "while (number >= value) numeral += letters;\n";
}

// The baseline: as many copies of the text as there are mutants.
void BM_Mutants_CopyTheText(benchmark::State& state) {
  const std::string text = source(state.range(0));
  const auto count = static_cast<std::size_t>(state.range(0)) + 2;
  for (auto _ : state) benchmark::DoNotOptimize(std::vector<std::string>(count, text));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}
BENCHMARK(BM_Mutants_CopyTheText)->Arg(13)->Arg(130);

void BM_Mutants_Plant(benchmark::State& state) {
  const std::string text = source(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(mutants_of(text));
  state.SetItemsProcessed(state.iterations() * (state.range(0) + 2));
}
BENCHMARK(BM_Mutants_Plant)->Arg(13)->Arg(130);

void BM_Cycle_Round(benchmark::State& state) {
  Cycle cycle;
  const TestRun red{.failed = 1}, green{.passed = 1};
  for (auto _ : state) {
    benchmark::DoNotOptimize(cycle.ran(Change::test, red));
    benchmark::DoNotOptimize(cycle.ran(Change::code, green));
    benchmark::DoNotOptimize(cycle.ran(Change::structure, green));
  }
}
BENCHMARK(BM_Cycle_Round);

}  // namespace
