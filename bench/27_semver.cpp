// What reading and comparing versions costs.
//
//   build/release/bench/27_semver
#include <benchmark/benchmark.h>

#include <cstdio>

#include "semver.hpp"

namespace {

using lab::semver::Range;
using lab::semver::Version;

// The least that a reader of a version can do: three numbers, nothing checked.
void BM_Sscanf_Version(benchmark::State& state) {
  for (auto _ : state) {
    unsigned major = 0, minor = 0, patch = 0;
    std::sscanf("1.10.3", "%u.%u.%u", &major, &minor, &patch);
    benchmark::DoNotOptimize(major + minor + patch);
  }
}
BENCHMARK(BM_Sscanf_Version);

void BM_Version_Parse_Release(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Version::parse("1.10.3"));
}
BENCHMARK(BM_Version_Parse_Release);

void BM_Version_Parse_Prerelease(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(Version::parse("1.10.3-beta.11+sha.5114"));
}
BENCHMARK(BM_Version_Parse_Prerelease);

void BM_Version_Compare_Prereleases(benchmark::State& state) {
  const auto left = *Version::parse("1.10.3-beta.2");
  const auto right = *Version::parse("1.10.3-beta.11");
  for (auto _ : state) benchmark::DoNotOptimize(left < right);
}
BENCHMARK(BM_Version_Compare_Prereleases);

void BM_Range_Parse(benchmark::State& state, const char* text) {
  for (auto _ : state) benchmark::DoNotOptimize(Range::parse(text));
}
BENCHMARK_CAPTURE(BM_Range_Parse, Caret, "^1.2.3");
BENCHMARK_CAPTURE(BM_Range_Parse, Union, "^1.2.3 || ~2.4 || >=3.1 <5");

void BM_Range_Allows(benchmark::State& state) {
  const auto range = *Range::parse("^1.2.3");
  const auto version = *Version::parse("1.10.3");
  for (auto _ : state) benchmark::DoNotOptimize(range.allows(version));
}
BENCHMARK(BM_Range_Allows);

// A hostile text: time per byte stays the same.
void BM_Range_Parse_Hostile(benchmark::State& state) {
  std::string text;
  while (text.size() < static_cast<std::size_t>(state.range(0))) text += "1.2.3-a.b+c ";
  for (auto _ : state) benchmark::DoNotOptimize(Range::parse(text));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Range_Parse_Hostile)->Range(1 << 10, 256 << 10);

}  // namespace
