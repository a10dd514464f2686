// Timers and immediates: when they run, and which runs first.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/experiments.hpp"

namespace lab01 {

using namespace std::chrono_literals;
using lab::Story;
using lab::text::time;

void timers(Story& story, const Knobs&) {
  const int many = story.quick() ? 200 : 2000;
  story.say(
      "We set {} timers of 1 to 20 ms and note how long after its delay each one fires, "
      "by the loop's clock.",
      many);
  const Punctuality seen = punctuality(many);
  const auto ms = [](std::chrono::microseconds late) {
    return fmt::format("{:.2f}", static_cast<double>(late.count()) / 1000);
  };
  const lab::Table table{
      "How long after its delay a timer fires, in ms",
      {"measured with", "from", "to"},
      {{"the loop's clock", ms(seen.late_by_loop.least), ms(seen.late_by_loop.most)}}};
  story.picture(lab::Picture::axis, {table.title});
  story.table(table);
  story.claim("01.5",
              seen.fired == many && seen.outside_timers == 0 &&
                  seen.late_by_loop.least >= 0ms && seen.late_by_wall.least > -1ms,
              "{} timers fired, {} of them outside the timers phase; by the loop's clock "
              "they were between {} and {} late",
              seen.fired, seen.outside_timers, time(seen.late_by_loop.least),
              time(seen.late_by_loop.most));
  story.nuance("01.5",
               "The loop's clock counts whole milliseconds, so on a finer clock a timer "
               "may fire up to 1 ms early: here up to {}. Node "
               "turns a delay of 0, a negative delay and a delay over 2^31-1 ms into 1 "
               "ms.",
               time(std::max(0us, -seen.late_by_wall.least)));
  story.takeaway("A timer's delay is a minimum, never a promise.");
}

void immediates(Story& story, const Knobs& knobs) {
  const int runs = story.quick() ? 100 : 400;
  story.say(
      "We call setTimeout(0) and then setImmediate: {} times from the main program, "
      "which then works for {} µs, and {} times from an I/O callback.",
      runs, *knobs.busy, runs);
  const std::map<std::string, int> none{{"immediate > timeout", 0},
                                        {"timeout > immediate", 0}};
  std::map<std::string, int> main = none, io = none;  // an order that never came is shown
  for (int i = 0; i < runs; ++i) {
    ++main[from_main(std::chrono::microseconds(*knobs.busy))];
    ++io[from_io()];
  }
  const lab::Table inside = lab::distribution("From an I/O callback", io);
  const lab::Table race = lab::distribution("From the main program", main);
  story.picture(lab::Picture::bars, {inside.title, race.title});
  story.table(inside);
  story.table(race);
  story.claim("01.10", io["immediate > timeout"] == runs,
              "in an I/O callback the immediate ran first {} of {} times",
              io["immediate > timeout"], runs);
  story.takeaway(
      "In an I/O callback setImmediate always runs first; in the main program it is a "
      "race.");
}

void node(Story& story, const Knobs&) {
  story.say(
      "Seven small programs run on libuv. node.mjs plays the same seven in Node, and a "
      "test compares the orders.");
  story.picture(lab::Picture::sequence,
                {"program", "timers", "pending", "check", "closing"});
  const auto draw = [](const PhaseLog::Entry& entry) {
    lab::trace::instant(entry.what, {.lane = name(entry.phase)}, entry.where);
  };
  lab::Table table{"On this libuv", {"scene", "order"}, {}};
  for (const Twin& twin : node_scenes()) {
    lab::trace::instant(twin.name, {.lane = "program"});
    table.rows.push_back({twin.name, twin.play(draw)});
  }
  story.table(table);
  story.takeaway(
      "To predict an order, follow the cycle from the phase where your code runs.");
}

}  // namespace lab01
