// What a test costs, from a function alone to a request.
#include <benchmark/benchmark.h>

#include "test_app.hpp"

namespace {

using namespace lab24;

struct Stub : Mailer {
  bool welcome(const std::string&) override { return true; }
};

// The baseline: the bytes are copied, and nothing is checked.
void BM_Address_Copy(benchmark::State& state) {
  const std::string_view typed = " Ann@Example.org ";
  for (auto _ : state) benchmark::DoNotOptimize(std::string(typed));
}
BENCHMARK(BM_Address_Copy);

void BM_Address_Check(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(address_of(" Ann@Example.org "));
}
BENCHMARK(BM_Address_Check);

void BM_SignUp_WithDoubles(benchmark::State& state) {
  for (auto _ : state) {
    FakeUsers users;
    Stub mailer;
    SignUp sign_up(users, mailer);
    benchmark::DoNotOptimize(sign_up("ann@example.org"));
  }
}
BENCHMARK(BM_SignUp_WithDoubles);

// One application for all requests, and one for each.
void BM_SignUp_OverHttp(benchmark::State& state) {
  FakeUsers users;
  Stub mailer;
  TestApp app(users, mailer);
  for (auto _ : state) benchmark::DoNotOptimize(app.post("ann@example.org"));
}
BENCHMARK(BM_SignUp_OverHttp)->UseRealTime();

void BM_SignUp_WithAnAppOfItsOwn(benchmark::State& state) {
  for (auto _ : state) {
    FakeUsers users;
    Stub mailer;
    TestApp app(users, mailer);
    benchmark::DoNotOptimize(app.post("ann@example.org"));
  }
}
BENCHMARK(BM_SignUp_WithAnAppOfItsOwn)->UseRealTime();

}  // namespace
