// Lab 02's queues as a contestant: peers_02 NAME COUNT. Each job queues the next.
#include <benchmark/benchmark.h>

#include <map>
#include <stdexcept>

#include "lab/uv/immediates.hpp"
#include "lab/uv/uv.hpp"
#include "next_tick.hpp"
#include "timed.hpp"

namespace {

using namespace lab02;

// What no queue can beat: a function that is called.
std::string calls(std::int64_t count) {
  std::int64_t made = 0;
  Job job = [&] { ++made; };
  benchmark::DoNotOptimize(job);
  for (std::int64_t i = 0; i < count; ++i) job();
  return fmt::format("{} jobs", made);
}

std::string chain(std::int64_t count, void (Ticks::*queue)(Job)) {
  Ticks ticks;
  std::int64_t made = 0;
  const Job link = [&] {
    if (made++ < count) (ticks.*queue)([&] { link(); });
  };
  ticks.run(link);
  return fmt::format("{} jobs", made - 1);
}

std::string next_ticks(std::int64_t count) {
  return chain(count, &Ticks::next_tick);
}

std::string microtasks(std::int64_t count) {
  return chain(count, &Ticks::queue_microtask);
}

// Four jobs wait at once, as where several requests are served.
std::string crowd(std::int64_t count) {
  Ticks ticks;
  std::int64_t made = 0;
  const Job link = [&] {
    if (made++ < count) ticks.next_tick([&] { link(); });
  };
  ticks.run([&] {
    for (int i = 0; i < 4; ++i) link();
  });
  return fmt::format("{} jobs", made - 4);
}

// A turn of the loop whose callback is run as Node runs it.
std::string check_turns(std::int64_t count) {
  Ticks ticks;
  lab::uv::Loop loop;
  lab::uv::Immediates immediates(loop);
  std::int64_t made = 0;
  const Job link = [&] {
    if (made++ < count) immediates.set_immediate(ticks.callback([&] { link(); }));
  };
  link();
  loop.run();
  return fmt::format("{} jobs", made - 1);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"calls", calls}, {"ticks", next_ticks},  {"microtasks", microtasks},
    {"crowd", crowd}, {"turns", check_turns},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_02 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
