// Lab 14's breaker as a contestant: peers_14 NAME COUNT.
#include <benchmark/benchmark.h>

#include <map>
#include <stdexcept>

#include "circuit_breaker.hpp"
#include "timed.hpp"

namespace {

using namespace lab14;
using namespace std::chrono_literals;

// What is called: it succeeds, and the compiler cannot know.
[[gnu::noinline]] bool service() {
  bool healthy = true;
  benchmark::DoNotOptimize(healthy);
  return healthy;
}

std::string bare(std::int64_t count) {
  std::int64_t good = 0;
  for (std::int64_t i = 0; i < count; ++i) good += service();
  return fmt::format("{} good", good);
}

std::string closed(std::int64_t count) {
  CircuitBreaker breaker{Config{}};
  std::int64_t good = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    auto permit = breaker.try_call();
    if (!permit) continue;
    const bool healthy = service();
    permit->report(healthy ? Outcome::success : Outcome::failure);
    good += healthy;
  }
  return fmt::format("{} good", good);
}

std::string open(std::int64_t count) {
  CircuitBreaker breaker{Config{.open_for = 24h}};
  while (breaker.state() != State::open) {
    if (auto permit = breaker.try_call()) permit->report(Outcome::failure);
  }
  std::int64_t refused = 0;
  for (std::int64_t i = 0; i < count; ++i) refused += !breaker.try_call();
  return fmt::format("{} refused", refused);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"bare", bare}, {"closed", closed}, {"open", open}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_14 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
