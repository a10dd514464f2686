// What the pool and the sockets of one thread cost: a trip to the pool beside the bare
// system call, small files by the pool's size, and the memory of a connection held open.
//
// libuv reads the pool's size once, so each size is a process of its own: this program
// again, with UV_THREADPOOL_SIZE set.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <list>
#include <string>
#include <vector>

#include "concurrency.hpp"
#include "lab/os/proc.hpp"
#include "lab/os/process.hpp"
#include "lab/uv/uv.hpp"
#include "world/echo.hpp"

namespace {

using lab03::Loop;
using Clock = std::chrono::steady_clock;

constexpr const char* kFile = "/etc/passwd";

void BM_Stat_Baseline_SystemCall(benchmark::State& state) {
  struct stat facts {};
  for (auto _ : state) benchmark::DoNotOptimize(stat(kFile, &facts));
}
BENCHMARK(BM_Stat_Baseline_SystemCall);

// One after another: the whole trip there and back, with two thread switches.
void BM_Stat_ThroughThePool(benchmark::State& state) {
  Loop loop;
  for (auto _ : state) {
    lab03::stat(loop, kFile, [](int) {});
    loop.run();
  }
}
BENCHMARK(BM_Stat_ThroughThePool)->UseRealTime();

// A hundred at once: the switches are shared.
void BM_Stat_ThroughThePool_HundredAtOnce(benchmark::State& state) {
  Loop loop;
  for (auto _ : state) {
    for (int i = 0; i < 100; ++i) lab03::stat(loop, kFile, [](int) {});
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(BM_Stat_ThroughThePool_HundredAtOnce)->UseRealTime();

void BM_Tcp_RoundTrip(benchmark::State& state) {
  Loop loop;
  lab03::Echo echo(loop);
  for (auto _ : state) {
    echo.ask([&](int) { loop.stop(); });
    loop.run();
  }
}
BENCHMARK(BM_Tcp_RoundTrip)->UseRealTime()->Iterations(2000);

// What this program prints when it plays a part of itself with a pool of this size (0: the
// usual one). If it fails, the benchmark is skipped with its words.
std::string printed(benchmark::State& state, std::vector<std::string> part,
                    std::int64_t pool_size) {
  part.insert(part.begin(), "/proc/self/exe");
  lab::ChildOptions options{.deadline = std::chrono::seconds(60)};
  if (pool_size > 0) options.env = {{"UV_THREADPOOL_SIZE", std::to_string(pool_size)}};
  lab::Child child = lab::Child::run(part, options);
  if (!child.wait().ok()) state.SkipWithError(child.wait().err.c_str());
  return child.wait().ok() ? child.wait().out : "";
}

// Reads files in this process; prints the seconds that it took.
int read_files(int files) {
  Loop loop;
  const auto start = Clock::now();
  for (int i = 0; i < files; ++i) lab03::read_file(loop, kFile, [](int) {});
  loop.run();
  std::printf("%.9f\n", std::chrono::duration<double>(Clock::now() - start).count());
  return 0;
}

void BM_ReadFile_ByPoolSize(benchmark::State& state) {
  constexpr int kFiles = 5000;
  for (auto _ : state) {
    const std::string seconds =
        printed(state, {"read-files", std::to_string(kFiles)}, state.range(0));
    if (seconds.empty()) return;
    state.SetIterationTime(std::stod(seconds));
  }
  state.SetItemsProcessed(state.iterations() * kFiles);
}
BENCHMARK(BM_ReadFile_ByPoolSize)
    ->RangeMultiplier(2)
    ->Range(1, 16)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// CPU time, and nothing else: about 20 ms of it.
void compute() {
  volatile std::uint64_t hash = 1469598103934665603u;
  for (unsigned i = 0; i < 10'000'000; ++i) hash = (hash ^ i) * 1099511628211u;
}

// Runs eight jobs that only compute; prints the seconds until the first callback and until
// the last.
int run_jobs() {
  Loop loop;
  const auto start = Clock::now();
  double first = 0;
  double last = 0;
  for (int i = 0; i < 8; ++i) {
    lab03::job(loop, compute, [&](int) {
      last = std::chrono::duration<double>(Clock::now() - start).count();
      if (first == 0) first = last;
    });
  }
  loop.run();
  std::printf("%.9f %.9f\n", last, first);
  return 0;
}

// More threads than cores finish no sooner; they finish together, and the first one later.
void BM_ComputingJobs_ByPoolSize(benchmark::State& state) {
  double last = 0;
  double first = 0;
  for (auto _ : state) {
    const std::string seconds = printed(state, {"run-jobs"}, state.range(0));
    if (seconds.empty()) return;
    std::sscanf(seconds.c_str(), "%lf %lf", &last, &first);
    state.SetIterationTime(last);
  }
  state.counters["first_ms"] = first * 1000;
}
BENCHMARK(BM_ComputingJobs_ByPoolSize)
    ->RangeMultiplier(2)
    ->Range(1, 8)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// Connects so many clients to this process's own loop, and holds them open. Prints the
// bytes that the process grew by for each, both its ends counted; the kernel's share of a
// socket is not in that.
int hold_connections(std::size_t connections) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 2 * connections + 64) {
    std::fprintf(stderr, "more descriptors than are allowed (ulimit -Hn)\n");
    return 1;
  }
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t before = lab::resident_bytes();
  Loop loop;
  std::list<lab::uv::Tcp> ends;
  std::size_t accepted = 0;
  lab::uv::Listener listener(loop, [&] {
    listener.accept(ends.emplace_back(loop));
    if (++accepted == connections) loop.stop();
  });
  for (std::size_t i = 0; i < connections; ++i) {
    ends.emplace_back(loop).connect(listener.port(), [](int) {});
    if (i % 256 == 0) loop.run(UV_RUN_NOWAIT);  // no more than the backlog at once
  }
  if (accepted < connections) loop.run();
  const auto grown = static_cast<double>(lab::resident_bytes() - before);
  std::printf("%.0f %d\n", grown / static_cast<double>(connections), lab::thread_count());
  return 0;
}

void BM_Connections_HeldOpen(benchmark::State& state) {
  double bytes = 0;
  double threads = 0;
  for (auto _ : state) {
    const std::string held =
        printed(state, {"hold-connections", std::to_string(state.range(0))}, 0);
    if (held.empty()) return;
    std::sscanf(held.c_str(), "%lf %lf", &bytes, &threads);
  }
  state.counters["bytes_each"] = bytes;
  state.counters["threads"] = threads;
}
BENCHMARK(BM_Connections_HeldOpen)
    ->Arg(1000)
    ->Arg(9000)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "read-files") == 0)
    return read_files(std::atoi(argv[2]));
  if (argc == 2 && std::strcmp(argv[1], "run-jobs") == 0) return run_jobs();
  if (argc == 3 && std::strcmp(argv[1], "hold-connections") == 0)
    return hold_connections(static_cast<std::size_t>(std::atoi(argv[2])));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
