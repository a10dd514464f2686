// What it costs to allocate while a sampler listens, and to take a snapshot.
#include <benchmark/benchmark.h>

#include <memory>
#include <optional>

#include "world/heap_hook.hpp"
#include "world/zoo.hpp"

namespace {

using namespace lab21;

// A block of 256 bytes, allocated and freed. The argument is the sampler's mean in bytes: 0 is
// the baseline, without a sampler; 1 records every block.
void BM_HeapSampler_NewAndDelete_Mean(benchmark::State& state) {
  std::unique_ptr<HeapSampler> sampler;
  std::optional<Recording> recording;
  if (state.range(0) > 0) {
    sampler = std::make_unique<HeapSampler>(static_cast<std::size_t>(state.range(0)));
    recording.emplace(*sampler);
  }
  for (auto _ : state) {
    char* block = new char[256];
    benchmark::DoNotOptimize(block);
    delete[] block;
  }
}
BENCHMARK(BM_HeapSampler_NewAndDelete_Mean)
    ->Arg(0)
    ->Arg(512 << 10)
    ->Arg(16 << 10)
    ->Arg(1);

// Beside it: the bytes of the blocks, counted by site.
void BM_HeapSampler_Snapshot_Live(benchmark::State& state) {
  HeapSampler sampler(1);
  const Recording recording(sampler);
  Cache cache;
  for (int i = 0; i < state.range(0); ++i) put_in_cache(cache, i, 100);
  for (auto _ : state) benchmark::DoNotOptimize(sampler.snapshot());
}
BENCHMARK(BM_HeapSampler_Snapshot_Live)
    ->Arg(1000)
    ->Arg(100'000)
    ->Unit(benchmark::kMicrosecond);

void BM_HeapSampler_BySite_Live(benchmark::State& state) {
  HeapSampler sampler(1);
  const Recording recording(sampler);
  Cache cache;
  for (int i = 0; i < state.range(0); ++i) put_in_cache(cache, i, 100);
  const Snapshot snapshot = sampler.snapshot();
  for (auto _ : state) benchmark::DoNotOptimize(by_site(snapshot));
}
BENCHMARK(BM_HeapSampler_BySite_Live)
    ->Arg(1000)
    ->Arg(100'000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
