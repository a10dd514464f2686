// scaling.cpp: what a second worker process brings.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <list>
#include <thread>
#include <vector>

#include "scenes/scenes.hpp"
#include "worker_process.hpp"
#include "world/forked.hpp"

namespace lab07 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

using Seconds = std::chrono::duration<double>;

std::list<WorkerProcess> started(int workers) {
  std::list<WorkerProcess> all;
  for (int i = 0; i < workers; ++i)
    all.emplace_back().ask({.ask = Ask::who});  // it is up
  return all;
}

// How long the workers have had a core, or could have used one that they did not get.
Seconds runnable(const std::list<WorkerProcess>& workers) {
  std::int64_t all = 0;
  for (const WorkerProcess& worker : workers) {
    std::int64_t on_core = 0, waited = 0;
    std::ifstream(fmt::format("/proc/{}/schedstat", worker.pid())) >> on_core >> waited;
    all += on_core + waited;
  }
  return std::chrono::nanoseconds(all);
}

// A second request always waits for the worker, so that it is never idle.
void keep_busy(WorkerProcess& worker, const Message& request, std::atomic<int>& left) {
  int unanswered = 0;
  const auto send = [&] {
    if (left-- > 0 && worker.send(request)) ++unanswered;
  };
  send();
  for (send(); unanswered > 0; send()) {
    if (!worker.receive()) return;
    --unanswered;
  }
}

// How many of the workers compute, or could if they had a core, at the same moment on
// average. It does not depend on what else this machine does.
double busy_at_once(int workers, const Message& request, int requests) {
  std::list<WorkerProcess> all = started(workers);
  std::atomic<int> left = requests;
  const Seconds before = runnable(all);
  const auto start = Clock::now();
  {
    std::list<std::jthread> clients;
    for (WorkerProcess& worker : all)
      clients.emplace_back([&] { keep_busy(worker, request, left); });
  }
  const Seconds wall = Clock::now() - start;
  return (runnable(all) - before) / wall;
}

struct Waits {
  double per_second = 0;      // answered
  std::uint64_t at_once = 0;  // the most that each worker had in flight, summed up
};

// Sends all requests at once.
Waits wait(int workers, const Message& request, int requests) {
  std::list<WorkerProcess> all = started(workers);
  const auto start = Clock::now();
  for (int i = 0; i < requests; ++i) {
    all.front().send(request);
    all.splice(all.end(), all, all.begin());
  }
  Waits result;
  for (WorkerProcess& worker : all) {
    std::uint64_t most = 0;
    for (int i = 0; i < requests / workers; ++i)
      most = std::max(most, worker.receive().value_or(Message{}).value);
    result.at_once += most;
  }
  result.per_second = requests / Seconds(Clock::now() - start).count();
  return result;
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

constexpr const char* kComputes =
    "Requests that compute: workers busy at the same moment";
constexpr const char* kWaits = "Requests that wait 100 ms: in flight at the same moment";

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
      "One worker process, and then two, serve requests that compute and requests that "
      "wait. A busy worker runs or waits for a core. At last two processes that never "
      "sleep pass a value back and forth.");
  story.picture(lab::Picture::bars, {kComputes, kWaits});
  const int passes = passes_for(256, milliseconds(4));
  const Message compute{
      .ask = Ask::blur, .passes = static_cast<std::uint32_t>(passes), .value = 256};
  const Message waiting{.ask = Ask::wait, .value = 100};  // ms
  const int computing = story.quick() ? 30 : 100;
  const Waits one = wait(1, waiting, 200), two = wait(2, waiting, 200);
  story.table({kWaits,
               {"workers", "requests"},
               {{"1 worker", std::to_string(one.at_once)},
                {"2 workers", std::to_string(two.at_once)}}});
  const std::vector<std::uint64_t> cores = my_cores();
  if (cores.size() < 2) {
    story.say("This process may use one core only, so there is no gain to show.");
    story.takeaway(
        "More processes give you more CPU, as long as there are cores for them.");
    return;
  }
  story.table(
      {kComputes,
       {"workers", "on average"},
       {{"1 worker", fmt::format("{:.1f}", busy_at_once(1, compute, computing))},
        {"2 workers", fmt::format("{:.1f}", busy_at_once(2, compute, computing))}}});
  const std::uint64_t together = turns(cores.front(), cores.front());
  const std::uint64_t apart = turns_on_two_cores(cores, together);
  story.claim("07.4", one.per_second > 50 && apart > 10 * together,
              "two processes passed a value back and forth {} times in 100 ms on two "
              "cores, and {} times on one core. One worker answered {:.0f} waiting "
              "requests per second; one after another it would be 10",
              apart, together, one.per_second);
  story.nuance("07.4",
               "The gain is CPU time, and the number of cores limits it ({} here). A "
               "server that mostly waits gains little from a second worker.",
               cores.size());
  story.takeaway(
      "More processes give you more CPU. One event loop can already wait for many "
      "requests.");
}

}  // namespace lab07
