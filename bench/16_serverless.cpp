// What a call of a function costs, warm and cold, beside what it is made of.
//
//   build/release/bench/16_serverless
#include <benchmark/benchmark.h>

#include <filesystem>
#include <optional>

#include "lab/net/uv_http_client.hpp"
#include "lab/net/uv_http_server.hpp"
#include "lab/os/process.hpp"
#include "serverless.hpp"

namespace {

using namespace lab16;
using namespace std::chrono_literals;

std::string handler() {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path().parent_path() / "labs/16_functions/handler";
}

void call(lab::uv::Loop& loop, Host& host, benchmark::State& state) {
  std::optional<Result> seen;
  host.invoke("{}", [&](Result result) { seen = std::move(result); });
  while (!seen) loop.run(UV_RUN_ONCE);
  if (seen->status != 200) state.SkipWithError(seen->body.c_str());
}

// --- warm: two requests of the instance, beside two requests that nobody has to think about ---

void BM_TwoHttpRequests(benchmark::State& state) {
  lab::uv::Loop loop;
  lab::uv::HttpServer server(loop,
                             [](const auto&, auto reply) { reply({.body = "{}"}); });
  lab::uv::HttpClient client(loop, server.listen());
  for (auto _ : state) {
    for (int i = 0; i < 2; ++i) {
      bool done = false;
      client.request({}, 10s, [&](const auto&) { done = true; });
      while (!done) loop.run(UV_RUN_ONCE);
    }
  }
}
BENCHMARK(BM_TwoHttpRequests)->UseRealTime();

// The argument: whether the instance is frozen between two calls.
void BM_Call_Warm(benchmark::State& state) {
  lab::uv::Loop loop;
  Host host(loop, {{handler()}}, {.freezes = state.range(0) == 1});
  call(loop, host, state);
  for (auto _ : state) call(loop, host, state);
}
BENCHMARK(BM_Call_Warm)->Arg(0)->Arg(1)->UseRealTime();

// --- cold: a host that has no instance yet, beside a process that ends at once ---

void BM_Process_True(benchmark::State& state) {
  for (auto _ : state) lab::Child::run({"/bin/true"}).wait();
}
BENCHMARK(BM_Process_True)->UseRealTime();

void BM_Call_Cold(benchmark::State& state) {
  lab::uv::Loop loop;
  for (auto _ : state) {
    Host host(loop, {{handler()}});
    call(loop, host, state);
  }
}
BENCHMARK(BM_Call_Cold)->UseRealTime();

// --- an event that finds no free instance ---

void BM_Call_Throttled(benchmark::State& state) {
  lab::uv::Loop loop;
  Host host(loop, {{"/bin/sleep", "100"}}, {.instances = 1});
  host.deliver("{}");
  int refused = 0;
  for (auto _ : state) host.invoke("{}", [&](const Result&) { ++refused; });
  state.counters["refused"] = refused;
}
BENCHMARK(BM_Call_Throttled);

}  // namespace
