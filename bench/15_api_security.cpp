// What each guard costs a request.
//
//   build/release/bench/15_api_security
#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include <optional>
#include <unordered_map>

#include "guards/cors.hpp"
#include "guards/rate_limiter.hpp"
#include "guards/security_headers.hpp"
#include "guards/tokens.hpp"
#include "guards/validation.hpp"
#include "lab/core/program.hpp"
#include "lab/db/redis_server.hpp"

namespace {

using namespace lab15;
using namespace std::chrono_literals;

const Request kRequest{
    .method = "POST",
    .target = "/orders",
    .body = R"({"item":"tea","quantity":2})",
    .headers = {{"Origin", "https://shop.example"}, {"Content-Type", "application/json"}},
    .peer = "127.0.0.1"};
const Shape kOrder =
    Shape::object({{"item", Shape::text(1, 64)}, {"quantity", Shape::integer(1, 100)}});

void BM_Handler_Call_Bare(benchmark::State& state) {
  const Handler handler = [](const Exchange&) { return Response{}; };
  for (auto _ : state) benchmark::DoNotOptimize(handler(Exchange{kRequest}));
}
BENCHMARK(BM_Handler_Call_Bare);

void BM_Api_Handle_Guards(benchmark::State& state) {
  Api api([](const Exchange&) { return Response{}; });
  for (std::int64_t i = 0; i < state.range(0); ++i)
    api.use([](Exchange&) { return std::nullopt; });
  for (auto _ : state) benchmark::DoNotOptimize(api.handle(kRequest));
}
BENCHMARK(BM_Api_Handle_Guards)->Arg(0)->Arg(1)->Arg(10);

void BM_Api_Handle_HeadersCorsBodyShape(benchmark::State& state) {
  Api api([](const Exchange&) { return Response{}; });
  api.use(security_headers())
      .use(cors({.origins = {"https://shop.example"}}))
      .use(json_body())
      .use(validate(kOrder));
  for (auto _ : state) benchmark::DoNotOptimize(api.handle(kRequest));
}
BENCHMARK(BM_Api_Handle_HeadersCorsBodyShape);

std::string client(std::int64_t i) {
  return "10.0.0." + std::to_string(i);
}

void BM_HashMap_Count_Clients(benchmark::State& state) {
  std::unordered_map<std::string, int> counts;
  std::int64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(++counts[client(i++ % state.range(0))]);
}
BENCHMARK(BM_HashMap_Count_Clients)->Arg(1)->Arg(10'000);

void BM_Limiter_Ask_Clients(benchmark::State& state) {
  const auto limiter = make_limiter(static_cast<Algorithm>(state.range(0)),
                                    {.requests = 100, .window = 1min});
  Clock::time_point now(1h);
  std::int64_t i = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(limiter(client(i++ % state.range(1)), now += 1us));
}
BENCHMARK(BM_Limiter_Ask_Clients)
    ->ArgsProduct({{0, 1, 2}, {1, 10'000}})
    ->ArgNames({"algorithm", "clients"});

void BM_Redis_Ping(benchmark::State& state) {
  const lab::RedisServer server;
  lab::Redis redis(server.url());
  for (auto _ : state) redis.command({"PING"});
}
BENCHMARK(BM_Redis_Ping)->UseRealTime();

void BM_SharedLimiter_Ask(benchmark::State& state) {
  const lab::RedisServer server;
  lab::Redis redis(server.url());
  const auto limiter =
      make_shared_limiter(redis, "bench:", {.requests = 1'000'000, .window = 1s});
  for (auto _ : state) benchmark::DoNotOptimize(limiter("ann", {}));
}
BENCHMARK(BM_SharedLimiter_Ask)->UseRealTime();

const std::string kSecret(32, 'k');

void BM_Hmac_Sign(benchmark::State& state) {
  const std::string token = sign_token({{"sub", "ann"}}, Key::hs256(kSecret));
  for (auto _ : state) benchmark::DoNotOptimize(hmac_sha256(kSecret, token));
}
BENCHMARK(BM_Hmac_Sign);

void verify(benchmark::State& state, const Key& key) {
  const std::string token = sign_token({{"sub", "ann"}, {"exp", 1'800'000'000}}, key);
  for (auto _ : state)
    benchmark::DoNotOptimize(verify_token(token, key, {}, UnixTime{1'700'000'000s}));
}
void BM_Token_Verify_HS256(benchmark::State& state) {
  verify(state, Key::hs256(kSecret));
}
BENCHMARK(BM_Token_Verify_HS256);
void BM_Token_Verify_RS256(benchmark::State& state) {
  verify(state, Key::generate_rs256());
}
BENCHMARK(BM_Token_Verify_RS256);

void BM_Token_Sign_RS256(benchmark::State& state) {
  const Key key = Key::generate_rs256();
  for (auto _ : state) benchmark::DoNotOptimize(sign_token({{"sub", "ann"}}, key));
}
BENCHMARK(BM_Token_Sign_RS256);

// Where the two differ: in the first byte of 64 KiB, or in the last.
template <class Equal>
void compare(benchmark::State& state, Equal equal) {
  const std::string secret(64 << 10, 's');
  std::string other = secret;
  (state.range(0) ? other.back() : other.front()) = 'x';
  for (auto _ : state) benchmark::DoNotOptimize(equal(secret, other));
}
void BM_Compare_Plain_LastByte(benchmark::State& state) {
  compare(state, [](const std::string& a, const std::string& b) { return a == b; });
}
BENCHMARK(BM_Compare_Plain_LastByte)->Arg(0)->Arg(1);
void BM_Compare_ConstantTime_LastByte(benchmark::State& state) {
  compare(state, equal_in_constant_time);
}
BENCHMARK(BM_Compare_ConstantTime_LastByte)->Arg(0)->Arg(1);

void BM_Password_Sha256(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(sha256("correct horse battery"));
}
BENCHMARK(BM_Password_Sha256);

void BM_Password_Scrypt_Log2N(benchmark::State& state) {
  const std::string_view password = "correct horse battery";
  const unsigned char salt[] = {'s'};
  unsigned char hash[32];
  for (auto _ : state) {
    const int done =
        EVP_PBE_scrypt(password.data(), password.size(), salt, sizeof salt,
                       std::uint64_t{1} << state.range(0), 8, 1, 64 << 20, hash, 32);
    if (done != 1) state.SkipWithError("OpenSSL refused the cost");
  }
}
BENCHMARK(BM_Password_Scrypt_Log2N)->Arg(10)->Arg(14)->Unit(benchmark::kMillisecond);

}  // namespace
