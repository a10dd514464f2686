// What a pool adds to a query, and how much of the server it lets through.
//
//   build/release/bench/19_connection_pool
//
// pgbench runs against the same server in the same run: the same query, as many clients.
// So do clients of pgbouncer, where it is installed (it does not run as root).
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "lab/core/error.hpp"
#include "lab/db/postgres_server.hpp"
#include "lab/os/run_dir.hpp"
#include "postgres_connection.hpp"
#include "second_thread.hpp"

namespace {

using namespace lab19;
using namespace std::chrono_literals;

const SecondThread second_thread;

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

ConnectionPool& stub_pool() {
  static ConnectionPool pool({.size = 4}, [] { return std::make_unique<Stub>(); });
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

// What cleaning the session costs each borrower: a DISCARD ALL is one more round trip.
void BM_Postgres_QueryOnOpenConnectionAndReset(benchmark::State& state) {
  PostgresConnection connection(server().url());
  for (auto _ : state) {
    connection.query("SELECT 1");
    if (!connection.reset()) return state.SkipWithError("not reset");
  }
}
BENCHMARK(BM_Postgres_QueryOnOpenConnectionAndReset)->UseRealTime();

void BM_Postgres_ConnectQueryClose(benchmark::State& state) {
  for (auto _ : state) PostgresConnection(server().url()).query("SELECT 1");
}
BENCHMARK(BM_Postgres_ConnectQueryClose)->UseRealTime();

// Two seconds of queries by so many clients, a thread each.
double queries_per_second(std::size_t clients,
                          const std::function<void(std::size_t client)>& query) {
  std::atomic<std::int64_t> queries = 0;
  const auto end = std::chrono::steady_clock::now() + 2s;
  std::vector<std::jthread> threads;
  for (std::size_t client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      std::int64_t mine = 0;
      for (; std::chrono::steady_clock::now() < end; ++mine) query(client);
      queries += mine;
    });
  }
  threads.clear();
  return static_cast<double>(queries) / 2;
}

void BM_Pool_QueriesPerSecond(benchmark::State& state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  // As pgbench, which resets nothing: the same statements on as many connections.
  ConnectionPool pool({.size = clients, .reset_on_return = false},
                      to_postgres(server().url()));
  for (auto _ : state) {
    state.counters["qps"] = queries_per_second(clients, [&](std::size_t) {
      const auto lease = pool.acquire(10s);
      (*lease)->query("SELECT 1");
    });
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

// A pgbouncer in front of the server: a pool outside the process.
class Pgbouncer {
 public:
  explicit Pgbouncer(std::size_t connections) {
    const std::filesystem::path settings = lab::run_dir() / "pgbouncer.ini";
    std::ofstream(settings) << "[databases]\nbench = " << server().url()
                            << "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = "
                            << port_ << "\nunix_socket_dir =\nauth_type = any\n"
                            << "pool_mode = transaction\ndefault_pool_size = "
                            << connections << "\n";
    program_.emplace(lab::Child::run({"pgbouncer", "-q", settings}, {.deadline = 60s}));
  }

  // Tries until it listens.
  std::unique_ptr<Connection> connect() {
    const std::string url =
        fmt::format("host=127.0.0.1 port={} user=lab dbname=bench", port_);
    for (int tries = 0;; ++tries) {
      try {
        return std::make_unique<PostgresConnection>(url);
      } catch (const lab::Error&) {
        if (tries == 100) throw;
        std::this_thread::sleep_for(20ms);
      }
    }
  }

 private:
  const int port_ = 20'000 + getpid() % 10'000;
  std::optional<lab::Child> program_;
};

void BM_Pgbouncer_QueriesPerSecond(benchmark::State& state) {
  if (geteuid() == 0) return state.SkipWithError("pgbouncer does not run as root");
  if (!server().ours())
    return state.SkipWithError("pgbouncer: only on a server of our own");
  const auto clients = static_cast<std::size_t>(state.range(0));
  try {
    Pgbouncer pgbouncer(clients);
    std::vector<std::unique_ptr<Connection>> connections;
    for (std::size_t i = 0; i < clients; ++i) connections.push_back(pgbouncer.connect());
    for (auto _ : state) {
      state.counters["qps"] = queries_per_second(
          clients, [&](std::size_t client) { connections[client]->query("SELECT 1"); });
    }
  } catch (const lab::Error& error) {
    state.SkipWithError(error.what());
  }
}
BENCHMARK(BM_Pgbouncer_QueriesPerSecond)
    ->RangeMultiplier(2)
    ->Range(1, 8)
    ->Iterations(1)
    ->UseRealTime();

}  // namespace
