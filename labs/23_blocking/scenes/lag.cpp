// lag.cpp: the meter of the loop's delay, and what it does not see.
#include <algorithm>

#include "lab/core/trace.hpp"
#include "loop_delay.hpp"
#include "scenes/scenes.hpp"

namespace lab23 {

using namespace std::chrono_literals;

namespace {

constexpr auto kStall = 100ms;
using Rows = std::vector<std::vector<std::string>>;

// A loop on which the meter runs, and stalls that happen when they are told to.
class MeteredLoop {
 public:
  MeteredLoop(std::string_view what, milliseconds resolution)
      : delay_(loop_, resolution) {
    lab::trace::instant(what, {.lane = "case"});
    delay_.on_sample = [](std::chrono::nanoseconds interval, lab::Where where) {
      lab::trace::counter("loop delay",
                          std::chrono::duration<double, std::milli>(interval).count(),
                          {.args = {{"unit", "ms"}}}, where);
    };
    delay_.enable();
  }

  LoopDelay& delay() { return delay_; }
  std::uint64_t samples() const { return delay_.histogram().count(); }
  std::string saw(milliseconds stall) const {
    return delay_.histogram().max() >= stall ? "seen" : "not seen";
  }
  static void block(milliseconds time) {
    lab::trace::counter("stall", static_cast<double>(time.count()),
                        {.args = {{"unit", "ms"}}});
    const auto end = LoopDelay::Clock::now() + time;
    while (LoopDelay::Clock::now() < end) continue;
    lab::trace::counter("stall", 0, {.args = {{"unit", "ms"}}});
  }
  // Until the meter has taken so many samples more.
  void run(std::uint64_t more) {
    const std::uint64_t until = samples() + more;
    lab::uv::Timer stay(loop_);  // the meter does not keep the loop alive
    stay.start(
        1s, [] {}, 1s);
    while (samples() < until) loop_.run(UV_RUN_ONCE);
  }

 private:
  lab::uv::Loop loop_;
  LoopDelay delay_;
};

// What the meter should miss. A busy machine stalls the loop as well, so it has five tries.
std::string missed(std::string (*play)()) {
  std::string saw = "seen";
  for (int run = 0; run < 5 && saw == "seen"; ++run) saw = play();
  return saw;
}

std::string before_its_first_sample() {
  MeteredLoop loop("at start", 10ms);
  MeteredLoop::block(kStall);
  loop.run(3);
  return loop.saw(kStall);
}

std::string read_too_early() {
  MeteredLoop loop("read too early", 10ms);
  loop.run(3);
  MeteredLoop::block(kStall);
  return loop.saw(kStall);
}

std::string right_after_a_reset() {
  MeteredLoop loop("after a reset", 10ms);
  loop.run(3);
  loop.delay().reset();
  MeteredLoop::block(kStall);
  loop.run(3);
  return loop.saw(kStall);
}

std::string for_half_its_resolution() {
  MeteredLoop loop("50 ms, and a meter of 100 ms", kStall);
  loop.run(1);
  MeteredLoop::block(kStall / 2);
  loop.run(1);
  return loop.saw(kStall + kStall / 4);
}

struct Seen {
  std::string how;
  std::uint64_t samples;
};

Seen between_two_samples() {
  MeteredLoop loop("mid-run", 10ms);
  loop.run(3);
  const std::uint64_t before = loop.samples();
  MeteredLoop::block(kStall);
  loop.run(1);
  const Seen seen{loop.saw(kStall), loop.samples() - before};
  loop.run(3);
  return seen;
}

std::string idle() {
  MeteredLoop loop("idle", 20ms);
  loop.run(5);
  return loop.delay().histogram().percentile(50) < 10ms ? "zero" : "the resolution";
}

}  // namespace

// Step 6: five stalls of 100 ms, and which of them the meter shows.
void lag(Story& story, const Knobs&) {
  story.say(
      "A timer that repeats every 10 ms records how long ago it fired last. This is all "
      "that monitorEventLoopDelay does. The loop is blocked at different moments, and "
      "the timer should miss some of the stalls.");
  story.picture(lab::Picture::curves, {"loop delay", "stall"});
  const Seen stall = between_two_samples();
  const Rows rows = {{"blocked before its first sample", missed(before_its_first_sample)},
                     {"read before the loop goes on", missed(read_too_early)},
                     {"blocked between two samples", stall.how},
                     {"samples of 100 ms blocked", std::to_string(stall.samples)},
                     {"blocked right after a reset", missed(right_after_a_reset)},
                     {"blocked for half its resolution", missed(for_half_its_resolution)},
                     {"an idle loop shows about", idle()}};
  story.table({"What the meter sees", {"case", "result"}, rows});
  const auto misses =
      std::ranges::count(rows, "not seen", [](const auto& row) { return row[1]; });
  story.claim(
      "23.1",
      stall.how == "seen" && stall.samples == 1 && misses == 4 &&
          rows.back()[1] != "zero",
      "a job of 100 ms on the loop left {} sample where 10 were due, and in {} other "
      "cases the meter missed the stall. Control: on an idle loop the meter shows "
      "{}",
      stall.samples, misses, rows.back()[1]);
  story.takeaway(
      "Alert on the delay's maximum and on the p99 of cheap requests: a stall is one "
      "sample, however long it was.");
}

}  // namespace lab23
