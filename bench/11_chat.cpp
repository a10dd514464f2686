// How many deliveries a second two chat servers make, by clients and rooms.
//
//   build/release/bench/11_chat
//
// Everything is on this machine: two servers (a thread each), all clients (one thread) and
// one Redis. redis-benchmark publishes to the same Redis in the same run: the limit.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <thread>

#include "lab/os/run_dir.hpp"
#include "world/crowd.hpp"
#include "world/server_process.hpp"

namespace {

using namespace lab11;
using namespace std::chrono_literals;

// The run's folder outlives the server in it.
class RunFolder {
 public:
  ~RunFolder() { lab::remove_run_dir(path_); }

 private:
  std::filesystem::path path_ = lab::plan_run_dir();
};

SharedRedis& redis() {
  static const RunFolder folder;
  static SharedRedis one;
  std::signal(SIGPIPE, SIG_IGN);
  return one;
}

// As serve() does it, until it is told to stop.
void serve_until(const std::stop_token& stop, const std::string& name,
                 std::atomic<std::uint16_t>& port) {
  lab::uv::Loop services;
  lab::websocket::Loop sockets;
  sockets.wake_on(uv_backend_fd(services.raw()));
  Backplane backplane(services,
                      {.url = redis().url(), .prefix = redis().prefix(), .server = name});
  const ChatServer server(sockets, {.queue_limit = 16 << 20}, backplane);
  port = server.port();
  port.notify_all();
  while (!stop.stop_requested()) {
    services.run(UV_RUN_NOWAIT);
    const int due = uv_backend_timeout(services.raw());
    sockets.turn(milliseconds(due < 0 ? 20 : std::min(due, 20)));
  }
}

class ServerThread {
 public:
  explicit ServerThread(std::string name)
      : thread_([this, name = std::move(name)](const std::stop_token& stop) {
          serve_until(stop, name, port_);
        }) {
    port_.wait(0);
  }
  std::uint16_t port() const { return port_; }

 private:
  std::atomic<std::uint16_t> port_ = 0;
  std::jthread thread_;
};

// Everybody says as many things as make some 40,000 deliveries in all.
void BM_Chat_FanOut(benchmark::State& state) {
  allow_many_descriptors();
  redis();  // made by this thread: it goes with the thread that made it
  const auto clients = static_cast<int>(state.range(0));
  const auto rooms = static_cast<int>(state.range(1));
  const int each = std::max(1, 40'000 * rooms / (clients * clients));
  for (auto _ : state) {
    const std::string run = std::to_string(clients) + "-" + std::to_string(rooms);
    const ServerThread a("A"), b("B");
    Crowd crowd(redis());
    for (int i = 0; i < clients; ++i) {
      crowd.add({.user = "user-" + std::to_string(i),
                 .room = run + "-" + std::to_string(i / 2 % rooms),
                 .servers = {i % 2 ? a.port() : b.port()}});
    }
    if (!crowd.until([&] { return crowd.all_joined(); }, 60s)) {
      return state.SkipWithError("the clients could not join");
    }
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < clients; ++i) {
      for (int n = 0; n < each; ++n) crowd[static_cast<std::size_t>(i)].say("hello");
    }
    const bool well = crowd.until([&] { return crowd.settled(); }, 120s);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::size_t deliveries = 0;
    bool clean = well;
    for (int room = 0; room < rooms; ++room) {
      const Verdict verdict = crowd.judge(run + "-" + std::to_string(room));
      deliveries += verdict.deliveries;
      clean = clean && verdict.clean();
    }
    if (!clean) return state.SkipWithError("messages are missing");
    state.counters["deliveries/s"] = static_cast<double>(deliveries) / took.count();
    state.counters["messages/s"] = clients * each / took.count();
  }
}
BENCHMARK(BM_Chat_FanOut)
    ->ArgNames({"clients", "rooms"})
    ->ArgsProduct({{20, 100, 400}, {1, 10}})
    ->Iterations(1)
    ->UseRealTime();

// The same message, published to nobody, by as many connections.
void BM_RedisBenchmark_Publish(benchmark::State& state) {
  const std::string& url = redis().url();
  if (!url.starts_with("unix://")) {
    return state.SkipWithError("only on a Redis of our own");
  }
  for (auto _ : state) {
    lab::Child child = lab::Child::run(
        {"redis-benchmark", "-s", url.substr(7), "-n", "50000", "-c",
         std::to_string(state.range(0)), "-q", "--csv", "publish", "room",
         R"(e 1 {"from":"user-1","n":1,"text":"hello","at":123456789012345})"},
        {.deadline = 60s});
    const std::string& out = child.wait().out;  // a line of names; "test","a second",...
    const auto at = out.find(R"(}",")");
    if (at == std::string::npos) return state.SkipWithError("it did not run");
    state.counters["messages/s"] = std::stod(out.substr(at + 4));
  }
}
BENCHMARK(BM_RedisBenchmark_Publish)
    ->ArgName("clients")
    ->Arg(20)
    ->Arg(100)
    ->Iterations(1)
    ->UseRealTime();

}  // namespace
