// cost.cpp: the same function in several languages: how long until it answers, and how much
// memory it keeps.
#include <fmt/format.h>

#include <algorithm>

#include "lab/core/text.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "world/runtimes.hpp"

namespace lab16 {

namespace {

using Time = std::chrono::nanoseconds;

struct Start {
  Time boot, loading, total, warm;
  std::size_t memory;
};

Start start(const Runtime& runtime) {
  lab::uv::Loop loop;
  Stage stage(loop, runtime.name, runtime.function);
  const auto began = Clock::now();
  const Json reply = stage.call();
  const auto answered = Clock::now();
  stage.call();
  const Time first_line(reply["main"]), loaded(reply["loaded"]);
  return {first_line - began.time_since_epoch(), loaded - first_line, answered - began,
          Clock::now() - answered, lab::resident_bytes(reply["pid"])};
}

// The fastest of each: in turns, so that no busy moment hits one of them alone.
std::vector<Start> fastest(const std::vector<Runtime>& all, int rounds) {
  std::vector<Start> best;
  for (const Runtime& one : all) best.push_back(start(one));
  for (int round = 1; round < rounds; ++round)
    for (std::size_t i = 0; i < all.size(); ++i)
      best[i] = std::min(best[i], start(all[i]),
                         [](auto& a, auto& b) { return a.total < b.total; });
  return best;
}

}  // namespace

void cost(Story& story, const Knobs& knobs) {
  story.say(
      "The same function starts under each runtime that this machine has. How long until "
      "its first line runs, until its modules are loaded, until it has answered? And how "
      "much memory does it keep while it is frozen?");
  story.picture(Picture::bars, {"Cold start"});
  const std::vector<Runtime> all = runtimes(*knobs.modules);
  const std::vector<Start> seen = fastest(all, story.quick() ? 3 : 9);
  using lab::text::bytes, lab::text::time;
  lab::Table table{"Cold start",
                   {"runtime", "memory", "first line", "loading", "warm call", "total"},
                   {}};
  for (std::size_t i = 0; i < all.size(); ++i)
    table.rows.push_back({all[i].name, bytes(seen[i].memory), time(seen[i].boot),
                          time(seen[i].loading), time(seen[i].warm),
                          time(seen[i].total)});
  story.table(table);
  if (!has_node()) {
    story.nuance("16.2", "Node is not here to be measured: sudo apt install nodejs");
    return story.takeaway("A cold start is the runtime's, and that of what you load.");
  }
  const Start &native = seen[0], &bare = seen[1], &tree = seen[2], &bundled = seen[3];
  story.claim("16.2",
              bare.total > 2 * native.total && tree.total * 4 > bare.total * 5 &&
                  bundled.loading * 3 < tree.loading * 2 && bare.warm < bare.total / 2,
              "Node answered first after {}, the native program after {}. Loading {} "
              "modules made it {}, and the same modules in one file {}. Control: a warm "
              "call took {}",
              time(bare.total), time(native.total), *knobs.modules, time(tree.total),
              time(bundled.total), time(bare.warm));
  story.claim(
      "16.3",
      native.memory > 0 && bare.memory > 4 * native.memory && bare.memory < 128'000'000 &&
          tree.memory > bare.memory,
      "an idle Node instance kept {} of the 128 MB of Lambda's smallest size, and {} "
      "with {} modules. Control: the native program kept {}",
      bytes(bare.memory), bytes(tree.memory), *knobs.modules, bytes(native.memory));
  story.takeaway(
      "Node is quick enough to start, and light beside many JVM services. What you load "
      "decides the rest: load less, bundle it, and use the compile cache.");
}

}  // namespace lab16
