// scaling.cpp: what a second worker process brings.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <list>
#include <vector>

#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"
#include "worker_process.hpp"
#include "world/forked.hpp"

namespace lab07 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// Requests a second that so many workers answer, all of which are sent at once.
double answered(int workers, const Message& request, int requests) {
  std::list<WorkerProcess> all;
  std::vector<WorkerProcess*> next;
  for (int i = 0; i < workers; ++i) {
    next.push_back(&all.emplace_back());
    next.back()->ask({.ask = Ask::who});  // it is up
  }
  const auto start = Clock::now();
  for (int i = 0; i < requests; ++i)
    next[static_cast<std::size_t>(i % workers)]->send(request);
  for (int i = 0; i < requests; ++i)
    next[static_cast<std::size_t>(i % workers)]->receive();
  return requests / std::chrono::duration<double>(Clock::now() - start).count();
}

// The cores that this process may use.
std::vector<std::uint64_t> my_cores() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<std::uint64_t> cores;
  for (std::uint64_t core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  return cores;
}

bool stay_on(std::uint64_t core) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(core, &only);
  return sched_setaffinity(0, sizeof only, &only) == 0;
}

// Adds one whenever the number is even, or odd, for 100 ms.
void take_turns(std::atomic<std::uint64_t>& number, std::uint64_t parity) {
  const auto end = Clock::now() + 100ms;
  for (std::uint64_t looks = 1; looks % 1024 != 0 || Clock::now() < end; ++looks) {
    if (number % 2 == parity) ++number;
  }
}

constexpr const char* kTurns = "Two busy processes pass a value back and forth";
constexpr const char* kWaits = "Requests that only wait, 100 ms each";

// How often a process on each of two cores takes turns with the other. Neither
// ever sleeps, and each waits for the other's store. So there are many turns only while
// both compute at the same moment.
std::uint64_t turns(std::uint64_t core_of_one, std::uint64_t core_of_other) {
  SharedNumber number;
  const auto on_core = [&](std::uint64_t core, std::uint64_t parity) {
    if (stay_on(core)) take_turns(*number, parity);
  };
  {
    const Forked one([&] { on_core(core_of_one, 0); });
    const Forked other([&] { on_core(core_of_other, 1); });
  }
  return *number;
}

// On a busy machine the two may hardly ever have their cores at the same time: look again.
std::uint64_t turns_on_two_cores(const std::vector<std::uint64_t>& cores,
                                 std::uint64_t together) {
  std::uint64_t apart = 0;
  for (int i = 0; i < 100 && apart <= 10 * together; ++i)
    apart = std::max(apart, turns(cores.front(), cores.back()));
  return apart;
}

}  // namespace

void scaling(Story& story, const Knobs&) {
  story.say(
      "One worker process serves requests that compute, and then requests that wait 100 "
      "ms. Then two worker processes do the same. At last two processes that never sleep "
      "pass a value back and forth, on one core and on two.");
  story.picture(lab::Picture::bars, {kTurns, kWaits});
  const int passes = passes_for(256, milliseconds(4));
  const Message compute{
      .ask = Ask::blur, .passes = static_cast<std::uint32_t>(passes), .value = 256};
  const Message wait{.ask = Ask::wait, .value = 100};  // ms
  const auto measure = [&](lab::Table& table, int workers, const Message& request,
                           int requests) {
    const double rate = answered(workers, request, requests);
    table.rows.push_back({fmt::format("{} worker{}", workers, workers == 1 ? "" : "s"),
                          fmt::format("{:.0f}", rate)});
    return rate;
  };
  lab::Table computes{"Requests that compute 4 ms", {"workers", "per second"}, {}};
  lab::Table waiting{kWaits, {"workers", "answered per second"}, {}};
  const int computing = story.quick() ? 30 : 100;
  measure(computes, 1, compute, computing);
  measure(computes, 2, compute, computing);
  const double waits = measure(waiting, 1, wait, 200);
  measure(waiting, 2, wait, 200);
  story.table(computes);
  story.table(waiting);
  const std::vector<std::uint64_t> cores = my_cores();
  if (cores.size() < 2) {
    story.say("This process may use one core only, so there is no gain to show.");
    story.takeaway(
        "More processes give you more CPU, as long as there are cores for them.");
    return;
  }
  const std::uint64_t together = turns(cores.front(), cores.front());
  const std::uint64_t apart = turns_on_two_cores(cores, together);
  story.table({kTurns,
               {"they have", "times in 100 ms"},
               {{"one core for both", std::to_string(together)},
                {"a core each", std::to_string(apart)}}});
  story.claim("07.4", waits > 50 && apart > 10 * together,
              "two processes passed a value back and forth {} times in 100 ms on two "
              "cores, and {} times on one core. One worker answered {:.0f} waiting "
              "requests per second; one after another it would be 10",
              apart, together, waits);
  story.nuance("07.4",
               "The gain is CPU time, and the number of cores limits it ({} here). A "
               "server that mostly waits gains little from a second worker.",
               cores.size());
  story.takeaway(
      "More processes give you more CPU. One event loop can already wait for many "
      "requests.");
}

}  // namespace lab07
