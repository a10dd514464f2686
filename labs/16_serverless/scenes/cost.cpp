// cost.cpp: the same function in several languages: how long until it answers, and how much
// memory it keeps.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "lab/core/text.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "world/runtimes.hpp"

namespace lab16 {

namespace {

using Time = std::chrono::nanoseconds;

struct Start {
  Time boot, loading, total, warm;
  Time cpu;  // the process's own, until it has answered: a busy machine hardly changes it
  std::size_t memory;
};

Time cpu_time_of(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) == 0) clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + Time(time.tv_nsec);
}

Start start(const Runtime& runtime) {
  lab::uv::Loop loop;
  Stage stage(loop, runtime.name, runtime.function);
  const auto began = Clock::now();
  const Json reply = stage.call();
  const Time total = Clock::now() - began, cpu = cpu_time_of(reply["pid"]);
  const auto again = Clock::now();
  stage.call();
  const Time warm = Clock::now() - again;
  const Time first_line(reply["main"]), loaded(reply["loaded"]);
  const std::size_t memory = lab::resident_bytes(reply["pid"]);
  return {first_line - began.time_since_epoch(),
          loaded - first_line,
          total,
          warm,
          cpu,
          memory};
}

// The best of each phase. In turns, so that no busy moment hits one runtime alone.
std::vector<Start> best(const std::vector<Runtime>& all, int rounds) {
  std::vector<Start> seen;
  for (const Runtime& one : all) seen.push_back(start(one));
  for (int round = 1; round < rounds; ++round) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Start again = start(all[i]);
      for (const auto phase :
           {&Start::boot, &Start::loading, &Start::total, &Start::warm, &Start::cpu})
        seen[i].*phase = std::min(seen[i].*phase, again.*phase);
    }
  }
  return seen;
}

}  // namespace

void cost(Story& story, const Knobs& knobs) {
  story.say(
      "The same function starts under each runtime that this machine has. How long does "
      "it take until its first line runs, its modules are loaded, and it has replied? "
      "How much memory does it keep?");
  story.picture(Picture::bars, {"Cold start"});
  const std::vector<Runtime> all = runtimes(*knobs.modules);
  const std::vector<Start> seen = best(all, story.quick() ? 2 : 9);
  using lab::text::bytes, lab::text::time;
  lab::Table table{
      "Cold start", {"runtime", "memory", "boot", "loading", "CPU", "warm", "total"}, {}};
  for (std::size_t i = 0; i < all.size(); ++i)
    table.rows.push_back({all[i].name, bytes(seen[i].memory), time(seen[i].boot),
                          time(seen[i].loading), time(seen[i].cpu), time(seen[i].warm),
                          time(seen[i].total)});
  story.table(table);
  if (all.size() < 2 || all[1].name != "Node") {
    for (const char* claim : {"16.2", "16.3"})
      story.nuance(
          claim,
          "Node is not installed, so it was not measured: sudo apt install nodejs");
    return story.takeaway(
        "A cold start is the runtime's own, plus that of what you load.");
  }
  const Start &native = seen[0], &bare = seen[1], &tree = seen[2], &bundled = seen[3];
  story.claim(
      "16.2",
      bare.cpu > 5 * native.cpu && tree.cpu * 2 > bare.cpu * 3 &&
          bundled.cpu < tree.cpu && bare.warm < bare.total / 2,
      "Node used {} of CPU time until its first reply, the native program {}. With {} "
      "modules it was {}, with the same modules in one file {}. Control: Node's "
      "first reply took {}, the next one {}",
      time(bare.cpu), time(native.cpu), *knobs.modules, time(tree.cpu), time(bundled.cpu),
      time(bare.total), time(bare.warm));
  story.claim(
      "16.3",
      native.memory > 0 && bare.memory > 4 * native.memory && bare.memory < 128'000'000 &&
          tree.memory > bare.memory,
      "an idle Node instance kept {} of the 128 MB of Lambda's smallest size, and {} "
      "with {} modules. Control: the native program kept {}",
      bytes(bare.memory), bytes(tree.memory), *knobs.modules, bytes(native.memory));
  story.takeaway(
      "Node starts quickly enough, and is light beside many JVM services. What you load "
      "decides the rest: load less, bundle, use the compile cache.");
}

}  // namespace lab16
