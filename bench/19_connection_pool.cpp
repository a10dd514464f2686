// What a pool adds to a query, and how much of the server it lets through.
//
//   build/release/bench/19_connection_pool
//
// pgbench runs against the same server in the same run: the same query, as many clients.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <mutex>
#include <thread>

#include "lab/error.hpp"
#include "lab/postgres_server.hpp"
#include "lab/run_dir.hpp"
#include "postgres_connection.hpp"
#include "run_dir.hpp"

namespace {

using namespace lab19;
using namespace std::chrono_literals;

// While a process has one thread only, glibc's mutex skips its atomic operations.
class SecondThread {
 public:
  ~SecondThread() {
    done_ = true;
    done_.notify_all();
  }

 private:
  std::atomic<bool> done_ = false;
  std::jthread thread_{[this] { done_.wait(false); }};
} second_thread;

// The run's folder outlives the server in it.
class RunFolder {
 public:
  ~RunFolder() { lab::remove_run_dir(path_); }

 private:
  std::filesystem::path path_ = lab::plan_run_dir();
};

const lab::PostgresServer& server() {
  static const RunFolder folder;
  static const lab::PostgresServer one;
  return one;
}

class Stub final : public Connection {
 public:
  std::string query(const std::string&) override { return {}; }
  int backend() const override { return 0; }
  bool broken() const override { return false; }
  bool ping() override { return true; }
  bool reset() override { return true; }
};

Pool& stub_pool() {
  static Pool pool({.size = 4}, [] { return std::make_unique<Stub>(); });
  return pool;
}

void BM_Mutex_LockUnlock(benchmark::State& state) {
  static std::mutex mutex;
  for (auto _ : state) std::lock_guard lock(mutex);
}
BENCHMARK(BM_Mutex_LockUnlock)->ThreadRange(1, 8)->UseRealTime();

// Up to four threads find one idle; eight stand in line for four.
void BM_Pool_AcquireRelease(benchmark::State& state) {
  for (auto _ : state) {
    auto lease = stub_pool().acquire(10s);
    benchmark::DoNotOptimize(lease);
  }
}
BENCHMARK(BM_Pool_AcquireRelease)->ThreadRange(1, 8)->UseRealTime();

void BM_Postgres_QueryOnOpenConnection(benchmark::State& state) {
  PostgresConnection connection(server().url());
  for (auto _ : state) connection.query("SELECT 1");
}
BENCHMARK(BM_Postgres_QueryOnOpenConnection)->UseRealTime();

void BM_Postgres_ConnectQueryClose(benchmark::State& state) {
  for (auto _ : state) PostgresConnection(server().url()).query("SELECT 1");
}
BENCHMARK(BM_Postgres_ConnectQueryClose)->UseRealTime();

// One iteration: two seconds of queries by so many clients through a pool of that size.
void BM_Pool_QueriesPerSecond(benchmark::State& state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  Pool pool({.size = clients}, to_postgres(server().url()));
  for (auto _ : state) {
    std::atomic<std::int64_t> queries = 0;
    const auto end = std::chrono::steady_clock::now() + 2s;
    const auto client = [&] {
      std::int64_t mine = 0;
      while (std::chrono::steady_clock::now() < end) {
        const auto lease = pool.acquire(10s);
        (*lease)->query("SELECT 1");
        ++mine;
      }
      queries += mine;
    };
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < clients; ++i) threads.emplace_back(client);
    threads.clear();
    state.counters["qps"] = static_cast<double>(queries) / 2;
  }
}
BENCHMARK(BM_Pool_QueriesPerSecond)
    ->RangeMultiplier(2)
    ->Range(1, 8)
    ->Iterations(1)
    ->UseRealTime();

void BM_Pgbench_QueriesPerSecond(benchmark::State& state) {
  const std::string script = lab::run_dir() / "select1.sql";
  if (std::FILE* file = std::fopen(script.c_str(), "w")) {
    std::fputs("SELECT 1;\n", file);
    std::fclose(file);
  }
  const std::string clients = std::to_string(state.range(0));
  if (!server().ours())
    return state.SkipWithError("pgbench: only on a server of our own");
  for (auto _ : state) {
    lab::Child pgbench =
        lab::Child::run({server().programs() + "pgbench", "-n", "-f", script, "-c",
                         clients, "-j", clients, "-T", "2", server().url()});
    const std::string& out = pgbench.wait().out;
    const auto at = out.find("tps = ");
    if (at == std::string::npos) return state.SkipWithError("pgbench did not run");
    state.counters["qps"] = std::stod(out.substr(at + 6));
  }
}
BENCHMARK(BM_Pgbench_QueriesPerSecond)
    ->RangeMultiplier(2)
    ->Range(1, 8)
    ->Iterations(1)
    ->UseRealTime();

}  // namespace
