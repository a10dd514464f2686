// cures.cpp: the same sum, run in ways that block the loop and in ways that do not.
#include <vector>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/jobs.hpp"
#include "world/pulse.hpp"
#include "world/service.hpp"

namespace lab23 {

namespace {

struct Way {
  std::string name;
  Job job;
};

// Step 5: six ways to run one sum.
std::vector<Way> ways_to_sum(std::uint64_t steps, std::chrono::nanoseconds slice,
                             Service& service) {
  return {
      {"in one go", [=](Backend&, const Done& done) { done(sum(steps)); }},
      // Until its first await, an async function is a function: the sum is done by then.
      {"an async function",
       [=](Backend& backend, const Done& done) {
         const std::uint64_t result = sum(steps);
         backend.ticks.next_tick([=] { done(result); });
       }},
      {"slices, nextTick or promise", sliced_sum(steps, slice, Queue::ticks)},
      {"slices, setImmediate", sliced_sum(steps, slice, Queue::immediates)},
      {"a worker thread",
       [=](Backend& backend, const Done& done) {
         if (!backend.worker.run([=] { return sum(steps); }, done)) done(0);
       }},
      {"another process",
       [=, &service](Backend& backend, const Done& done) {
         service.sum(backend.loop, steps, done);
       }},
  };
}

}  // namespace

void cures(Story& story, const Knobs& knobs) {
  story.say(
      "The same sum runs in six ways. Three of them should stop the loop's timer: in one "
      "go, in an async function, and in slices by nextTick.");
  story.picture(lab::Picture::strips,
                {"in one go", "an async function", "slices, nextTick or promise",
                 "slices, setImmediate", "a worker thread", "another process"});
  Service service;
  lab::trace::actor("another process", lab::trace::Actor::process, service.pid());
  const std::uint64_t steps = steps_for(knobs.job_for(story));
  lab::Table table{"The same sum", {"how", "the timer", "slices", "beats"}, {}};
  std::vector<Pulse> all;
  for (const Way& way : ways_to_sum(steps, *knobs.slice, service)) {
    const Pulse& pulse = all.emplace_back(pulse_during(way.name, way.job));
    table.rows.push_back({way.name, pulse.kept_going() ? "keeps firing" : "stops",
                          std::to_string(pulse.slices), std::to_string(pulse.beats)});
  }
  story.table(table);
  const Pulse &whole = all[0], &async = all[1], &ticks = all[2], &cut = all[3],
              &worker = all[4], &process = all[5];
  const auto cures = [&whole](const Pulse& pulse) {
    return whole.stopped() && pulse.kept_going() && pulse.result == whole.result;
  };
  story.claim("23.6",
              cures(cut) && cut.slices > 3 && ticks.slices > 3 && ticks.stopped() &&
                  async.stopped(),
              "with setImmediate between {} slices the timer fired {} times. Controls: "
              "with nextTick between {} slices it fired {} times, and during an async "
              "function {} times",
              cut.slices, cut.beats, ticks.slices, ticks.beats, async.beats);
  story.nuance("23.6",
               "Node runs ticks and promises before the loop goes on. And an async "
               "function runs synchronously until its first await.");
  story.claim(
      "23.7", cures(worker),
      "with the sum on a worker the timer fired {} times. Control: with the sum on "
      "the loop, {} times",
      worker.beats, whole.beats);
  story.claim(
      "23.8", cures(process),
      "with the sum in another process the timer fired {} times. Control: with the "
      "sum on the loop, {} times",
      process.beats, whole.beats);
  story.takeaway("Slice the work with setImmediate or move it off the loop.");
}

}  // namespace lab23
