// One iteration of the loop, and the phase that textbooks get wrong.
#include <uv.h>

#include <algorithm>
#include <map>

#include "scenes/scenes.hpp"
#include "world/experiments.hpp"

namespace lab01 {

namespace trace = lab::trace;
using lab::Story;

namespace {

// Draws the loop and the callbacks of a log. The one named `starts` starts a connect that
// fails at once, whose callback `put_off` waits in the pending queue.
class DrawnLog {
 public:
  DrawnLog(PhaseLog& log, std::string_view starts, std::string_view put_off)
      : starts_(starts), put_off_(put_off) {
    log.on_entry = [this](const PhaseLog::Entry& entry) { draw(entry); };
  }

 private:
  void draw(const PhaseLog::Entry& entry) {
    const bool was_put_off = entry.what == put_off_;
    if (was_put_off) trace::taken(queued_, put_off_, {.lane = "pending queue"});
    const auto event = trace::instant(
        entry.what, {.lane = "loop", .cause = was_put_off ? queued_ : 0}, entry.where);
    if (entry.what == starts_) {
      queued_ =
          trace::queued(put_off_, {.lane = "pending queue", .cause = event}, entry.where);
    }
  }

  std::string_view starts_, put_off_;
  lab::EventId queued_ = 0;
  DrawnLoop loop_;
};

bool in_its_phase(const PhaseLog::Entry& entry) {
  if (entry.what == "timer") return entry.phase == Phase::timers;
  if (entry.what == "close") return entry.phase == Phase::closing;
  return entry.what == name(entry.phase);
}

// How many runs of the experiment had the expected order.
int count(int runs, const std::string& expected, void (*experiment)(PhaseLog&)) {
  int seen = 0;
  for (int i = 0; i < runs; ++i) {
    PhaseLog log;
    experiment(log);
    seen += log.order() == expected;
  }
  return seen;
}

}  // namespace

void ring(Story& story, const Knobs&) {
  story.say(
      "Every phase gets something to do: a timer that is due, a connect that fails, a "
      "pipe with a byte in it, a handle to close. We note in which phase each callback "
      "runs.");
  story.picture(lab::Picture::ring, {"loop", "pending queue"});
  {
    PhaseLog log;
    const DrawnLog drawn(log, "timer", "pending");
    one_iteration(log);
  }
  const std::string expected = "timer > pending > idle > prepare > poll > check > close";
  const int runs = story.quick() ? 100 : 1000;
  int same = 0;
  std::map<std::string, int> in_phase;
  for (int i = 0; i < runs; ++i) {
    PhaseLog log;
    one_iteration(log);
    same += log.order() == expected && std::ranges::all_of(log.entries(), in_its_phase);
    for (const auto& entry : log.entries()) in_phase[entry.what] += in_its_phase(entry);
  }
  story.claim("01.4", same == runs, "{} of {} iterations ran {}", same, runs, expected);
  story.nuance(
      "01.4",
      "libuv 1.45 (Node 20) moved timers to the end of an iteration, and also runs them "
      "once before the first iteration. The cyclic order is the same. This is libuv {}.",
      uv_version_string());
  story.claim("01.8", in_phase["poll"] == runs,
              "the callback for the readable pipe ran in poll {} of {} times",
              in_phase["poll"], runs);
  const std::string closing = "check 1 > check 2 > close > timer";
  const int closed = count(runs, closing, close_from_check);
  story.claim("01.11", closed == runs && in_phase["close"] == runs,
              "we closed a handle in check, and {} of {} times the order was {}", closed,
              runs, closing);
  story.nuance("01.11",
               "This holds for an open handle. For a socket that never had one, or for a "
               "plain stream, Node emits `close` from nextTick.");
  story.takeaway(
      "Each iteration runs the same phases: timers, pending, poll, check, closing.");
}

void pending(Story& story, const Knobs&) {
  story.say(
      "A connect to a socket that does not exist fails at once. libuv must not call back "
      "from inside connect, so it defers the callback. We try it in four phases.");
  story.picture(lab::Picture::bars, {"The callback of a connect that failed"});
  lab::Table table{"The callback of a connect that failed",
                   {"connect was called in", "callback ran in", "in iteration"},
                   {}};
  int held = 0;
  for (const Phase start : {Phase::timers, Phase::prepare, Phase::poll, Phase::check}) {
    PhaseLog log;
    {
      const DrawnLog drawn(log, "start", "refused");
      failed_connect(start, log);
    }
    const auto& refused = log.at("refused");
    const std::uint64_t later = refused.iteration - log.at("start").iteration;
    held += refused.phase == Phase::pending && later == (start == Phase::check ? 1 : 0);
    table.rows.push_back({std::string(name(start)), std::string(name(refused.phase)),
                          later ? "the next one" : "the same one"});
  }
  PhaseLog tcp;
  refused_tcp(tcp);
  const Phase textbook = tcp.at("refused").phase;
  table.rows.push_back({"any phase, TCP: ECONNREFUSED", std::string(name(textbook)), ""});
  story.table(table);
  story.claim("01.6", held == 4 && textbook == Phase::poll,
              "{} of 4 callbacks ran in pending, and only the one deferred in check "
              "waited for the next iteration; a refused TCP connect was reported in {}",
              held, name(textbook));
  story.nuance("01.6",
               "Since libuv 1.44.2, pending callbacks also run right after poll. And the "
               "textbook example, ECONNREFUSED, is reported in poll on Linux.");
  story.takeaway(
      "You hardly ever see the pending phase, because few callbacks are deferred.");
}

}  // namespace lab01
