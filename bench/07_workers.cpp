// Where a worker pays off: the same jobs, 1 us to 10 ms long, on the caller's thread, on a
// pool, on worker processes, on a fresh thread or process each; and what a message costs by
// its size, sent or left in shared memory.
//
//   build/release/bench/07_workers --benchmark_filter=/1000/
#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

#include "worker_process.hpp"
#include "workers.hpp"
#include "world/forked.hpp"

namespace {

using namespace lab07;
using Clock = std::chrono::steady_clock;

constexpr int kJobs = 32;  // in one iteration, all given at once

// FNV-1a over the first so many numbers: each round needs the one before.
std::uint64_t hash(std::uint64_t rounds) {
  std::uint64_t sum = 1469598103934665603u;
  for (std::uint64_t i = 0; i < rounds; ++i) sum = (sum ^ i) * 1099511628211u;
  return sum;
}

// What the workers of the benchmarks are asked for, beside what the lab's are.
constexpr auto kHash = static_cast<Ask>(100);  // value: rounds
constexpr auto kSum = static_cast<Ask>(101);   // of all that is in the shared memory

int bench_worker(int channel, std::span<const std::uint64_t> shared = {}) {
  std::string bytes;
  while (const auto request = receive_message(channel, bytes)) {
    Message reply = *request;
    if (request->ask == kHash) reply.value = hash(request->value);
    if (request->ask == kSum)
      reply.value = std::accumulate(shared.begin(), shared.end(), std::uint64_t{0});
    send_message(channel, reply, request->ask == Ask::echo ? bytes : std::string());
  }
  return 0;
}

void spin(std::uint64_t rounds) {
  benchmark::DoNotOptimize(hash(rounds));
}

// Rounds that take one microsecond here, measured once.
std::uint64_t rounds_each_microsecond() {
  static const std::uint64_t rounds = [] {
    constexpr std::uint64_t kProbe = 20'000'000;
    const auto start = Clock::now();
    spin(kProbe);
    const std::chrono::duration<double, std::micro> took = Clock::now() - start;
    return static_cast<std::uint64_t>(static_cast<double>(kProbe) / took.count());
  }();
  return rounds;
}

std::uint64_t rounds(const benchmark::State& state) {
  return static_cast<std::uint64_t>(state.range(0)) * rounds_each_microsecond();
}

void count_jobs(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * kJobs);
}

// Arguments: microseconds a job, workers.
void sizes(benchmark::internal::Benchmark* bench, std::vector<std::int64_t> workers,
           std::int64_t shortest = 1) {
  bench->UseRealTime()->Unit(benchmark::kMicrosecond)->ArgNames({"us", "workers"});
  for (std::int64_t size = shortest; size <= 10'000; size *= 10) {
    for (const std::int64_t count : workers) bench->Args({size, count});
  }
}

void BM_Jobs_Baseline_Inline(benchmark::State& state) {
  const std::uint64_t work = rounds(state);
  for (auto _ : state) {
    for (int i = 0; i < kJobs; ++i) spin(work);
  }
  count_jobs(state);
}
BENCHMARK(BM_Jobs_Baseline_Inline)->Apply([](auto* bench) { sizes(bench, {0}); });

void BM_Jobs_ThreadPool(benchmark::State& state) {
  const std::uint64_t work = rounds(state);
  ThreadPool pool({.threads = static_cast<int>(state.range(1)), .queue = kJobs});
  for (auto _ : state) {
    std::atomic<int> left = kJobs;
    for (int i = 0; i < kJobs; ++i) {
      if (pool.submit([&](const std::stop_token&) {
            spin(work);
            if (--left == 0) left.notify_one();
          }) != Admission::accepted)
        return state.SkipWithError("refused");
    }
    for (int seen = left; seen > 0; seen = left) left.wait(seen);
  }
  count_jobs(state);
}
BENCHMARK(BM_Jobs_ThreadPool)->Apply([](auto* bench) { sizes(bench, {1, 2, 4}); });

void BM_Jobs_FreshThreadEach(benchmark::State& state) {
  const std::uint64_t work = rounds(state);
  for (auto _ : state) {
    std::list<std::jthread> threads;
    for (int i = 0; i < kJobs; ++i) threads.emplace_back([&] { spin(work); });
  }
  count_jobs(state);
}
BENCHMARK(BM_Jobs_FreshThreadEach)->Apply([](auto* bench) { sizes(bench, {kJobs}); });

void BM_Jobs_WorkerProcesses(benchmark::State& state) {
  const std::uint64_t work = rounds(state);
  std::vector<std::unique_ptr<WorkerProcess>> workers;
  for (int i = 0; i < state.range(1); ++i) {
    workers.push_back(std::make_unique<WorkerProcess>());
    workers.back()->ask({.ask = Ask::who});
  }
  for (auto _ : state) {
    for (std::size_t i = 0; i < kJobs; ++i)
      workers[i % workers.size()]->send({.ask = kHash, .value = work});
    for (std::size_t i = 0; i < kJobs; ++i) workers[i % workers.size()]->receive();
  }
  count_jobs(state);
}
BENCHMARK(BM_Jobs_WorkerProcesses)->Apply([](auto* bench) { sizes(bench, {1, 2, 4}); });

// A process for each job, two at a time.
void BM_Jobs_FreshProcessEach(benchmark::State& state) {
  const std::uint64_t work = rounds(state);
  for (auto _ : state) {
    for (int i = 0; i < kJobs; i += 2) {
      WorkerProcess one;
      WorkerProcess two;
      one.send({.ask = kHash, .value = work});
      two.send({.ask = kHash, .value = work});
      one.receive();
      two.receive();
    }
  }
  count_jobs(state);
}
BENCHMARK(BM_Jobs_FreshProcessEach)->Apply([](auto* bench) { sizes(bench, {2}, 100); });

// --- one message to a worker and its answer ---

void message_sizes(benchmark::internal::Benchmark* bench) {
  bench->UseRealTime()->Unit(benchmark::kMicrosecond)->ArgName("bytes");
  bench->RangeMultiplier(16)->Range(1 << 6, 1 << 22);
}

void BM_Message_Baseline_Memcpy(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  std::string there(bytes.size(), ' ');
  for (auto _ : state) {
    std::memcpy(there.data(), bytes.data(), bytes.size());
    benchmark::DoNotOptimize(there.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Message_Baseline_Memcpy)->Apply(message_sizes);

void BM_Message_SentThereAndBack(benchmark::State& state) {
  WorkerProcess worker;
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) worker.ask({.ask = Ask::echo}, bytes);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Message_SentThereAndBack)->Apply(message_sizes);

// A forked child reads all of it, so that the bytes are really there.
void BM_Message_InSharedMemory(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  void* memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int ends[2];
  if (memory == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
    return state.SkipWithError("no memory or no channel");
  lab::Descriptor ours(ends[0]);
  {
    const Forked reader([&] {
      ours.reset();
      bench_worker(ends[1], {static_cast<const std::uint64_t*>(memory), size / 8});
    });
    close(ends[1]);
    std::string none;
    for (auto _ : state) {
      send_message(ours.get(), {.ask = kSum});
      receive_message(ours.get(), none);
    }
    ours.reset();  // and so the reader ends
  }
  munmap(memory, size);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Message_InSharedMemory)->Apply(message_sizes);

// To a thread of a pool and back, a kilobyte moved, not copied.
void BM_Message_ToAThreadAndBack(benchmark::State& state) {
  ThreadPool pool({.threads = 1});
  std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    std::atomic<bool> back = false;
    static_cast<void>(pool.submit([&](const std::stop_token&) {
      benchmark::DoNotOptimize(bytes.data());
      back = true;
      back.notify_one();
    }));
    back.wait(false);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Message_ToAThreadAndBack)->Apply(message_sizes);

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--role") == 0)
    return bench_worker(std::atoi(argv[3]));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
