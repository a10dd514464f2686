// What one order costs as a saga, by two-phase commit, and in one local transaction.
//
//   build/release/bench/13_saga
//
// The same five functions in PostgreSQL each time. The server does not flush to its disk
// (fsync=off), so what is measured is round trips and commits, not the disk: with a flush for
// each commit, the distances grow with the number of commits, which is in the last column.
#include <benchmark/benchmark.h>

#include <map>

#include "lab/os/run_dir.hpp"
#include "world/services.hpp"

namespace {

using namespace lab13;

constexpr const char* kInput = "ann lamp 0";  // nobody runs out of money

// The run's folder outlives the servers in it.
class RunFolder {
 public:
  ~RunFolder() { lab::remove_run_dir(path_); }

 private:
  std::filesystem::path path_ = lab::plan_run_dir();
};

Shop& shop() {
  static const RunFolder folder;
  static Shop one;
  one.at("stock").query("UPDATE items SET count = 1000000000 WHERE name = 'lamp'");
  return one;
}

std::string next_saga() {
  static int number = 0;
  return std::to_string(++number);
}

std::string call(const Step& step, const std::string& saga) {
  return "SELECT \"" + step.act + "\"('" + saga + "', 'ann', 'lamp', 0);";
}

// What one does if there is one database.
void BM_LocalTransaction(benchmark::State& state) {
  shop();
  static bool made = false;
  if (!made) {
    lab::Postgres(Shop::url("orders")).query("CREATE DATABASE one");
    for (const std::string& name : kServices)
      lab::Postgres(Shop::url("one")).query(Shop::sql(name));
    made = true;
  }
  lab::Postgres one(Shop::url("one"));
  one.query("UPDATE items SET count = 1000000000; UPDATE accounts SET balance = 100");
  for (auto _ : state) {
    const std::string saga = next_saga();
    one.query("BEGIN");
    for (const Step& step : order_steps()) one.query(call(step, saga));
    one.query("COMMIT");
  }
  state.counters["commits"] = 1;
}
BENCHMARK(BM_LocalTransaction)->UseRealTime();

void in_three_databases(benchmark::State& state, bool two_phases) {
  shop().reset();
  shop();
  std::map<std::string, lab::Postgres> all;
  for (const std::string& name : kServices) all.emplace(name, Shop::url(name));
  lab::Postgres log(Shop::url("sagas"));
  for (auto _ : state) {
    const std::string saga = next_saga();
    for (auto& [name, database] : all) database.query("BEGIN");
    for (const Step& step : order_steps()) all.at(step.service).query(call(step, saga));
    if (!two_phases) {
      for (auto& [name, database] : all) database.query("COMMIT");
      continue;
    }
    for (auto& [name, database] : all)
      database.query("PREPARE TRANSACTION '" + saga + name + "'");
    log.query("INSERT INTO decided VALUES ('" + saga + "')");
    for (auto& [name, database] : all)
      database.query("COMMIT PREPARED '" + saga + name + "'");
  }
  state.counters["commits"] = two_phases ? 7 : 3;
}

// What a crash cuts apart.
void BM_ThreeCommits(benchmark::State& state) {
  in_three_databases(state, false);
}
BENCHMARK(BM_ThreeCommits)->UseRealTime();

void BM_TwoPhaseCommit(benchmark::State& state) {
  in_three_databases(state, true);
}
BENCHMARK(BM_TwoPhaseCommit)->UseRealTime();

void run_sagas(benchmark::State& state, const Send& send, int commits) {
  PostgresLog log;
  Orchestrator orchestrator(order_steps(), log, send);
  for (auto _ : state) {
    const std::string saga = next_saga();
    orchestrator.begin(saga, kInput);
    if (orchestrator.run(saga) != Ending::completed)
      return state.SkipWithError("not completed");
  }
  state.counters["commits"] = commits;
}

// The participants are called, without a process or a message between: log and services.
void BM_Saga_Called(benchmark::State& state) {
  shop().reset();
  shop();
  std::map<std::string, Participant> services;
  for (const std::string& name : kServices)
    services.try_emplace(name, Shop::url(name), order_steps());
  run_sagas(
      state,
      [&](const Command& command) {
        return services.at(command.service).handle(command);
      },
      17);
}
BENCHMARK(BM_Saga_Called)->UseRealTime();

// Each service is a process; commands and replies go through Redis.
void BM_Saga_OverMessages(benchmark::State& state) {
  shop().reset();
  shop();
  Services services("bench");
  services.start_all();
  run_sagas(state, services.sender(), 22);
}
BENCHMARK(BM_Saga_OverMessages)->UseRealTime();

}  // namespace
