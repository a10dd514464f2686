// measure.cpp: what a blocked loop looks like to its own meters, and one text to three
// engines.
#include <map>
#include <vector>

#include "engines.hpp"
#include "loop_delay.hpp"
#include "scenes.hpp"

namespace lab23 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Ms = std::chrono::duration<double, std::milli>;

namespace {

std::string almost(std::size_t letters) {
  return std::string(letters, 'a') + '!';
}

std::string cell(const Effort& effort) {
  if (effort.gave_up && effort.looks == 0) return "not asked";
  const double us = static_cast<double>(effort.cpu.count()) / 1000;
  if (effort.looks == 0) return fmt::format("{:.0f} us", us);
  return fmt::format("{}{}", effort.looks, effort.gave_up ? ", gave up" : "");
}

constexpr char kHostile[] = "(a+)+";
constexpr char kPlain[] = "a+";
// Long, with much to choose from, and never two ways to the same place.
constexpr char kLong[] =
    "([a-z]{1,20}\\.){0,5}[a-z0-9!?_-]+@(x|y|z|w)\\.(com|org|net|edu)";

lab::Table efforts(const std::string& title, const char* pattern,
                   const std::vector<std::size_t>& lengths) {
  lab::Table table{title, {"a's", "std::regex", "Boost.Regex", "RE2"}, {}};
  for (const std::size_t letters : lengths) {
    table.rows.push_back({std::to_string(letters)});
    for (const Engine engine : {Engine::std_regex, Engine::boost_regex, Engine::re2}) {
      // Another doubling for each letter: minutes, soon.
      const bool endless =
          pattern == kHostile && engine == Engine::std_regex && letters > 24;
      table.rows.back().push_back(
          endless ? "never ends" : cell(match(engine, pattern, almost(letters))));
    }
  }
  return table;
}

std::uint64_t looks(const char* pattern, std::size_t letters,
                    Engine engine = Engine::std_regex) {
  return match(engine, pattern, almost(letters)).looks;
}

}  // namespace

void engines(Story& story, const Dials& dials) {
  const auto most = static_cast<std::size_t>(*dials.letters);
  story.say(
      "Does all of aaa...! match? It does not. Counted: looks at a letter; of RE2, its "
      "time.");
  std::vector<std::size_t> lengths{8, 12, 16, most, 100, 1000};
  if (!story.quick()) lengths.insert(lengths.end(), {4000, 16'000});
  story.table(efforts("Ambiguous: (a+)+", kHostile, lengths));
  story.table(efforts("Not ambiguous: a+", kPlain, {8, 16, 250, 900, 16'000}));
  story.table(
      efforts("Long, not ambiguous: words, dots, an @", kLong, {8, 16, 250, 900}));

  const std::uint64_t at = looks(kHostile, most - 1);
  const std::uint64_t more = looks(kHostile, most);
  bool linear = true;  // twice the text: at most some twice the work
  for (const char* pattern : {kPlain, kLong}) {
    for (const Engine engine : {Engine::std_regex, Engine::boost_regex})
      linear &= looks(pattern, 900, engine) < 3 * looks(pattern, 450, engine);
  }
  const Effort automaton = match(Engine::re2, kHostile, almost(100'000));
  const Effort backtracking = match(Engine::std_regex, kHostile, almost(16));
  story.claim(
      "23.4", "... such as a complex regex",
      more > at * 19 / 10 && more < at * 21 / 10 && linear && !automaton.gave_up &&
          looks(kHostile, 100, Engine::boost_regex) > 10'000,
      "(a+)+ on {} letters: {} looks, on {}: {}. a+, and a longer pattern: less than "
      "three times the work for twice the text. RE2: {:.1f} ms for 100,000 letters; "
      "std::regex {:.1f} ms for 16",
      most - 1, at, most, more, Ms(automaton.cpu).count(), Ms(backtracking.cpu).count());
  story.nuance(
      "23.4",
      "it is ambiguity, not length: each letter more doubles the ways to split the "
      "same a's. Boost.Regex gives up, but later the longer the text: no limit to "
      "rely on. RE2 cannot blow up, and so has no back references");
}

// --- the meter of the loop's delay ---

namespace {

// A loop on which the meter runs, and stalls that happen when they are told to.
class Bench {
 public:
  explicit Bench(milliseconds resolution) : delay_(loop_, resolution) { delay_.enable(); }

  LoopDelay& delay() { return delay_; }
  std::uint64_t samples() const { return delay_.histogram().seen().count(); }

  static void block(milliseconds time) {
    const auto end = Clock::now() + time;
    while (Clock::now() < end) {
    }
  }
  // Until the meter has taken so many samples more.
  void turn(std::uint64_t more) {
    const std::uint64_t until = samples() + more;
    lab::uv::Timer stay(loop_);  // the meter does not keep the loop alive
    stay.start(
        1s, [] {}, 1s);
    while (samples() < until) loop_.run(UV_RUN_ONCE);
  }
  bool saw(milliseconds stall) const { return delay_.histogram().seen().max() >= stall; }

 private:
  lab::uv::Loop loop_;
  LoopDelay delay_;
};

std::string yes(bool saw) {
  return saw ? "seen" : "not seen";
}

using Rows = std::vector<std::vector<std::string>>;
constexpr auto kStall = 100ms;

void at_the_start(Rows& rows) {
  Bench bench(10ms);
  Bench::block(kStall);
  bench.turn(3);
  rows.push_back({"blocked before its first sample", yes(bench.saw(kStall))});
}

void in_the_middle(Rows& rows) {
  Bench bench(10ms);
  bench.turn(3);
  const std::uint64_t before = bench.samples();
  Bench::block(kStall);
  rows.push_back({"asked before the loop has turned", yes(bench.saw(kStall))});
  bench.turn(1);
  rows.push_back({"blocked between two samples", yes(bench.saw(kStall))});
  rows.push_back({"samples of 100 ms blocked", std::to_string(bench.samples() - before)});
  bench.delay().reset();
  Bench::block(kStall);
  bench.turn(3);
  rows.push_back({"blocked right after a reset", yes(bench.saw(kStall))});
}

void below_the_resolution(Rows& rows) {
  bool hidden = false;
  for (int run = 0; run < 5 && !hidden; ++run) {  // a busy machine stalls it too
    Bench bench(kStall);
    bench.turn(1);
    Bench::block(kStall / 2);
    bench.turn(1);
    hidden = !bench.saw(kStall + kStall / 4);
  }
  rows.push_back({"blocked for half its resolution", yes(!hidden)});
}

void idle(Rows& rows) {
  Bench bench(20ms);
  bench.turn(5);
  const bool zero = bench.delay().histogram().seen().percentile(50) < 10ms;
  rows.push_back({"an idle loop shows about", zero ? "zero" : "the resolution"});
}

// Node has these rows too, by the same acts.
Rows blind_spots() {
  Rows rows;
  at_the_start(rows);
  in_the_middle(rows);
  below_the_resolution(rows);
  idle(rows);
  return rows;
}

// A tenth of a second blocked, then as long idle, and so on.
DelayHistogram every_other_tenth(int times) {
  DelayHistogram histogram(10ms);
  Clock::time_point now{};
  for (int i = 0; i < times; ++i) {
    histogram.fired(now += 100ms);  // and late: the stall was before it
    for (int sample = 0; sample < 10; ++sample) histogram.fired(now += 10ms);
  }
  return histogram;
}

}  // namespace

void lag(Story& story) {
  story.say(
      "A timer that repeats every 10 ms notes how long it was since it fired last. That "
      "is all that monitorEventLoopDelay does; so this is what it does not see.");
  story.table({"What the meter sees", {"", "result"}, blind_spots()});

  const DelayHistogram half = every_other_tenth(50);
  const auto row = [](const char* what, const lab::Latency& latency) {
    const auto ms = [&](double percent) {
      return fmt::format("{:.0f}", Ms(latency.percentile(percent)).count());
    };
    return std::vector<std::string>{what, std::to_string(latency.count()), ms(50), ms(90),
                                    ms(99)};
  };
  story.say(
      "Blocked half of the time, 100 ms each (by arithmetic, with a clock made up):");
  story.table({"Blocked half of the time",
               {"", "samples", "p50 ms", "p90 ms", "p99 ms"},
               {row("as sampled", half.seen()), row("filled in", half.filled())}});
  story.say(
      "A stall is one sample, however long: by count, the loop looks well nine times "
      "in ten. Filled in are the samples that the stalls kept from being taken.");
}

void node(Story& story, const Dials& dials) {
  SiteConfig config = site_config(story, dials);
  config.elements = 0;
  lab::Table table{"The scenes that Node plays too", {"scene", "result"}, {}};
  const std::vector<std::pair<const char*, Cure>> ways = {
      {"in one go", Cure::none},           {"an async function", Cure::async_function},
      {"slices, nextTick", Cure::ticks},   {"slices, promise", Cure::promises},
      {"slices, setImmediate", Cure::cut}, {"a worker thread", Cure::worker}};
  for (const auto& [what, cure] : ways) {
    const Seen seen = watch(config, {.offence = fmt::format("/sum/{}", name(cure))});
    table.rows.push_back({what, was_free(seen) ? "the heart beats" : "the heart stops"});
  }
  const Seen seen = watch(config, {.offence = "/sum/none"});
  const auto first = std::ranges::find(seen.visits, Stage::during, &Visit::begun_at);
  std::map<Visit::Time, const char*> order;
  if (first != seen.visits.end())
    order = {{first->connected, "connected"},
             {seen.ended, "the job's end"},
             {first->answered, "answered"}};
  std::string text;
  for (const auto& [time, what] : order)
    text += (text.empty() ? "" : " > ") + std::string(what);
  table.rows.push_back({"a visitor of the blocked server", text});
  const auto cpu = [](std::size_t letters) {
    return match(Engine::std_regex, kHostile, almost(letters)).cpu;
  };
  table.rows.push_back({"(a+)+, six letters more", cpu(20) > 8 * cpu(14)
                                                       ? "takes much longer"
                                                       : "takes about as long"});
  story.table(table);
}

}  // namespace lab23
