// Lab 22's sampler as a contestant: peers_22 NAME COUNT. The work is a function of 40 steps,
// called again and again.
#include <map>
#include <stdexcept>

#include "profiling.hpp"
#include "timed.hpp"

namespace {

[[gnu::noinline]] std::uint32_t line(std::uint32_t hash) {
  for (int i = 0; i < 40; ++i) hash = (hash ^ (hash >> 15)) * 0x9e3779b1U;
  return hash;
}

std::string alone(std::int64_t count) {
  std::uint32_t hash = 1;
  for (std::int64_t i = 0; i < count; ++i) hash = line(hash);
  return fmt::format("{}", hash);
}

std::string sampled(std::int64_t count) {
  const lab22::Sampler sampler;
  return alone(count);
}

std::string stopwatch(std::int64_t count) {
  std::uint32_t hash = 1;
  std::chrono::nanoseconds spent{};
  for (std::int64_t i = 0; i < count; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    hash = line(hash);
    spent += std::chrono::steady_clock::now() - begin;
  }
  return spent.count() > 0 ? fmt::format("{}", hash) : "no time";
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"alone", alone}, {"sampled", sampled}, {"stopwatch", stopwatch}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || !kContestants.contains(argv[1]))
    throw std::invalid_argument("peers_22 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
