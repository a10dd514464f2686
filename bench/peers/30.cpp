// Lab 30's emitter as a contestant, and what else calls listeners in C++:
// peers_30 NAME LISTENERS COUNT.
#include <benchmark/benchmark.h>

#include <boost/signals2/signal.hpp>
#include <functional>
#include <map>
#include <stdexcept>
#include <vector>

#include "event_emitter.hpp"
#include "timed.hpp"

namespace {

using namespace lab30;

inline constexpr Event<int> tick{"tick"};
std::int64_t heard = 0;

// What every listener does. Not inlined: a listener is somebody else's code.
[[gnu::noinline]] void listen(int value) {
  heard += value;
  benchmark::DoNotOptimize(heard);
}

std::string told() {
  return fmt::format("{} heard", std::exchange(heard, 0));
}

std::string functions(int listeners, std::int64_t count) {
  std::vector<std::function<void(int)>> all(static_cast<std::size_t>(listeners), listen);
  benchmark::DoNotOptimize(all.data());
  for (std::int64_t i = 0; i < count; ++i)
    for (const auto& function : all) function(1);
  return told();
}

std::string emitter(int listeners, std::int64_t count) {
  EventEmitter emitter({.max_listeners = 0});
  for (int i = 0; i < listeners; ++i) emitter.on(tick, [](int value) { listen(value); });
  for (std::int64_t i = 0; i < count; ++i) emitter.emit(tick, 1);
  return told();
}

std::string signals(int listeners, std::int64_t count) {
  boost::signals2::signal<void(int)> signal;
  for (int i = 0; i < listeners; ++i) signal.connect([](int value) { listen(value); });
  for (std::int64_t i = 0; i < count; ++i) signal(1);
  return told();
}

const std::map<std::string, std::string (*)(int, std::int64_t)> kContestants = {
    {"functions", functions}, {"emitter", emitter}, {"signals2", signals}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) throw std::invalid_argument("peers_30 NAME LISTENERS COUNT");
  const auto work = kContestants.at(argv[1]);
  const int listeners = std::stoi(argv[2]);
  peers::timed(std::stoll(argv[3]),
               [&](std::int64_t count) { return work(listeners, count); });
}
