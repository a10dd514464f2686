#include "world/patient.hpp"

#include <fmt/format.h>
#include <malloc.h>

#include <cstdio>
#include <sstream>

#include "lab/core/error.hpp"
#include "lab/os/proc.hpp"
#include "lab/os/process.hpp"
#include "reachability.hpp"
#include "world/heap_hook.hpp"
#include "world/zoo.hpp"

namespace lab21 {

namespace {

constexpr int kRequests = 500, kRounds = 9;

class Examination {
 public:
  Examination(Fault fault, std::size_t size) : service_(fault, size) {}

  void run() {
    tell_gauges();
    double idle = 0, event = 0;
    for (int round = 0; round < kRounds; ++round) {
      if (round == kRounds / 3) {
        idle = work([&] { service_.tick(); });
        event = work([&] { service_.announce(); });
        warm_ = live();
      }
      requests(round);
      tell_gauges();
    }
    const double before = live();
    seen_.growth = (before - warm_) / (kRequests * (kRounds - kRounds / 3));
    requests(kRounds - 1);
    seen_.repeat_growth = (live() - before) / kRequests;
    seen_.idle_work = work([&] { service_.tick(); }) - idle;
    seen_.event_work = work([&] { service_.announce(); }) - event;
    tell_signals();
  }

 private:
  void requests(int round) {
    for (int i = 0; i < kRequests; ++i) service_.request(round * kRequests + i);
  }
  double live() { return total(sampler_.snapshot()).bytes; }
  template <class Act>
  double work(Act act) {
    const auto before = sampler_.samples_taken();
    act();
    return static_cast<double>(sampler_.samples_taken() - before);
  }
  Gauges gauges() {
    malloc_trim(0);
    return {static_cast<double>(lab::resident_bytes()), live(),
            static_cast<double>(mallinfo2().fordblks)};
  }
  void tell_gauges() {
    const Gauges now = gauges();
    if (started_ == 0) started_ = now.resident;
    fmt::print("round {} {} {}\n", now.resident, now.live, now.kept);
  }
  void tell_signals() {
    const Gauges now = gauges();
    const Reachability reach = reachability(sampler_.snapshot());
    const auto share = [](std::size_t part, std::size_t whole) {
      return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
    };
    fmt::print("signals {} {} {} {} {} {} {} {} {}\n", seen_.growth, seen_.repeat_growth,
               seen_.idle_work, seen_.event_work, share(reach.unreachable, reach.live),
               share(reach.heads, reach.unreachable), now.live, now.kept,
               now.resident - started_);
  }

  HeapSampler sampler_{1};
  Recording recording_{sampler_};
  Service service_;
  Signals seen_;
  double warm_ = 0, started_ = 0;
};

}  // namespace

Examined examine(Fault fault, std::size_t size) {
  auto child = lab::Child::role(
      "patient", {std::to_string(static_cast<int>(fault)), std::to_string(size)},
      {.deadline = std::chrono::seconds(60)});
  const lab::Exit& exit = child.wait();
  if (!exit.ok()) throw lab::Error("examine a service", exit.err);
  Examined examined;
  Signals& s = examined.signals;
  std::istringstream words(exit.out);
  for (std::string word; words >> word;) {
    if (word == "round") {
      Gauges& now = examined.rounds.emplace_back();
      words >> now.resident >> now.live >> now.kept;
    } else {
      words >> s.growth >> s.repeat_growth >> s.idle_work >> s.event_work >>
          s.unreachable >> s.heads >> s.live >> s.free >> s.resident_growth;
    }
  }
  return examined;
}

int patient_main(std::span<const std::string> args) {
  Examination(static_cast<Fault>(std::stoi(args[0])), std::stoul(args[1])).run();
  return std::fflush(stdout);
}

}  // namespace lab21
