// scaling.cpp: what a second process brings, by shares and by counts.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cluster.hpp"
#include "lab/proc.hpp"
#include "load.hpp"
#include "scenes.hpp"

namespace lab06 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

void spin_for(milliseconds time) {
  for (const auto end = Clock::now() + time; Clock::now() < end;) {
  }
}

// CPU time by wall time of so many threads that compute.
double cores_used(int threads) {
  const auto cpu = lab::cpu_time();
  const auto start = Clock::now();
  std::vector<std::jthread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back([] { spin_for(60ms); });
  all.clear();
  return std::chrono::duration<double>(lab::cpu_time() - cpu) / (Clock::now() - start);
}

}  // namespace

void one_core(Story& story) {
  double one = 0;
  double four = 0;
  for (int i = 0; i < 10 && (i < 2 || four < 1.5); ++i) {
    one = std::max(one, cores_used(1));
    four = std::max(four, cores_used(4));
  }
  const bool busy = std::thread::hardware_concurrency() < 2 || four < 1.5;
  story.claim(
      "06.1", "one Node process uses one core because it is single-threaded",
      one <= 1.05 && (busy || four > 1.5),
      "CPU time by wall time: {:.2f} with one thread. Control: {:.2f} with four{}", one,
      four, busy ? " (machine busy)" : "");
  story.nuance(
      "06.1",
      "its JavaScript does. libuv's pool and the garbage collector have threads of "
      "their own: asynchronous pbkdf2 in Node took 1.99 cores of two");
}

namespace {

struct Work {
  int most = 0;      // requests of the worker that had most
  double share = 0;  // of all the workers' CPU time, that of the busiest
  int at_once = 0;   // the most that each had under way, summed up
};

Work work(int workers, const char* target, int clients, int requests, bool keep_alive) {
  lab::uv::Loop loop;
  const Cluster cluster(loop, {.workers = workers});
  const LoadResult seen = load(loop, cluster.port(),
                               {.target = target,
                                .clients = clients,
                                .requests = requests,
                                .keep_alive = keep_alive});
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

}  // namespace

// Step 10: the CPU of one process is the limit of what computes; a wait costs none. By
// shares and counts: what a request costs of CPU time differs by a third on a busy machine.
void scaling(Story& story) {
  const int requests = story.quick() ? 80 : 240;
  const Work one = work(1, "/cpu", 4, requests, false);
  const Work two = work(2, "/cpu", 4, requests, false);
  // 40 kept connections, 20 for each of two workers: so what each had at most adds up.
  const Work wait_one = work(1, "/wait", 40, 200, true);
  const Work wait_two = work(2, "/wait", 40, 200, true);
  const double gain = 1.0 * one.most / two.most;
  const double wait_gain = 1.0 * wait_two.at_once / wait_one.at_once;
  lab::Table table{"What the busiest worker had to compute",
                   {"workers", "requests", "share of the CPU time"},
                   {}};
  for (const auto& [workers, seen] : {std::pair{1, one}, {2, two}})
    table.rows.push_back({std::to_string(workers), std::to_string(seen.most),
                          fmt::format("{:.0f} %", 100 * seen.share)});
  story.table(table);
  story.claim(
      "06.7", "all cores can be used", two.share < 0.8 && one.share > 0.99,
      "two workers shared the computing: the busiest did {:.0f} % of it. Control: a "
      "single worker did {:.0f} %, however many cores there are",
      100 * two.share, 100 * one.share);
  story.claim("06.8", "throughput rises", gain >= 1.4 && wait_gain <= 1.25,
              "of {} requests that compute a single worker had {}, the busier of two "
              "{}: their CPUs are enough for {:.2f} times as many. Control: requests "
              "that wait 50 ms, 40 clients: under way at once {} with one worker, {} "
              "with two, {:.2f} times",
              requests, one.most, two.most, gain, wait_one.at_once, wait_two.at_once,
              wait_gain);
  story.nuance(
      "06.8",
      "where requests wait, one worker holds all the waits already, and a second "
      "brings little: 902 and 972 requests a second in Node");
}

}  // namespace lab06
