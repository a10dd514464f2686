// cost.cpp: what a worker costs to start, and what a second one brings.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "lab/error.hpp"
#include "scenes.hpp"
#include "worker_process.hpp"

namespace lab07 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Ms = std::chrono::duration<double, std::milli>;

namespace {

// The median of what a call takes.
Ms median(int times, const std::function<void()>& call) {
  std::vector<Ms> taken;
  for (int i = 0; i < times; ++i) {
    const auto start = Clock::now();
    call();
    taken.push_back(Clock::now() - start);
  }
  std::ranges::nth_element(taken, taken.begin() + times / 2);
  return taken[static_cast<std::size_t>(times / 2)];
}

}  // namespace

void start_up(Story& story) {
  const int times = story.quick() ? 5 : 15;
  ThreadPool pool({.threads = 1});
  const Ms pooled = median(times, [&] {
    std::atomic<bool> ran = false;
    static_cast<void>(pool.submit([&](const std::stop_token&) {
      ran = true;
      ran.notify_one();
    }));
    ran.wait(false);
  });
  const Ms thread = median(times, [] { std::thread([] {}).join(); });
  const Ms process = median(times, [] { WorkerProcess().ask({.ask = Ask::who}); });
  lab::Table table{
      "Until a worker has answered for the first time", {"worker", "ms"}, {}};
  for (const auto& [what, time] :
       {std::pair{"a thread of the pool, waiting", pooled},
        std::pair{"a fresh thread", thread}, std::pair{"a fresh process", process}}) {
    table.rows.push_back({what, fmt::format("{:.3f}", time.count())});
  }
  story.table(table);
  story.say(
      "In Node a fresh Worker takes tens of milliseconds, and a process more: both start "
      "a JavaScript engine. So have a pool of them, and keep it.");
}

namespace {

// Requests a second that so many worker processes answer, each asked for its share at once.
double answered(int workers, const Message& request, int requests) {
  std::vector<std::unique_ptr<WorkerProcess>> all;
  for (int i = 0; i < workers; ++i) {
    all.push_back(std::make_unique<WorkerProcess>());
    all.back()->ask({.ask = Ask::who});  // it is up
  }
  const auto worker = [&](int i) -> WorkerProcess& {
    return *all[static_cast<std::size_t>(i % workers)];
  };
  const auto start = Clock::now();
  for (int i = 0; i < requests; ++i) worker(i).send(request);
  for (int i = 0; i < requests; ++i) worker(i).receive();
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

// How often two workers, each kept on one core, take turns in 100 ms. Neither ever sleeps,
// and each waits for the other's store: so there are many only while both compute at the
// same moment.
std::uint64_t turns(std::uint64_t core_of_first, std::uint64_t core_of_second) {
  SharedMemory memory(sizeof(std::uint64_t));
  WorkerProcess first(&memory);
  WorkerProcess second(&memory);
  if (!first.ask({.ask = Ask::stay, .value = core_of_first}) ||
      !second.ask({.ask = Ask::stay, .value = core_of_second}))
    throw lab::Error("keep a worker on a core", "it may not");
  first.send({.ask = Ask::turns, .passes = 0, .value = 100});
  second.send({.ask = Ask::turns, .passes = 1, .value = 100});
  return first.receive().value_or(Message{}).value +
         second.receive().value_or(Message{}).value;
}

}  // namespace

// Step 8: two processes compute at the same moment, on two cores, and so serve more where
// computing is the limit. A wait costs no CPU: one worker has all the waits under way at
// once already.
void scaling(Story& story) {
  const Message compute{
      .ask = Ask::blur,
      .passes = static_cast<std::uint32_t>(passes_for(256, milliseconds(4))),
      .value = 256};
  const Message wait{.ask = Ask::wait, .value = 100};  // ms
  const int jobs = story.quick() ? 30 : 100;
  lab::Table table{
      "Requests a second", {"a request", "1 worker", "2 workers", "gain"}, {}};
  double gain = 0;
  const auto row = [&](const char* what, const Message& request, int requests) {
    const double one = answered(1, request, requests);
    const double two = answered(2, request, requests);
    gain = two / one;
    table.rows.push_back({what, fmt::format("{:.0f}", one), fmt::format("{:.0f}", two),
                          fmt::format("{:.2f}", gain)});
    return one;
  };
  row("computes", compute, jobs);
  const double waits = row("waits 100 ms", wait, 200);
  story.table(table);
  const std::vector<std::uint64_t> cores = my_cores();
  const std::uint64_t together = turns(cores.front(), cores.front());
  std::uint64_t apart = 0;
  // On a busy machine the two may hardly ever have their cores at the same time: look again.
  for (int i = 0; i < 20 && cores.size() > 1 && apart <= 10 * together; ++i)
    apart = std::max(apart, turns(cores.front(), cores.back()));
  story.claim(
      "07.4", "cluster suits servers that must scale",
      waits > 50 && (cores.size() < 2 || apart > 10 * together),
      "on two cores two workers took {} turns in 100 ms, on one core {}: processes "
      "compute at the same moment. Requests that wait 100 ms came {:.0f} a second "
      "from one worker; one after another would be 10",
      apart, together, waits);
  story.nuance("07.4",
               "scale, yes; but the gain is in CPU, and ends with the cores ({} here). A "
               "server that mostly waits gains little by a second worker: {:.2f} times",
               cores.size(), gain);
}

}  // namespace lab07
