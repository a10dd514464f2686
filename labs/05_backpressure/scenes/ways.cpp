// The same bytes in five ways, and one source with two sinks.
#include <algorithm>

#include "scenes/scenes.hpp"

namespace lab05 {

namespace trace = lab::trace;
using lab::Story;
using lab::text::bytes;

namespace {

struct Results {
  Counts ignored, hasty, by_hand, piped, pipelined;
};

std::size_t shortest(const std::vector<std::size_t>& pauses) {
  return pauses.empty() ? 0 : std::ranges::min(pauses);
}

// Each pause and each resume of the pump by hand, with the drain that caused it.
PumpObserver traced() {
  return {.on_pause =
              [](std::size_t queued, lab::Where decided) {
                trace::instant("pause", {.lane = "source", .args = {{"queued", queued}}},
                               decided);
              },
          .on_resume =
              [](lab::Where decided) {
                const auto drain = trace::instant("drain", {.lane = "sink"});
                trace::instant("resume", {.lane = "source", .cause = drain}, decided);
              }};
}

Counts run(Way way, const Plan& plan, lab::Table& table) {
  const Counts counts = run_transfer(
      way, plan,
      [&](const Transfer& transfer) { gauge("queued", name(way), transfer.queued()); },
      traced());
  table.rows.push_back({std::string(name(way)), std::to_string(counts.chunks),
                        std::to_string(counts.refusals),
                        std::to_string(counts.pauses.size()),
                        std::to_string(counts.drains), std::to_string(counts.resumes),
                        bytes(counts.longest_queue)});
  return counts;
}

void prove_pipe(Story& story, const Plan& plan, const Results& results) {
  const auto& [ignored, hasty, by_hand, piped, pipelined] = results;
  const std::size_t bound = plan.high_water_mark + plan.chunk;
  story.claim("05.3",
              piped.longest_queue <= bound && piped.received == plan.total &&
                  ignored.longest_queue > bound,
              "pipe() never queued more than {} and delivered all {}. Control: with the "
              "signal ignored, {} were queued",
              bytes(piped.longest_queue), bytes(piped.received),
              bytes(ignored.longest_queue));
  story.claim("05.4",
              !piped.pauses.empty() && shortest(piped.pauses) >= plan.high_water_mark &&
                  ignored.pauses.empty(),
              "pipe() paused the source {} times for {} chunks, each time with at least "
              "{} queued (the mark is {}). Control: with the signal ignored, the source "
              "was never paused",
              piped.pauses.size(), piped.chunks, bytes(shortest(piped.pauses)),
              bytes(plan.high_water_mark));
}

// The first resume starts the source; each one after it must follow a drain of its own.
bool one_resume_each_drain(const Counts& counts) {
  return counts.resumes_without_drain == 0 && counts.drains > 0 &&
         counts.resumes == counts.drains + 1;
}

void prove_resumes(Story& story, const Results& results) {
  const auto& [ignored, hasty, by_hand, piped, pipelined] = results;
  story.claim("05.5", one_resume_each_drain(piped) && hasty.resumes_without_drain > 0,
              "{} drains were followed by {} resumes, none without a drain. Control: the "
              "hasty way resumed {} times without a drain and queued {}",
              piped.drains, piped.resumes - 1, hasty.resumes_without_drain,
              bytes(hasty.longest_queue));
  story.claim("05.6",
              by_hand.pauses == piped.pauses && pipelined.pauses == piped.pauses &&
                  by_hand.longest_queue == piped.longest_queue &&
                  by_hand.received == piped.received &&
                  ignored.longest_queue > by_hand.longest_queue,
              "by hand: {} pauses and at most {} queued; pipe(): {} and {}; pipeline(): "
              "{} and {}. Control: with the signal ignored, {} were queued",
              by_hand.pauses.size(), bytes(by_hand.longest_queue), piped.pauses.size(),
              bytes(piped.longest_queue), pipelined.pauses.size(),
              bytes(pipelined.longest_queue), bytes(ignored.longest_queue));
}

}  // namespace

void ways(Story& story, const Knobs& knobs) {
  Plan plan = knobs.plan();
  const std::size_t marks = std::max(plan.high_water_mark, plan.chunk) / plan.chunk + 1;
  const std::size_t least = plan.sink_rate * (story.quick() ? 250 : 1000) / plan.chunk;
  plan.total = std::max(least, 8 * marks) * plan.chunk;
  lab::Table table{.title = "What is done when write() returns false",
                   .columns = {"way", "chunks", "false", "pauses", "drains", "resumes",
                               "longest queue"},
                   .rows = {}};
  story.say(
      "Five ways carry {} to a slow reader. The high-water mark is {}. They differ in "
      "what they do when write() returns false.",
      bytes(plan.total), bytes(plan.high_water_mark));
  story.picture(lab::Picture::bars, {table.title});
  const Results results{.ignored = run(Way::ignore, plan, table),
                        .hasty = run(Way::hasty, plan, table),
                        .by_hand = run(Way::by_hand, plan, table),
                        .piped = run(Way::pipe, plan, table),
                        .pipelined = run(Way::pipeline, plan, table)};
  story.table(table);
  prove_pipe(story, plan, results);
  prove_resumes(story, results);
  story.nuance("05.2",
               "These bytes had an end, so ignoring the signal only cost memory. That is "
               "why the bug passes every test and shows up in production.");
  story.takeaway(
      "Pause when write() returns false, and resume on drain. pipe() does exactly that.");
}

void two_sinks(Story& story, const Knobs& knobs) {
  Plan plan = knobs.plan();
  const std::size_t fast_rate = 8 * plan.sink_rate;
  lab::Table table{"What arrived in 250 ms", {"reader", "bytes"}, {}};
  story.say(
      "One source is piped into two sockets. One reader takes {} per millisecond, the "
      "other {}. The control is the fast reader alone.",
      bytes(fast_rate), bytes(plan.sink_rate));
  story.picture(lab::Picture::bars, {table.title});
  Transfer transfer(plan);
  Outlet& slow = transfer.outlet;
  Outlet fast(transfer.ticks, transfer.loop, plan.high_water_mark, plan.kernel_buffer);
  std::vector<std::size_t> pauses;  // what the fuller sink had queued at each
  transfer.ticks.run([&] {
    carry(Way::pipe, transfer.source, fast.sink);
    carry(Way::pipe, transfer.source, slow.sink);
    transfer.source.on_pause([&] {
      pauses.push_back(
          std::max(fast.sink.writable_length(), slow.sink.writable_length()));
    });
  });
  transfer.run([&] {
    fast.reader.read(fast_rate);
    gauge("queued", "fast sink", fast.sink.writable_length());
    gauge("queued", "slow sink", slow.sink.writable_length());
    if (transfer.milliseconds == 250) transfer.stop();
  });
  plan.sink_rate = fast_rate;
  Transfer alone(plan);
  alone.ticks.run([&] { carry(Way::pipe, alone.source, alone.outlet.sink); });
  alone.run([&] {
    if (alone.milliseconds == 250) alone.stop();
  });
  const std::size_t by_itself = alone.outlet.reader.received();

  // The two may differ by a full queue, and by what the kernel holds for one of them.
  const std::size_t slack = plan.high_water_mark + plan.chunk + 8 * plan.kernel_buffer;
  const std::size_t by_fast = fast.reader.received(), by_slow = slow.reader.received();
  table.rows = {{"the fast reader alone", bytes(by_itself)},
                {"the fast reader, with the slow one", bytes(by_fast)},
                {"the slow reader", bytes(by_slow)}};
  story.table(table);
  story.claim("05.4",
              shortest(pauses) >= plan.high_water_mark && by_fast <= by_slow + slack &&
                  by_itself > 2 * by_fast,
              "the slower of the two sinks set the pace: its reader got {}, and the "
              "reader that is 8 times as fast got only {}. Control: alone that reader "
              "got {}",
              bytes(by_slow), bytes(by_fast), bytes(by_itself));
  story.takeaway("If one source feeds several sinks, the slowest sets the pace for all.");
}

}  // namespace lab05
