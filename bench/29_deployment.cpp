// What nginx in front of an app costs, beside asking the app directly; and what a rollout's
// controller costs, each time that it looks.
//
//   build/release/bench/29_deployment
#include <benchmark/benchmark.h>

#include <vector>

#include "deployment.hpp"
#include "lab/net/http.hpp"
#include "lab/net/nginx_server.hpp"
#include "lab/os/run_dir.hpp"

namespace {

using namespace std::chrono_literals;

const std::string kFile(4 << 10, 'x');

// nginx has its folder in that of a run.
const struct RunFolder {
  RunFolder() = default;
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder() { lab::remove_run_dir(path_); }

 private:
  std::filesystem::path path_ = lab::plan_run_dir();
} kRun;

void get(benchmark::State& state, std::uint16_t port, const char* target) {
  lab::http::Client client("127.0.0.1", port);
  for (auto _ : state) {
    const auto result = client.request({.target = target}, 10s);
    const auto* reply = std::get_if<lab::http::Response>(&result);
    if (!reply || reply->body.size() != kFile.size()) {
      state.SkipWithError("no file in the reply");
      break;
    }
  }
}

lab::http::Server app() {
  return lab::http::Server([](const auto&, auto reply) { reply({.body = kFile}); });
}

void BM_Get4KiB_OfTheApp(benchmark::State& state) {
  const lab::http::Server server = app();
  get(state, server.port(), "/");
}
BENCHMARK(BM_Get4KiB_OfTheApp)->UseRealTime();

void BM_Get4KiB_OfTheAppThroughNginx(benchmark::State& state) {
  const lab::http::Server server = app();
  const lab::NginxServer nginx(
      std::vector{server.port()},
      {.upstream = "keepalive 4;",
       .location = "proxy_http_version 1.1; proxy_set_header Connection \"\";"});
  get(state, nginx.port(), "/");
}
BENCHMARK(BM_Get4KiB_OfTheAppThroughNginx)->UseRealTime();

void BM_Get4KiB_OfNginx(benchmark::State& state) {
  const lab::http::Server server = app();
  const lab::NginxServer nginx(
      std::vector{server.port()},
      {.server = "location /static/ { root .; }", .files = {{"static/file", kFile}}});
  get(state, nginx.port(), "/static/file");
}
BENCHMARK(BM_Get4KiB_OfNginx)->UseRealTime();

// The argument: how many copies there are.
void BM_Rollout_Tick_Steady(benchmark::State& state) {
  const lab29::Clock::time_point now{1h};
  lab29::Rollout rollout({.replicas = static_cast<int>(state.range(0))}, "v1", {}, now);
  for (const lab29::Copy& copy : std::vector(rollout.copies()))
    rollout.set_ready(copy.id, true, now);
  for (auto _ : state) rollout.tick(now);
}
BENCHMARK(BM_Rollout_Tick_Steady)->Arg(3)->Arg(100);

}  // namespace
