// cost.cpp: the same function in several languages: how long until it answers, and how much
// memory it keeps.
#include <fmt/format.h>

#include <algorithm>

#include "lab/core/text.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "scenes/stage.hpp"
#include "world/runtimes.hpp"

namespace lab16 {

namespace {

using Time = std::chrono::nanoseconds;

struct Start {
  Time boot{}, loading{}, answer{}, total{}, warm{};
  std::size_t memory = 0;
};

Start start(const Runtime& runtime) {
  lab::uv::Loop loop;
  Stage stage(loop, runtime.name, runtime.function, {.deadline = 30s});
  const auto began = Clock::now();
  const Json reply = stage.call();
  Start seen{.total = Clock::now() - began};
  const Time first_line(reply["main"]), loaded(reply["loaded"]);
  seen.boot = first_line - began.time_since_epoch();
  seen.loading = loaded - first_line;
  seen.answer = seen.total - seen.boot - seen.loading;
  const auto again = Clock::now();
  stage.call();
  seen.warm = Clock::now() - again;
  seen.memory = lab::resident_bytes(stage.pid());
  return seen;
}

// The median of each phase: in turns, so that a busy moment does not hit one of them alone.
std::vector<Start> starts(const std::vector<Runtime>& all, int rounds) {
  std::vector<std::vector<Start>> seen(all.size());
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < all.size(); ++i) seen[i].push_back(start(all[i]));
  std::vector<Start> medians;
  for (auto& rounds_of_one : seen) {
    Start& median = medians.emplace_back();
    for (Time Start::*phase :
         {&Start::boot, &Start::loading, &Start::answer, &Start::total, &Start::warm}) {
      std::ranges::sort(rounds_of_one, {}, phase);
      median.*phase = rounds_of_one[rounds_of_one.size() / 2].*phase;
    }
    median.memory = rounds_of_one.back().memory;
  }
  return medians;
}

void say_what_is_absent(Story& story, const char* id) {
  if (const std::string install = absent(); !install.empty())
    story.nuance(id, "Not all runtimes are here to be compared: {}", install);
}

}  // namespace

void cold_start(Story& story, const Knobs& knobs) {
  story.say(
      "The same function starts under each runtime that this machine has. Three phases: "
      "until its first line runs, until its modules are loaded, until it has answered.");
  story.picture(Picture::bars, {"Cold start"});
  const std::vector<Runtime> all = runtimes(*knobs.modules);
  const std::vector<Start> seen = starts(all, story.quick() ? 3 : 9);
  lab::Table table{"Cold start",
                   {"runtime", "first line", "loading", "answer", "warm call", "total"},
                   {}};
  using lab::text::time;
  for (std::size_t i = 0; i < all.size(); ++i) {
    table.rows.push_back({all[i].name, time(seen[i].boot), time(seen[i].loading),
                          time(seen[i].answer), time(seen[i].warm), time(seen[i].total)});
  }
  story.table(table);
  say_what_is_absent(story, "16.2");
  if (node()) {
    const Start &native = seen[0], &bare = seen[1], &modules = seen[2],
                &bundled = seen[3];
    story.claim("16.2",
                bare.total > 2 * native.total && bare.warm < bare.total / 2 &&
                    modules.total > bare.total * 5 / 4 &&
                    bundled.loading < modules.loading * 2 / 3,
                "Node answered first after {}, the native program after {}; {} modules "
                "made it {}, in one file {}. Control: a warm call took {}",
                time(bare.total), time(native.total), *knobs.modules, time(modules.total),
                time(bundled.total), time(bare.warm));
  }
  story.takeaway(
      "Node is quick enough to start. What you load decides the rest: load less, bundle "
      "it, and use the compile cache.");
}

void memory(Story& story, const Knobs& knobs) {
  story.say(
      "Each runtime has one instance, frozen after two calls. How much memory does it "
      "keep? "
      "The smallest size on Lambda is 128 MB.");
  story.picture(Picture::bars, {"Memory of an idle instance"});
  const std::vector<Runtime> all = runtimes(*knobs.modules);
  const std::vector<Start> seen = starts(all, 1);
  lab::Table table{"Memory of an idle instance", {"runtime", "resident"}, {}};
  for (std::size_t i = 0; i < all.size(); ++i)
    table.rows.push_back({all[i].name, lab::text::bytes(seen[i].memory)});
  story.table(table);
  say_what_is_absent(story, "16.3");
  if (node()) {
    const std::size_t native = seen[0].memory, bare = seen[1].memory;
    story.claim(
        "16.3",
        native > 0 && bare > 4 * native && bare < 128'000'000 && seen[2].memory > bare,
        "an idle Node instance kept {}, and {} with {} modules. Control: the native "
        "program kept {}",
        lab::text::bytes(bare), lab::text::bytes(seen[2].memory), *knobs.modules,
        lab::text::bytes(native));
  }
  story.takeaway(
      "Node is light beside most JVM services, and heavy beside a native program. Memory "
      "times time is the bill.");
}

}  // namespace lab16
