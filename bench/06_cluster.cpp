// Requests a second and p99 by scheme and number of workers, from one load generator on
// the primary's loop; node:cluster beside it from the same generator, where node is there.
//
//   build/release/bench/06_cluster
#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cluster.hpp"
#include "world/app.hpp"
#include "world/load.hpp"

namespace {

using namespace lab06;

constexpr int kRequests = 1000;

void measure(benchmark::State& state, lab::uv::Loop& loop, std::uint16_t port,
             const char* target) {
  lab::Latency latency;
  int failed = 0;
  for (auto _ : state) {
    const LoadResult result = load(
        loop, port,
        {.target = target, .clients = 16, .requests = kRequests, .latency = &latency});
    failed += result.failed;
  }
  state.SetItemsProcessed(state.iterations() * kRequests);
  state.counters["p99_us"] =
      std::chrono::duration<double, std::micro>(latency.percentile(99)).count();
  state.counters["failed"] = failed;
}

// Arguments: scheme, workers. One worker is the baseline.
void BM_Cluster(benchmark::State& state, const char* target) {
  lab::uv::Loop loop;
  const Cluster cluster(loop, {.scheme = static_cast<Scheme>(state.range(0)),
                               .workers = static_cast<int>(state.range(1))});
  measure(state, loop, cluster.port(), target);
}
void sizes(benchmark::internal::Benchmark* bench) {
  bench->UseRealTime()->Unit(benchmark::kMillisecond)->ArgNames({"scheme", "workers"});
  for (const int scheme : {0, 1, 2}) {
    for (const int workers : {1, 2, 4}) bench->Args({scheme, workers});
  }
}
BENCHMARK_CAPTURE(BM_Cluster, AtOnce, "/")->Apply(sizes);
BENCHMARK_CAPTURE(BM_Cluster, Computes, "/cpu")->Apply(sizes);

// node:cluster serves the same targets; it ends when its input does.
void BM_NodeCluster(benchmark::State& state, const char* target) {
  const auto bench = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto twin = bench / "../../../labs/06_cluster/node.mjs";
  const std::string command = "exec node '" + twin.string() + "' --serve " +
                              std::to_string(state.range(0)) + " 2>/dev/null";
  FILE* node = popen(command.c_str(), "r");
  int port = 0;
  int pid = 0;
  if (!node || std::fscanf(node, "%d %d", &port, &pid) != 2) {
    if (node) pclose(node);
    return state.SkipWithError("needs node");
  }
  lab::uv::Loop loop;
  measure(state, loop, static_cast<std::uint16_t>(port), target);
  kill(pid, SIGTERM);
  pclose(node);
}
void node_sizes(benchmark::internal::Benchmark* bench) {
  bench->UseRealTime()->Unit(benchmark::kMillisecond)->ArgName("workers");
  for (const int workers : {1, 2, 4}) bench->Arg(workers);
}
BENCHMARK_CAPTURE(BM_NodeCluster, AtOnce, "/")->Apply(node_sizes);

}  // namespace

int main(int argc, char** argv) {
  if (argc > 3 && std::strcmp(argv[1], "--role") == 0)
    return worker_main(std::vector<std::string>(argv + 3, argv + argc));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
