// What the loop does while its operations wait: it serves others, or it sleeps.
#include <fmt/format.h>

#include <algorithm>

#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"
#include "world/experiments.hpp"

namespace lab01 {

using namespace std::chrono_literals;
using lab::Story;
using lab::text::count;
using lab::text::time;

void overlap(Story& story, const Knobs& knobs) {
  const int sockets =
      story.quick() ? std::min(*knobs.connections, 100) : *knobs.connections;
  const auto one_by_one = sockets * *knobs.delay;
  story.say(
      "One thread opens {} connections, and each is answered after {}. Served one after "
      "the other, they would take {}.",
      sockets, time(*knobs.delay), time(one_by_one));
  story.picture(lab::Picture::curves, {"loop waiting"});
  const Overlap result = overlapping_waits(sockets, *knobs.delay);
  story.claim("01.1",
              result.answered == sockets && result.wall * 3 < one_by_one &&
                  result.threads_during == result.threads_before,
              "all {} answers came within {} instead of {}; the process had {} thread "
              "before the waits and {} during them",
              result.answered, time(result.wall), time(one_by_one), result.threads_before,
              result.threads_during);
  story.takeaway("Waits overlap, because no thread waits for any of them.");
}

void threads(Story& story, const Knobs&) {
  story.say(
      "First we note on which thread each callback runs. Then we keep all four threads "
      "of the pool busy. Whatever still makes progress does not need them.");
  story.picture(lab::Picture::strips, {"pool thread 1", "pool thread 2", "pool thread 3",
                                       "pool thread 4", "fs.stat", "TCP request"});
  const ThreadIds ids = threads_of_callbacks();
  story.claim(
      "01.2",
      ids.of_callbacks.size() == 1 && !ids.of_callbacks.contains(ids.of_pool_work),
      "timer, socket, close and pool callbacks ran on {} thread; the pool's work itself "
      "ran on another",
      ids.of_callbacks.size());
  story.nuance(
      "01.2",
      "JavaScript is single-threaded, but the process is not. This one now has {} "
      "threads; Node starts with 7 and has 11 after its first use of the pool.",
      ids.threads_after);
  const HeldPool held = pool_held();
  story.claim("01.3", held.tcp_answered && held.file_waited && held.file_done,
              "with all four pool threads held, a TCP request {} and fs.stat {}; once "
              "the threads were free, fs.stat {}",
              held.tcp_answered ? "was answered" : "got no answer",
              held.file_waited ? "had to wait" : "did not wait",
              held.file_done ? "was done" : "still was not done");
  story.takeaway("Sockets need no thread; files need one of the pool's four.");
}

void sleeping(Story& story, const Knobs&) {
  const auto wait = story.quick() ? 150ms : 400ms;
  story.say(
      "The loop waits {} for a timer: with nothing else to do, or with an active idle "
      "handle, as Node has while a setImmediate waits.",
      time(wait));
  const Sleep asleep = wait_for_timer(wait, false);
  const Sleep awake = wait_for_timer(wait, true);
  lab::Table table{"Waiting for one timer",
                   {"the loop", "wall time", "CPU", "iterations", "asleep in poll"},
                   {}};
  for (const auto& [what, seen] :
       {std::pair{"only waits", asleep}, std::pair{"has an idle handle", awake}}) {
    table.rows.push_back({what, time(seen.wall), time(seen.cpu), count(seen.iterations),
                          time(seen.in_poll)});
  }
  story.picture(lab::Picture::bars, {table.title});
  story.table(table);
  story.claim("01.9",
              asleep.in_poll * 2 > wait && asleep.iterations <= 10 &&
                  asleep.cpu * 5 < asleep.wall && awake.in_poll * 10 < wait,
              "with nothing else to do, the loop slept for {} of {} and used {} of CPU; "
              "with an idle handle it slept {}",
              time(asleep.in_poll), time(asleep.wall), time(asleep.cpu),
              time(awake.in_poll));
  lab::Table timeouts{"How long poll may sleep", {"active", "ms (-1: for ever)"}, {}};
  const auto all = backend_timeouts();
  for (const std::size_t shown : {1, 2, 4})
    timeouts.rows.push_back({all[shown].active, std::to_string(all[shown].timeout)});
  story.table(timeouts);
  story.claim("01.7",
              awake.idle_calls == awake.iterations &&
                  awake.prepare_calls == awake.iterations &&
                  awake.iterations > 100 * asleep.iterations && all[4].timeout == 0 &&
                  all[2].timeout == 50,
              "{} iterations made {} idle and {} prepare calls; an idle handle cuts "
              "poll's sleep to {} ms, from {} ms",
              count(awake.iterations), count(awake.idle_calls),
              count(awake.prepare_calls), all[4].timeout, all[2].timeout);
  story.nuance("01.7",
               "They are internal for JavaScript only. Node itself runs setImmediate "
               "with an idle and a check handle.");
  story.takeaway("The loop sleeps in poll, until the next timer or the next event.");
}

}  // namespace lab01
