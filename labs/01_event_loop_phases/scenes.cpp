#include "scenes.hpp"

#include <uv.h>

#include <algorithm>
#include <map>
#include <optional>

#include "experiments.hpp"
#include "lab/run_dir.hpp"
#include "phase_probe.hpp"

namespace lab01 {

using namespace std::chrono_literals;

namespace {

// Draws the phases of this thread's loop and the callbacks in them. A callback that
// another one asked for names it as its cause; one that libuv put off was in its pending
// queue.
class Drawn {
 public:
  explicit Drawn(PhaseLog& log) : probe_([this](Phase phase) { enter(phase); }) {
    log.on_entry = [this](const PhaseLog::Entry& entry) { draw(entry); };
  }

 private:
  void enter(Phase phase) {
    span_.reset();
    if (phase != Phase::outside)
      span_ = lab::trace::Span(name(phase), {.lane = name(phase)});
  }

  void draw(const PhaseLog::Entry& entry) {
    const lab::EventId cause = entry.what == "refused" ? start_ : 0;
    const auto event =
        lab::trace::instant(entry.what, {.lane = name(entry.phase), .cause = cause});
    const lab::Detail pending{.lane = "pending queue", .cause = event};
    if (entry.what == "start") {
      start_ = event;
      put_ = lab::trace::queued("refused", pending);
    }
    if (entry.what == "refused") lab::trace::taken(put_, "refused", pending);
  }

  lab::EventId start_ = 0;
  lab::EventId put_ = 0;
  std::optional<lab::trace::Span> span_;
  PhaseProbe probe_;
};

// A callback's name is the phase where it belongs, but for these.
bool in_its_phase(const PhaseLog::Entry& entry) {
  if (entry.what == "timer") return entry.phase == Phase::timers;
  if (entry.what == "close") return entry.phase == Phase::closing;
  return entry.what == name(entry.phase);
}

// Plays it in one mode, and answers the order that came.
std::string order_of(void (*experiment)(uv_run_mode, PhaseLog&), uv_run_mode mode) {
  PhaseLog log;
  experiment(mode, log);
  return log.order();
}

const char* yes(bool truth) {
  return truth ? "yes" : "no";
}

double ms(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

}  // namespace

void ring(Story& story) {
  story.say("One handle of every kind; the timer is due and the pipe has its byte.");
  PhaseLog shown;
  {
    const Drawn drawn(shown);
    one_turn(UV_RUN_DEFAULT, shown);
  }
  const std::string expected = "timer > pending > idle > prepare > poll > check > close";
  const int runs = story.quick() ? 100 : 1000;
  int same = 0;
  std::map<std::string, int> at_home;
  for (int i = 0; i < runs; ++i) {
    PhaseLog log;
    one_turn(UV_RUN_DEFAULT, log);
    same += log.order() == expected && std::ranges::all_of(log.entries(), in_its_phase);
    for (const auto& entry : log.entries()) at_home[entry.what] += in_its_phase(entry);
  }
  story.claim("01.4",
              "the six phases follow in one order: timers, pending, idle and prepare, "
              "poll, check, closing",
              same == runs, "{} of {} turns ran {}", same, runs, expected);
  story.nuance("01.4",
               "it is a ring, and it is libuv's: between any two callbacks Node also "
               "runs nextTick's queue and the microtasks (lab 02)");
  story.claim(
      "01.8", "poll fetches I/O events and runs their callbacks", at_home["poll"] == runs,
      "the pipe's callback ran inside uv__io_poll {} of {} times", at_home["poll"], runs);
}

void modes(Story& story) {
  story.say(
      "Node runs the loop in DEFAULT mode. Embedders may choose another, and there "
      "timers have a place of their own; this is libuv {}.",
      uv_version_string());
  lab::Table table{"A timer that is started in poll and due at once",
                   {"mode", "order; `returned` is where uv_run came back"},
                   {}};
  const std::vector<std::pair<const char*, uv_run_mode>> all = {
      {"DEFAULT", UV_RUN_DEFAULT}, {"ONCE", UV_RUN_ONCE}, {"NOWAIT", UV_RUN_NOWAIT}};
  for (const auto& [mode_name, mode] : all) {
    table.rows.push_back({mode_name, order_of(timer_started_in_poll, mode)});
  }
  story.table(table);
  table = {"The whole turn, with a timer that is due before it", {"mode", "order"}, {}};
  for (const auto& [mode_name, mode] : all) {
    table.rows.push_back({mode_name, order_of(one_turn, mode)});
  }
  story.table(table);
  story.nuance("01.4",
               "libuv 1.45 (Node 20) moved timers behind closing, and kept a first run "
               "of them in DEFAULT: there the ring is the same, ONCE and NOWAIT differ");
}

void pending(Story& story) {
  story.say(
      "A connect to a socket that is not there fails at once; libuv must not call back "
      "from inside the call, so it puts the callback off. Until when?");
  lab::Table table{"The callback of a connect that failed in ...",
                   {"started in", "came in", "turns later", "order"},
                   {}};
  int held = 0;
  for (const Phase start : {Phase::timers, Phase::prepare, Phase::poll, Phase::check}) {
    PhaseLog log;
    {
      const Drawn drawn(log);
      failed_connect(start, log);
    }
    const auto& from = log.at("start");
    const auto& to = log.at("refused");
    const std::uint64_t turns = to.turn - from.turn;
    held += to.phase == Phase::pending && turns == (start == Phase::check ? 1 : 0);
    table.rows.push_back({std::string(name(start)), std::string(name(to.phase)),
                          fmt::format("{}", turns), log.order()});
  }
  story.table(table);
  PhaseLog tcp;
  refused_tcp(tcp);
  const Phase textbook = tcp.at("refused").phase;
  story.claim("01.6", "the pending phase runs I/O callbacks that were put off",
              held == 4 && textbook == Phase::poll,
              "4 starts, {} callbacks in pending; a refused TCP connect came in {}", held,
              name(textbook));
  story.nuance(
      "01.6",
      "since libuv 1.44.2 pending work is also run right after poll: only what "
      "check and close put off waits for the next turn. And the textbook's example, "
      "ECONNREFUSED, is reported in poll on Linux");
}

void closing(Story& story) {
  const int runs = story.quick() ? 50 : 500;
  int held = 0;
  PhaseLog log;
  for (int i = 0; i < runs; ++i) {
    log = {};
    close_from_check(log);
    held += log.order() == "check 1 > check 2 > close > timer" &&
            log.at("close").phase == Phase::closing;
  }
  story.claim("01.11", "the closing phase runs close callbacks", held == runs,
              "{} of {}: {}", held, runs, log.order());
  story.nuance("01.11",
               "only of a live handle. In Node, `close` of a socket that never had one, "
               "or of a plain stream, comes from nextTick");
}

void overlap(Story& story, Knob<int> connections, Knob<std::chrono::milliseconds> delay) {
  const int sockets = story.quick() ? std::min(*connections, 100) : *connections;
  const auto one_by_one = sockets * *delay;
  story.say("{} connections, each answered after {} ms; one after the other: {:.1f} s.",
            sockets, (*delay).count(), ms(one_by_one) / 1000);
  const Overlap result = overlapping_waits(sockets, *delay);
  story.claim("01.1", "the loop lets one thread keep many operations in flight",
              result.answered == sockets && result.wall * 3 < one_by_one &&
                  result.threads_during == result.threads_before,
              "{} answers in {} ms instead of {}; threads: {} before, {} meanwhile",
              result.answered, result.wall.count(), one_by_one.count(),
              result.threads_before, result.threads_during);
}

void threads(Story& story) {
  const ThreadIds ids = threads_of_callbacks();
  story.claim(
      "01.2", "the loop and its callbacks are single-threaded",
      ids.of_callbacks.size() == 1 && !ids.of_callbacks.contains(ids.of_pool_work),
      "timer, I/O, close and completion: {} thread id; the pool's work itself: another",
      ids.of_callbacks.size());
  story.nuance("01.2",
               "JavaScript is single-threaded, the process is not: this one now has {} "
               "threads; Node starts with 7, and has 11 after its first use of the pool",
               ids.threads_after);

  story.say(
      "Now all four threads of the pool are held. Whatever still moves did not need "
      "them.");
  const HeldPool held = pool_held(lab::run_dir());
  story.claim(
      "01.3", "work is handed to the kernel where the kernel can do it",
      held.echoed && held.file_waited && held.file_done,
      "TCP answered: {}; a file's stat waited: {}, and was done once they were free: {}",
      yes(held.echoed), yes(held.file_waited), yes(held.file_done));
}

void sleeping(Story& story) {
  const auto wait = story.quick() ? 150ms : 400ms;
  const Sleep asleep = wait_for_timer(wait, false);
  const Sleep awake = wait_for_timer(wait, true);
  lab::Table table{
      "Waiting for one timer", {"", "wall ms", "idle in poll ms", "CPU ms", "turns"}, {}};
  for (const auto& [what, seen] : {std::pair{"nothing else", asleep},
                                   std::pair{"an idle handle is active", awake}}) {
    table.rows.push_back(
        {what, fmt::format("{:.0f}", ms(seen.wall)), fmt::format("{:.0f}", ms(seen.idle)),
         fmt::format("{:.1f}", ms(seen.cpu)), fmt::format("{}", seen.turns)});
  }
  story.table(table);
  story.claim(
      "01.9", "poll is where the loop sleeps when nothing else is due",
      asleep.idle * 2 > wait && asleep.turns <= 10 && asleep.cpu * 5 < asleep.wall &&
          awake.idle * 10 < wait,
      "asleep {:.0f} of {:.0f} ms in {} turns, {:.1f} ms of CPU; with an idle handle "
      "asleep {:.0f} ms in {} turns",
      ms(asleep.idle), ms(asleep.wall), asleep.turns, ms(asleep.cpu), ms(awake.idle),
      awake.turns);
  lab::Table timeouts{
      "How long poll may sleep (uv_backend_timeout)", {"active", "ms"}, {}};
  const auto all = backend_timeouts();
  for (const auto& [active, timeout] : all)
    timeouts.rows.push_back({active, fmt::format("{}", timeout)});
  story.table(timeouts);
  story.claim(
      "01.7", "idle and prepare are steps of each turn",
      awake.idle_calls == awake.turns && awake.prepare_calls == awake.turns &&
          awake.turns > 100 * asleep.turns && all[4].timeout == 0 && all[2].timeout == 50,
      "{} idle and {} prepare calls in {} turns; an active idle handle makes poll's "
      "timeout {} instead of {} ms",
      awake.idle_calls, awake.prepare_calls, awake.turns, all[4].timeout, all[2].timeout);
  story.nuance("01.7",
               "internal for JavaScript only: in libuv they are public, and Node drives "
               "setImmediate with an idle and a check handle");
}

void timers(Story& story) {
  const Punctuality seen = punctuality(story.quick() ? 200 : 2000);
  story.claim(
      "01.5", "the timers phase runs timeouts, not before their time on the loop's clock",
      seen.early == 0 && seen.outside_timers == 0 && seen.fired > 0 &&
          seen.earliest_by_wall > -1ms,
      "{} timers of 1 to 20 ms: {} early by the loop's clock, {} outside the phase; by "
      "the wall {} to {} us late",
      seen.fired, seen.early, seen.outside_timers, seen.earliest_by_wall.count(),
      seen.latest.count());
  story.nuance(
      "01.5",
      "the delay is a threshold, not a deadline. Node makes 0, negative and "
      "over 2^31-1 ms into 1 ms. The loop's clock counts whole milliseconds, so by "
      "yours a timer may be up to one too early");
}

void immediates(Story& story, Knob<int> busy) {
  const int runs = story.quick() ? 100 : 400;
  std::map<std::string, int> main, io;
  for (int i = 0; i < runs; ++i) {
    ++main[from_main(std::chrono::microseconds(*busy))];
    ++io[from_io()];
  }
  story.say("Both are asked for, in this order: setTimeout(0), setImmediate.");
  story.table(lab::distribution(
      fmt::format("From the main program, {} us before the loop", *busy), main));
  story.table(lab::distribution("From a callback in poll", io));
  story.claim("01.10", "check runs setImmediate's callbacks, right after poll",
              io["immediate > timeout"] == runs,
              "inside I/O the immediate came first {} of {} times",
              io["immediate > timeout"], runs);
  story.say(
      "From the main program it is a race with the clock, not a rule: an old page of "
      "Node's own site printed one order. --busy moves the odds.");
}

void node(Story& story) {
  lab::Table table{"On this libuv", {"scene", "order"}, {}};
  for (const Twin& twin : node_scenes()) table.rows.push_back({twin.name, twin.order});
  story.table(table);
  story.say(
      "node labs/01_event_loop_phases/node.mjs plays the same; a test compares them.");
}

}  // namespace lab01
