#include <fmt/format.h>
#include <malloc.h>

#include <cstdio>
#include <cstring>

#include "lab/core/error.hpp"
#include "lab/os/proc.hpp"
#include "lab/os/process.hpp"
#include "world/heap_hook.hpp"
#include "world/processes.hpp"
#include "world/zoo.hpp"

namespace lab21 {

namespace {

class Examination {
 public:
  Examination(Fault fault, std::size_t size) : service_(fault, size) {}

  Examined run() {
    Signals& signals = seen_.signals;
    double warm = 0;
    seen_.rounds[0] = gauges();
    for (int round = 0; round < Examined::kRounds; ++round) {
      if (round == Examined::kRounds / 3) {
        signals.idle_work = -work([&] { service_.tick(); });
        signals.event_work = -work([&] { service_.announce(); });
        warm = live();
      }
      requests(round);
      seen_.rounds[static_cast<std::size_t>(round) + 1] = gauges();
    }
    const Gauges now = seen_.rounds.back();
    requests(Examined::kRounds - 1);
    signals.repeat_growth = (live() - now.live) / Examined::kRequests;
    signals.growth =
        (now.live - warm) / (Examined::kRequests * Examined::kRounds * 2 / 3);
    signals.idle_work += work([&] { service_.tick(); });
    signals.event_work += work([&] { service_.announce(); });
    signals.reach = reachability(sampler_.snapshot());
    signals.live = now.live;
    signals.kept = now.kept;
    signals.resident_growth = now.resident - seen_.rounds[0].resident;
    return seen_;
  }

 private:
  void requests(int round) {
    for (int i = 0; i < Examined::kRequests; ++i)
      service_.request(round * Examined::kRequests + i);
  }
  double live() { return total(sampler_.snapshot()).bytes; }
  template <class Act>
  double work(Act act) {  // in allocations
    const auto before = sampler_.samples_taken();
    act();
    return static_cast<double>(sampler_.samples_taken() - before);
  }
  Gauges gauges() {
    malloc_trim(0);
    return {static_cast<double>(lab::resident_bytes()), live(),
            static_cast<double>(mallinfo2().fordblks)};
  }

  HeapSampler sampler_{1};
  Recording recording_{sampler_};
  Service service_;
  Examined seen_;
};

}  // namespace

Examined examine(Fault fault, int size) {
  auto child = lab::Child::role(
      "service", {std::to_string(static_cast<int>(fault)), std::to_string(size)},
      {.deadline = std::chrono::seconds(60)});
  const lab::Exit& exit = child.wait();
  Examined examined;
  if (!exit.ok() || exit.out.size() != sizeof examined)
    throw lab::Error("examine a service", exit.err);
  std::memcpy(&examined, exit.out.data(), sizeof examined);
  return examined;
}

int service_main(std::span<const std::string> args) {
  Examination examination(static_cast<Fault>(std::stoi(args[0])), std::stoul(args[1]));
  const Examined examined = examination.run();
  return std::fwrite(&examined, sizeof examined, 1, stdout) == 1 ? 0 : 1;
}

}  // namespace lab21
