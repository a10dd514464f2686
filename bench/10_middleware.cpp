// What a middleware costs: a request through 1 to 50 of them, chosen while the program runs
// and by the compiler, beside the handler alone; without a network, then with one.
//
//   ./lab bench 10
//   node labs/10_middleware/node.mjs --bench    Express, on the same machine
#include <benchmark/benchmark.h>

#include <chrono>
#include <utility>

#include "10_chain.hpp"
#include "lab/net/http.hpp"
#include "middleware.hpp"

namespace {

using namespace lab10;

const lab::http::Request& received() {
  static const lab::http::Request request{.target = "/order"};
  return request;
}

void drop(const lab::http::Response& response) {
  benchmark::DoNotOptimize(&response);
}

void fill(App& app, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    app.use("calls next", [](Request&, Response&, Next next) { next(); });
  }
  app.use("reply", [](Request&, Response& response, Next) { response.send("hello"); });
}

// The limit: a request and a response are made, and answered.
void bare(const lab::http::Request& from, Response::Reply reply) {
  Request request(from);
  Response response(std::move(reply));
  benchmark::DoNotOptimize(&request);
  response.send("hello");
}

void BM_Bare_Handler(benchmark::State& state) {
  for (auto _ : state) bare(received(), drop);
}
BENCHMARK(BM_Bare_Handler);

void BM_App_Middleware(benchmark::State& state) {
  App app;
  fill(app, state.range());
  for (auto _ : state) app.handle(received(), drop);
}
BENCHMARK(BM_App_Middleware)->Arg(0)->Arg(1)->Arg(2)->Arg(5)->Arg(10)->Arg(20)->Arg(50);

constexpr auto kCallsNext = [](Request& request, Response&, const auto& next) {
  benchmark::DoNotOptimize(&request);
  next();
};
constexpr auto kReplies = [](Request&, Response& response, const auto&) {
  response.send("hello");
};

template <std::size_t... I>
auto chain_of(std::index_sequence<I...>) {
  return Chain{(static_cast<void>(I), kCallsNext)..., kReplies};
}

template <std::size_t Count>
void BM_Chain_Middleware(benchmark::State& state) {
  const auto chain = chain_of(std::make_index_sequence<Count>());
  for (auto _ : state) {
    Request request(received());
    Response response(drop);
    chain(request, response);
  }
}
BENCHMARK(BM_Chain_Middleware<1>);
BENCHMARK(BM_Chain_Middleware<2>);
BENCHMARK(BM_Chain_Middleware<5>);
BENCHMARK(BM_Chain_Middleware<10>);
BENCHMARK(BM_Chain_Middleware<20>);
BENCHMARK(BM_Chain_Middleware<50>);

void ask(benchmark::State& state, lab::http::Server::Handler handler) {
  lab::http::Server server(std::move(handler));
  lab::http::Client client("127.0.0.1", server.port());
  for (auto _ : state) {
    const auto result = client.request(received(), std::chrono::seconds(10));
    if (std::holds_alternative<lab::http::ClientError>(result)) {
      state.SkipWithError("no reply");
      break;
    }
  }
}

void BM_Http_Bare_Handler(benchmark::State& state) {
  ask(state, bare);
}
BENCHMARK(BM_Http_Bare_Handler)->UseRealTime();

void BM_Http_App_Middleware(benchmark::State& state) {
  App app;
  fill(app, state.range());
  ask(state, [&](const auto& request, auto reply) { app.handle(request, reply); });
}
BENCHMARK(BM_Http_App_Middleware)->Arg(1)->Arg(10)->Arg(50)->UseRealTime();

}  // namespace
