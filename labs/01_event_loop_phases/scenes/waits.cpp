// What the loop does while its operations wait: it serves others, or it sleeps.
#include <fmt/format.h>

#include <algorithm>

#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"
#include "world/experiments.hpp"

namespace lab01 {

using namespace std::chrono_literals;
using lab::Story;
using lab::text::time;

void overlap(Story& story, const Knobs& knobs) {
  const int sockets =
      story.quick() ? std::min(*knobs.connections, 100) : *knobs.connections;
  const auto one_by_one = sockets * *knobs.delay;
  story.say(
      "{} connections on one thread are each answered after {}. One after the other that "
      "would take {}.",
      sockets, time(*knobs.delay), time(one_by_one));
  story.picture(lab::Picture::curves, {"loop waiting"});
  const Overlap result = overlapping_waits(sockets, *knobs.delay);
  story.claim(
      "01.1",
      result.answered == sockets && result.wall * 3 < one_by_one &&
          result.threads_during == result.threads_before,
      "{} answers came in {} instead of {}; threads of the process: {} before, {} "
      "meanwhile",
      result.answered, time(result.wall), time(one_by_one), result.threads_before,
      result.threads_during);
  story.takeaway("Waits overlap, because no thread waits for any of them.");
}

void threads(Story& story, const Knobs&) {
  story.say(
      "First we ask each callback for its thread. Then we hold all four threads of the "
      "pool: whatever still makes progress did not need them.");
  story.picture(lab::Picture::slots, {"pool thread 1", "pool thread 2", "pool thread 3",
                                      "pool thread 4", "pool queue"});
  const ThreadIds ids = threads_of_callbacks();
  story.claim(
      "01.2",
      ids.of_callbacks.size() == 1 && !ids.of_callbacks.contains(ids.of_pool_work),
      "the callbacks of timer, socket, close and pool work ran on {} thread; the "
      "pool work itself ran on another",
      ids.of_callbacks.size());
  story.nuance("01.2",
               "JavaScript is single-threaded, the process is not. This one now has {} "
               "threads; Node starts with 7 and has 11 after its first use of the pool.",
               ids.threads_after);
  const HeldPool held = pool_held();
  const auto yes = [](bool truth) { return truth ? "yes" : "no"; };
  story.claim("01.3", held.tcp_answered && held.file_waited && held.file_done,
              "with the pool held, TCP answered: {}, and fs.stat waited: {}; with the "
              "pool free, fs.stat was done: {}",
              yes(held.tcp_answered), yes(held.file_waited), yes(held.file_done));
  story.takeaway("Sockets need no thread; files need one of the pool's four.");
}

void sleeping(Story& story, const Knobs&) {
  const auto wait = story.quick() ? 150ms : 400ms;
  story.say(
      "The loop waits {} for a timer, once with nothing else to do and once with an idle "
      "handle active, which is what a setImmediate does to it.",
      time(wait));
  const Sleep asleep = wait_for_timer(wait, false);
  const Sleep awake = wait_for_timer(wait, true);
  lab::Table table{"Waiting for one timer",
                   {"loop", "wall", "CPU", "iterations", "asleep in poll"},
                   {}};
  for (const auto& [what, seen] : {std::pair{"has nothing else to do", asleep},
                                   std::pair{"has an active idle handle", awake}}) {
    table.rows.push_back({what, time(seen.wall), time(seen.cpu),
                          std::to_string(seen.iterations), time(seen.in_poll)});
  }
  story.picture(lab::Picture::bars, {table.title});
  story.table(table);
  story.claim("01.9",
              asleep.in_poll * 2 > wait && asleep.iterations <= 10 &&
                  asleep.cpu * 5 < asleep.wall && awake.in_poll * 10 < wait,
              "with nothing to do the loop slept {} of {} in poll and used {} of CPU; "
              "with an idle handle it slept {}",
              time(asleep.in_poll), time(asleep.wall), time(asleep.cpu),
              time(awake.in_poll));
  lab::Table timeouts{"How long poll may sleep", {"active", "ms (-1: for ever)"}, {}};
  const auto all = backend_timeouts();
  for (const auto& [active, timeout] : all)
    timeouts.rows.push_back({active, std::to_string(timeout)});
  story.table(timeouts);
  story.claim("01.7",
              awake.idle_calls == awake.iterations &&
                  awake.prepare_calls == awake.iterations &&
                  awake.iterations > 100 * asleep.iterations && all[4].timeout == 0 &&
                  all[2].timeout == 50,
              "{} iterations made {} idle and {} prepare calls; an active idle handle "
              "lets poll sleep {} ms instead of {} ms",
              awake.iterations, awake.idle_calls, awake.prepare_calls, all[4].timeout,
              all[2].timeout);
  story.nuance("01.7",
               "Idle and prepare are internal for JavaScript only. In libuv they are "
               "public, and Node runs setImmediate with an idle and a check handle.");
  story.takeaway("The loop sleeps in poll, until the next timer or the next event.");
}

}  // namespace lab01
