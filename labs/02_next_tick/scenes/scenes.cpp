#include "scenes/scenes.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "world/puzzles.hpp"
#include "world/starvation.hpp"

namespace lab02 {

using namespace std::chrono_literals;
namespace trace = lab::trace;
using lab::Story;
using lab::text::time;

namespace {

// Draws the queues of an Environment, and the jobs as the thread takes them.
void draw(Environment& node) {
  node.on_put = [](std::string_view queue, std::string_view name, lab::Where where) {
    return trace::queued(name, {.lane = queue}, where);
  };
  node.on_take = [](std::string_view queue, std::string_view name, std::uint64_t put,
                    lab::Where where) {
    trace::taken(put, name, {.lane = queue}, where);
    trace::instant(name, {.lane = "the thread", .cause = put}, where);
  };
}

// How often the order is `expected`.
int count(int runs, const std::string& expected, const Program& program,
          Drain drain = Drain::after_each_callback) {
  int same = 0;
  for (int i = 0; i < runs; ++i) same += order_of(program, drain) == expected;
  return same;
}

}  // namespace

void before(Story& story, const Knobs&) {
  story.say(
      "The main program queues an immediate and a tick. The loop has not started yet.");
  story.picture(lab::Picture::sequence, {"the thread", "nextTick queue", "immediates"});
  Environment node;
  draw(node);
  const IterationsBegun seen = iterations_begun(node);
  story.claim(
      "02.1", seen.at_tick == 0 && seen.at_immediate == 1,
      "{} loop iterations had begun when the tick ran, and {} when the immediate ran",
      seen.at_tick, seen.at_immediate);
  story.takeaway("The names mislead: nextTick runs sooner than setImmediate.");
}

void drain(Story& story, const Knobs&) {
  story.say(
      "Two immediates, I1 and I2, are queued. I1 queues a tick t and a promise p, and p "
      "queues a tick t2 and a promise p2. All of them should run before I2.");
  story.picture(lab::Picture::sequence,
                {"the thread", "nextTick queue", "microtask queue", "immediates"});
  const std::string order = order_of(two_immediates, Drain::after_each_callback, draw);
  const int runs = story.quick() ? 100 : 1000;
  const std::string between = "1 > tick 1 > 2 > tick 2 > 3 > tick 3";
  const int held = std::min(count(runs, between, three_immediates),
                            count(runs, between, three_timeouts));
  const std::string control = order_of(three_immediates, Drain::loops_end);
  story.table({"Three immediates, each with a tick",
               {"the queues are drained", "order"},
               {{"after each callback", order_of(three_immediates)},
                {"control: when the loop ends", control}}});
  story.claim("02.2",
              held == runs && order == "I1 > t > p > p2 > t2 > I2" && control != between,
              "{} of {} times each tick ran right after its callback, in check and in "
              "timers; without Node's wrapper the ticks came last",
              held, runs);
  story.nuance("02.2",
               "The current operation is the whole callback, not the current line. Node "
               "10 drained the queues only after each phase. Since Node 11 it drains "
               "them after each callback.");
  story.takeaway(
      "After every callback, Node runs all ticks, then all microtasks. Then the loop "
      "goes on.");
}

void outranks(Story& story, const Knobs&) {
  const int runs = story.quick() ? 100 : 1000;
  lab::Table table{"How often the tick ran first",
                   {"in", "runs", "control: no wrapper", "tick first"},
                   {}};
  story.say(
      "One callback calls setImmediate first and nextTick second, {} times in each of "
      "three phases.",
      runs);
  story.picture(lab::Picture::bars, {table.title});
  bool all = true;
  for (const auto& [phase, program] :
       std::vector<Puzzle>{{"timers", tick_against_immediate_in_timers},
                           {"poll", tick_against_immediate_in_poll},
                           {"check", tick_against_immediate_in_check}}) {
    const int first = count(runs, "tick > immediate", program);
    const int control = count(runs, "tick > immediate", program, Drain::loops_end);
    all = all && first == runs && control == 0;
    table.rows.push_back(
        {phase, std::to_string(runs), std::to_string(control), std::to_string(first)});
  }
  story.table(table);
  story.claim("02.3", all,
              "the tick ran first {} of {} times in each of three phases, though it was "
              "queued second; without Node's wrapper it never did",
              runs, runs);
  story.takeaway("In every phase, the tick comes before the immediate.");
}

namespace {

Starvation drawn_starvation(Requeue requeue, std::chrono::milliseconds hold) {
  const std::string lane(name(requeue));
  trace::Span chain("chain", {.lane = lane});
  trace::Span timer("the timer waits", {.lane = lane + ", a timer"});
  return starve(requeue, hold, [&](std::string_view what) {
    if (what == "chain ends") chain.end();
    if (what == "timer") timer.end();
  });
}

bool starved(const Starvation& seen) {
  return seen.iterations == 0 && !seen.timer_meanwhile && !seen.byte_meanwhile;
}
bool served(const Starvation& seen) {
  return seen.iterations >= kTail && seen.timer_meanwhile && seen.byte_meanwhile;
}

}  // namespace

void starving(Story& story, const Knobs& knobs) {
  const auto hold = story.quick() ? std::min(*knobs.hold, 100ms) : *knobs.hold;
  story.say(
      "A job keeps rescheduling itself for {}, in four ways. Meanwhile a {} timer is set "
      "and a byte waits to be read.",
      time(hold), time(kDue));
  story.picture(
      lab::Picture::strips,
      {"nextTick", "nextTick, a timer", "microtask", "microtask, a timer", "setImmediate",
       "setImmediate, a timer", "setTimeout 0", "setTimeout 0, a timer"});
  lab::Table table{"A job that keeps rescheduling itself",
                   {"with", "runs of the job", "iterations", "timer fired after"},
                   {}};
  std::vector<Starvation> seen;
  for (const Requeue requeue : {Requeue::next_tick, Requeue::microtask,
                                Requeue::set_immediate, Requeue::set_timeout}) {
    const Starvation& now = seen.emplace_back(drawn_starvation(requeue, hold));
    table.rows.push_back({std::string(name(requeue)), std::to_string(now.links),
                          std::to_string(now.iterations), time(now.timer_came)});
  }
  story.table(table);
  story.claim("02.4",
              starved(seen[0]) && starved(seen[1]) && served(seen[2]) && served(seen[3]),
              "with nextTick the loop began {} iterations meanwhile, and the 10 ms timer "
              "fired after {}; with setImmediate the loop began {} iterations, and the "
              "timer fired after {}",
              seen[0].iterations, time(seen[0].timer_came), seen[2].iterations,
              time(seen[2].timer_came));
  story.nuance("02.4",
               "Rescheduling starves the loop, not the number of jobs. A promise chain "
               "that reschedules itself starves it too.");
  story.takeaway("To yield to the loop between two pieces of work, use setImmediate.");
}

void check(Story& story, const Knobs&) {
  story.say(
      "A callback in poll sets a timeout that is soon due, closes a live handle and "
      "queues an immediate.");
  story.picture(lab::Picture::sequence, {"the thread", "timers", "immediates", "libuv"});
  const std::string order = order_of(around_poll, Drain::after_each_callback, draw);
  const int runs = story.quick() ? 30 : 100;
  const std::string in_check = "poll > immediate > close > timeout";
  const std::string by_idle = order_of(around_poll_by_idle);
  const int held = count(runs, in_check, around_poll);
  story.table(
      {"From a callback in poll",
       {"setImmediate is run by", "order"},
       {{"a check handle, as in Node", order}, {"control: an idle handle", by_idle}}});
  story.claim("02.5", held == runs && by_idle == "poll > close > timeout > immediate",
              "{} of {} times the immediate ran after poll and before close; run by an "
              "idle handle it came last",
              held, runs);
  const std::string expected = "immediate > timeout";
  const int in_poll = count(runs, expected, timeout_against_immediate_in_poll);
  const int in_script = count(10, expected, timeout_against_immediate_in_script);
  story.claim(
      "02.6", in_poll == runs && in_script == 0,
      "queued in poll, the immediate ran before a timer that was due {} of {} times; "
      "queued in a main program that worked for 3 ms, it did so {} of 10 times",
      in_poll, runs, in_script);
  story.nuance("02.6",
               "An immediate queued by an immediate waits for the next iteration. A tick "
               "queued by a tick does not.");
  story.takeaway(
      "A setImmediate callback runs right after the I/O callbacks of the same "
      "iteration.");
}

void puzzles(Story& story, const Knobs&) {
  story.say(
      "These are the puzzles that interviewers like. labs/02_next_tick/node.mjs plays "
      "them in Node, and a test compares the orders.");
  story.picture(lab::Picture::sequence, {"the thread", "nextTick queue",
                                         "microtask queue", "immediates", "timers"});
  const std::vector<Puzzle>& all = node_puzzles();
  lab::Table table{"On this libuv", {"puzzle", "order"}, {}};
  const auto first_program = all.end() - 3;  // too long to share a line with its name
  for (auto puzzle = all.begin(); puzzle != first_program; ++puzzle)
    table.rows.push_back({puzzle->name, order_of(puzzle->program)});
  story.table(table);
  for (auto puzzle = first_program; puzzle != all.end(); ++puzzle) {
    const std::string name = puzzle->name;
    trace::instant(name.substr(name.find('.')), {.lane = "case"});
    const std::string order = order_of(puzzle->program, Drain::after_each_callback, draw);
    story.table({puzzle->name, {"order"}, {{order}}});
  }
  story.nuance("02.2",
               "At the top level of an ES module, promises run before nextTick. That "
               "code is itself a promise job.");
  story.takeaway(
      "In CommonJS ticks run before promises. At the top level of an ES module it is "
      "reversed.");
}

}  // namespace lab02
