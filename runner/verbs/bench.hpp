// bench.hpp: run the benchmarks of a lab, or all.
#pragma once

#include <string>
#include <vector>

#include "core/catalog.hpp"

namespace runner {

struct BenchOptions {
  std::string name{};                // a lab, or a part of a benchmark's name
  std::vector<std::string> flags{};  // for Google Benchmark
};

// Figures go to standard output, and as JSON to build/bench/. The exit code is 1 if one
// of the programs failed.
int bench(const Catalog& catalog, const Place& place, const BenchOptions& options);

}  // namespace runner
