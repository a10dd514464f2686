#include "scenes.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "lab/run_dir.hpp"
#include "puzzles.hpp"
#include "real_node.hpp"
#include "starvation.hpp"

namespace lab02 {

using namespace std::chrono_literals;

namespace {

constexpr int kBarWidth = 16;

std::string_view lane_of(std::string_view queue) {
  static const std::map<std::string_view, std::string_view> lanes = {
      {"nextTick", "nextTick queue"},
      {"microtasks", "microtask queue"},
      {"immediates", "immediates"},
      {"timers", "timers"},
      {"libuv", "libuv"}};
  return lanes.at(queue);
}

// Draws the queues of an Environment, and the jobs as they are taken from them.
void draw(Environment& node) {
  node.on_put = [](std::string_view queue, std::string_view name) {
    return lab::trace::queued(name, {.lane = lane_of(queue)});
  };
  node.on_take = [](std::string_view queue, std::string_view name, std::uint64_t put) {
    lab::trace::taken(put, name, {.lane = lane_of(queue), .cause = put});
    lab::trace::instant(name, {.lane = "the thread", .cause = put});
  };
}

// How many of `runs` answer `expected`.
template <class Play>
int count(int runs, const std::string& expected, const Play& play) {
  int same = 0;
  for (int i = 0; i < runs; ++i) same += play() == expected;
  return same;
}

std::string bar(std::chrono::milliseconds value, std::chrono::milliseconds most) {
  const auto width = most.count() == 0 ? 0 : kBarWidth * value / most;
  std::string bar;
  for (int i = 0; i < std::max<int>(1, static_cast<int>(width)); ++i) bar += "█";
  return bar;
}

// Each order from top to bottom, so that long ones can be compared.
lab::Table side_by_side(std::string title, const std::vector<Puzzle>& puzzles) {
  lab::Table table{std::move(title), {}, {}};
  for (const Puzzle& puzzle : puzzles) {
    std::size_t row = 0;
    std::string_view rest = puzzle.order;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(" > "), rest.size());
      if (table.rows.size() == row) table.rows.emplace_back();
      table.rows[row].resize(table.columns.size());
      table.rows[row++].emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 3, rest.size()));
    }
    table.columns.push_back(puzzle.name);
  }
  return table;
}

Starvation drawn_starvation(Requeue requeue, std::chrono::milliseconds hold) {
  const std::string lane(name(requeue));
  lab::trace::Span chain("chain", {.lane = lane});
  lab::trace::Span waits("the timer waits", {.lane = lane + ", a timer"});
  return starve(requeue, hold, [&](std::string_view what) {
    if (what == "chain ends") chain.end();
    if (what == "timer") waits.end();
    if (what == "byte") lab::trace::instant("byte", {.lane = lane + ", a byte"});
  });
}

bool starved(const Starvation& seen) {
  return seen.turns == 0 && !seen.timer_meanwhile && !seen.byte_meanwhile;
}
bool served(const Starvation& seen) {
  return seen.turns >= kTail && seen.timer_meanwhile && seen.byte_meanwhile;
}

}  // namespace

void before(Story& story) {
  story.say("The main program queues an immediate and a tick; the loop has not started.");
  const TurnsBegun seen = turns_begun();
  story.claim("02.1", "nextTick is not a phase of the loop",
              seen.at_tick == 0 && seen.at_immediate == 1,
              "the tick ran after {} turns of the loop, the immediate in turn {}",
              seen.at_tick, seen.at_immediate);
  story.say(
      "The names mislead: the next tick is not of the loop, and comes sooner than the "
      "immediate.");
}

void drain(Story& story) {
  story.say(
      "I1 and I2 are immediates. I1 queues tick t and promise p; p queues tick t2 and "
      "promise p2.");
  Environment node;
  draw(node);
  two_immediates(node);
  story.say("{}", node.order());

  const int runs = story.quick() ? 100 : 1000;
  const std::string between = "1 > tick 1 > 2 > tick 2 > 3 > tick 3";
  const auto play = [](Drain drain) {
    return [drain] {
      const std::string one = three_immediates(drain), other = three_timeouts(drain);
      return one == other ? one : one + " but of timers " + other;
    };
  };
  const int held = count(runs, between, play(Drain::after_each_callback));
  const std::string without = play(Drain::loops_end)();
  const int by_luck = count(10, between, play(Drain::loops_end));
  story.table({"Three callbacks of one phase, each with a tick",
               {"the queues are drained", "order"},
               {{"after each callback", play(Drain::after_each_callback)()},
                {"by nobody but the loop's end", without}}});
  story.claim(
      "02.2", "a tick fires right after the current operation, before the loop goes on",
      held == runs && node.order() == "I1 > t > p > p2 > t2 > I2" && by_luck == 0,
      "{} of {} times k, tick, k+1, in check and in timers; without the scope: {}", held,
      runs, without);
  story.nuance("02.2",
               "right after the current callback, not the current line; since Node 11 "
               "after each callback, in Node 10 only after all of a phase");
}

void outranks(Story& story) {
  const int runs = story.quick() ? 100 : 1000;
  lab::Table table{"In one callback: setImmediate, then nextTick",
                   {"in", "tick first", "control: no scope"},
                   {}};
  bool all = true;
  for (const auto& [where, from] :
       std::array{std::pair{"timers", From::timers}, std::pair{"poll", From::poll},
                  std::pair{"check", From::check}}) {
    const auto play = [from = from](Drain drain) {
      return [from, drain] { return tick_against_immediate(from, drain); };
    };
    const int first = count(runs, "tick > immediate", play(Drain::after_each_callback));
    const int broken = count(runs, "tick > immediate", play(Drain::loops_end));
    all = all && first == runs && broken == 0;
    table.rows.push_back({where, fmt::format("{} of {}", first, runs),
                          fmt::format("{} of {}", broken, runs)});
  }
  story.table(table);
  story.claim("02.3", "a tick outranks setImmediate", all,
              "tick first {} of {} times in each of three phases, though asked for last; "
              "in none without the scope",
              runs, runs);
}

void starving(Story& story, Knob<std::chrono::milliseconds> hold) {
  const auto time = story.quick() ? std::min(*hold, 100ms) : *hold;
  story.say(
      "A job queues itself for {} ms. A timer of {} ms and a byte wait; who lets them "
      "in?",
      time.count(), kDue.count());
  const std::array all = {Requeue::next_tick, Requeue::microtask, Requeue::set_immediate,
                          Requeue::set_timeout};
  std::vector<Starvation> seen;
  for (const Requeue requeue : all) seen.push_back(drawn_starvation(requeue, time));
  const auto most = std::ranges::max(seen, {}, &Starvation::timer_came).timer_came;
  lab::Table table{"It queues itself by ...",
                   {"", "links", "turns", "byte ms", "timer ms", "latency"},
                   {}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    table.rows.push_back(
        {std::string(name(all[i])), fmt::format("{}", seen[i].links),
         fmt::format("{}", seen[i].turns), fmt::format("{}", seen[i].byte_came.count()),
         fmt::format("{}", seen[i].timer_came.count()), bar(seen[i].timer_came, most)});
  }
  story.table(table);
  story.claim("02.4", "overuse of nextTick starves the loop",
              starved(seen[0]) && starved(seen[1]) && served(seen[2]) && served(seen[3]),
              "turns while it went on: tick {}, microtask {}; setImmediate {}, "
              "setTimeout {}, and these let both in meanwhile",
              seen[0].turns, seen[1].turns, seen[2].turns, seen[3].turns);
  story.nuance("02.4",
               "what starves is a job that queues itself, not many jobs; and a chain of "
               "promises starves the loop just as well");
}

void check(Story& story) {
  story.say(
      "In a callback of poll: a timeout that is due, a live handle closed, an "
      "immediate.");
  const int runs = story.quick() ? 30 : 100;
  const std::string in_check = "poll > immediate > close > timeout";
  const auto node = [] { return around_poll(Driver::check); };
  const std::string by_idle = around_poll(Driver::idle);
  story.table({"setImmediate is driven by ...",
               {"", "order"},
               {{"check, as Node's", node()}, {"control: idle", by_idle}}});
  const int held = count(runs, in_check, node);
  story.claim("02.5", "setImmediate is the check phase",
              held == runs && by_idle == "poll > close > timeout > immediate",
              "{} of {}: {}; driven by an idle handle: {}", held, runs, in_check,
              by_idle);

  const std::string expected = "immediate > timeout";
  const int in_poll = count(runs, expected, timeout_against_immediate_in_poll);
  const int in_script = count(10, expected, timeout_against_immediate_in_script);
  const std::string order = nested();
  story.claim(
      "02.6", "setImmediate runs after poll",
      in_poll == runs && in_script == 0 && order == "I1 > n1 > n1 child > I2 > I1 child",
      "in poll the immediate came before a due timer {} of {} times; in a main "
      "program that works for 3 ms {} of 10",
      in_poll, runs, in_script);
  story.say("And what they queue themselves: {}.", order);
  story.nuance(
      "02.6",
      "an immediate's immediate waits for the next turn, a tick's tick does not; "
      "from the main program, setTimeout(0) or setImmediate is a race (lab 01)");
}

void modules(Story& story) {
  story.say(
      "Plain code, an async function, nextTick, a promise, setTimeout 0, setImmediate, "
      "and 3 ms of work. First on libuv.");
  const std::string script = as_script(), module = as_module_in_poll();
  std::vector<Puzzle> columns = {{".cjs", script},
                                 {".mjs, early", as_module_before_the_loop()},
                                 {".mjs, in poll", module}};
  const RealNode node = play_in_node(lab::run_dir());
  if (node.missing.empty()) {
    columns.push_back({"node .cjs", node.script});
    columns.push_back({"node .mjs", node.module});
  }
  story.table(side_by_side("The same program, from top to bottom", columns));
  if (node.missing.empty()) {
    story.claim("02.2",
                "a tick fires right after the current operation, before the loop goes on",
                before_the_loop(node.script) == before_the_loop(script) &&
                    before_the_loop(node.module) == before_the_loop(module),
                "node {}: in .cjs {}; in .mjs {}", node.version,
                before_the_loop(node.script), before_the_loop(node.module));
  } else {
    story.say("Not played in Node itself: {}. `apt install nodejs` gives it.",
              node.missing);
  }
  story.nuance(
      "02.2",
      "a module's top-level code is itself a promise's job: there promises and "
      "queueMicrotask run before nextTick. And until Node 20 a module was loaded "
      "in poll, so that the immediate beat even a due timeout");
}

void late(Story& story) {
  story.say(
      "A constructor emits `ready`. Its caller can listen only once it has the object.");
  lab::Table table{"The constructor emits ...", {"", "heard", "order"}, {}};
  for (const auto& [how, emit] : std::array{
           std::pair{"at once", Emit::at_once}, std::pair{"by nextTick", Emit::by_tick},
           std::pair{"by setImmediate", Emit::by_immediate}}) {
    const std::string order = late_listener(emit);
    const bool heard = order.find("ready") != std::string::npos;
    table.rows.push_back({how, heard ? "yes" : "no", order});
  }
  story.table(table);
  story.say(
      "A tick is late enough for the listener, and sooner than any timer or I/O: nothing "
      "can have happened to the object in between.");
}

void puzzles(Story& story) {
  const std::vector<Puzzle> all = node_puzzles();
  lab::Table table{"On this libuv", {"puzzle", "order"}, {}};
  const auto first_program = all.end() - 3;  // too long to share a line with its name
  for (auto puzzle = all.begin(); puzzle != first_program; ++puzzle)
    table.rows.push_back({puzzle->name, puzzle->order});
  story.table(table);
  for (auto puzzle = first_program; puzzle != all.end(); ++puzzle)
    story.table({puzzle->name, {"order"}, {{puzzle->order}}});
  story.say("node labs/02_next_tick/node.mjs plays them too; a test compares the two.");
}

}  // namespace lab02
