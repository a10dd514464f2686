// scaling.cpp: what one process can use, and what a second one brings, by shares and counts.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "world/load.hpp"

namespace lab06 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

void spin_for(milliseconds time) {
  for (const auto end = Clock::now() + time; Clock::now() < end;) continue;
}

// How long this thread has had a core, or could have used one that it did not get.
std::chrono::nanoseconds runnable() {
  long on_core = 0, waited = 0;
  std::ifstream("/proc/thread-self/schedstat") >> on_core >> waited;
  return std::chrono::nanoseconds(on_core + waited);
}

struct Cores {
  double used = 0;
  double wanted = 0;  // threads that ran or waited for a core, on average
};

// CPU time by wall time of so many threads that compute. How many cores they wanted does not
// depend on what else this machine does.
Cores cores_of(int threads) {
  std::atomic<std::chrono::nanoseconds::rep> wanted = 0;
  const auto cpu = lab::cpu_time();
  const auto start = Clock::now();
  std::vector<std::jthread> all;
  for (int i = 0; i < threads; ++i)
    all.emplace_back([&] {
      spin_for(60ms);
      wanted += runnable().count();
    });
  all.clear();
  const std::chrono::duration<double> wall = Clock::now() - start;
  return {std::chrono::duration<double>(lab::cpu_time() - cpu) / wall,
          std::chrono::duration<double>(std::chrono::nanoseconds(wanted)) / wall};
}

}  // namespace

void one_core(Story& story, const Knobs&) {
  story.say(
      "First one thread computes, as JavaScript does, and then four threads do. We "
      "measure how many of them run or wait for a core at the same moment. One thread "
      "should never want more than one core, however many the machine has.");
  constexpr const char* kWanted =
      "Threads that run or wait for a core at the same moment";
  constexpr const char* kCores = "cores of this machine";
  story.picture(Picture::bars, {kWanted, kCores});
  lab::trace::counter(kCores, std::thread::hardware_concurrency());
  Cores one, four;
  for (int i = 0; i < 10 && (i < 2 || four.used < 1.5); ++i) {
    for (auto [most, threads] : {std::pair{&one, 1}, {&four, 4}}) {
      const Cores now = cores_of(threads);
      *most = {std::max(most->used, now.used), std::max(most->wanted, now.wanted)};
    }
  }
  story.table({kWanted,
               {"a process with", "threads"},
               {{"one thread, as in JavaScript", fmt::format("{:.1f}", one.wanted)},
                {"four threads", fmt::format("{:.1f}", four.wanted)}}});
  const bool busy = std::thread::hardware_concurrency() < 2 || four.used < 1.5;
  story.claim("06.1", one.used <= 1.05 && four.wanted > 2 * one.wanted,
              "one thread used {:.2f} cores. Control: four threads of the same process "
              "used {:.2f}{} and wanted {:.1f}",
              one.used, four.used,
              busy ? ", because this machine is busy or has one core," : "", four.wanted);
  story.nuance(
      "06.1",
      "This is true only of the JavaScript. libuv's pool and the garbage collector have "
      "their own threads. Asynchronous pbkdf2 used 1.99 cores in Node.");
  story.takeaway("One thread of JavaScript cannot use more than one core.");
}

namespace {

constexpr const char* kWaiting = "Requests that only wait, in flight at once";

struct Work {
  int most = 0;      // requests of the worker that had most
  double share = 0;  // of all the workers' CPU time, that of the busiest
  int at_once = 0;   // the most that each had under way, summed up
};

Work work(int workers, const LoadConfig& config) {
  lab::uv::Loop loop;
  const Cluster cluster(loop, {.workers = workers});
  const LoadResult seen = load(loop, cluster.port(), config);
  std::chrono::duration<double> all{}, busiest{};
  Work result;
  for (const auto& [pid, one] : seen.workers) {
    all += one.cpu;
    busiest = std::max<std::chrono::duration<double>>(busiest, one.cpu);
    result.most = std::max(result.most, one.answers);
    result.at_once += one.most_at_once;
  }
  result.share = busiest / all;
  return result;
}

Work compute(int workers, int requests) {
  return work(workers, {.target = "/cpu", .requests = requests, .keep_alive = false});
}

// 40 kept connections: what each worker had at most adds up.
Work wait(int workers) {
  return work(workers, {.target = "/wait", .clients = 40, .requests = 200});
}

}  // namespace

// Step 12: one process limits the work that computes, and waiting needs no CPU. We compare
// shares and counts, because times are unreliable on a busy machine.
void scaling(Story& story, const Knobs&) {
  const int requests = story.quick() ? 80 : 240;
  story.say(
      "{} requests that compute go to one worker, and then to two. The busier of the two "
      "should have about half of the work. Requests that only wait should gain nothing.",
      requests);
  story.picture(Picture::bars, {"What the busiest worker had to compute", kWaiting});
  const Work one = compute(1, requests);
  Work two = compute(2, requests);
  // On a busy machine the primary may pass over a worker that has no core: look again.
  for (int again = 0; again < 9 && two.most * 1.4 > one.most; ++again)
    two = compute(2, requests);
  const Work wait_one = wait(1), wait_two = wait(2);
  const double gain = 1.0 * one.most / two.most;
  const double wait_gain = 1.0 * wait_two.at_once / wait_one.at_once;
  const auto row = [](const char* workers, const Work& seen) {
    return std::vector<std::string>{workers, std::to_string(seen.most),
                                    lab::text::percent(seen.share)};
  };
  story.table({"What the busiest worker had to compute",
               {"workers", "requests", "share of the CPU time"},
               {row("1", one), row("2", two)}});
  story.table({kWaiting,
               {"workers", "at once"},
               {{"1", std::to_string(wait_one.at_once)},
                {"2", std::to_string(wait_two.at_once)}}});
  story.claim("06.7", two.share < 0.8 && one.share > 0.99,
              "the busier of two workers used {} of the CPU time. Control: a single "
              "worker used {}, however many cores there are",
              lab::text::percent(two.share), lab::text::percent(one.share));
  story.claim("06.8", gain >= 1.4 && wait_gain <= 1.25,
              "the busier of two workers computed {} of {} requests, so one worker alone "
              "had {:.1f} times as much to do. Control: of requests that wait 50 ms, one "
              "worker already had {} in flight at once, and two had {}",
              two.most, requests, gain, wait_one.at_once, wait_two.at_once);
  story.nuance("06.8",
               "If requests only wait, a second worker gains little. One worker can "
               "already keep them all in flight.");
  story.takeaway("More workers help if the CPU is the limit, and not otherwise.");
}

}  // namespace lab06
