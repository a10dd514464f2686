// What the key table and the deadline cost beside the work that they guard.
//
//   build/release/bench/12_service_communication
#include <benchmark/benchmark.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <unordered_set>

#include "service_communication.hpp"

namespace {

using namespace lab12;
using namespace std::chrono_literals;

// The baseline: the effect alone, a key into a table.
void BM_KeyTable_Insert(benchmark::State& state) {
  std::unordered_set<std::string> keys;
  int number = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(keys.insert("order-" + std::to_string(++number)));
    if (keys.size() == 100'000) keys.clear();
  }
}
BENCHMARK(BM_KeyTable_Insert);

void BM_Consumer_Take_New(benchmark::State& state) {
  std::unordered_set<std::string> keys;
  Consumer consumer(3, [&](const Message& message) {
    if (keys.size() == 100'000) keys.clear();
    return keys.insert(message.id).second;
  });
  int number = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(consumer.take({"order-" + std::to_string(++number)}));
}
BENCHMARK(BM_Consumer_Take_New);

void BM_Consumer_Take_Duplicate(benchmark::State& state) {
  std::unordered_set<std::string> keys{"order-17"};
  Consumer consumer(
      3, [&](const Message& message) { return keys.insert(message.id).second; });
  const Message message{"order-17", 2};
  for (auto _ : state) benchmark::DoNotOptimize(consumer.take(message));
}
BENCHMARK(BM_Consumer_Take_Duplicate);

void BM_FromChars_Milliseconds(benchmark::State& state) {
  const std::string text = "2500";
  for (auto _ : state) {
    std::uint64_t value = 0;
    benchmark::DoNotOptimize(
        std::from_chars(text.data(), text.data() + text.size(), value));
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(BM_FromChars_Milliseconds);

// One hop: read the header, ask, write what is left.
void BM_Deadline_Hop(benchmark::State& state) {
  const std::string header = "2500";
  for (auto _ : state) {
    const auto deadline = Deadline::from_header(header);
    if (!deadline || deadline->has_passed()) state.SkipWithError("it has passed");
    benchmark::DoNotOptimize(deadline->to_header());
  }
}
BENCHMARK(BM_Deadline_Hop);

}  // namespace
