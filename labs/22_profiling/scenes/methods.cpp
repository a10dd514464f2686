// methods.cpp: what sampling does not see, what it costs, and when to use something else.
#include <cmath>

#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"
#include "world/patient.hpp"
#include "world/recording.hpp"
#include "world/shop.hpp"

namespace lab22 {

using namespace std::chrono_literals;
using lab::Picture;
using lab::Story;
using lab::text::percent;
using lab::text::time;

// Step 10: the sampler's timer stands still while the thread waits. The spans of a trace last
// as long as the waiting does.
void waits(Story& story, const Knobs&) {
  story.say(
      "Three requests each wait 100 ms for a store, then compute for 40 ms. A profiler "
      "and a trace watch the same thread. Only one of them should see the waiting.");
  constexpr const char* kProfile = "samples in the CPU profile";
  story.picture(Picture::strips, {"computes", "waits for the store", kProfile});
  const auto begin = std::chrono::steady_clock::now();
  const Scheduled before = scheduled();
  Sampler sampler;
  std::size_t told = 0;
  const auto tell_samples = [&](const char* function) {
    const std::size_t all = sampler.samples(), more = all - std::exchange(told, all);
    lab::trace::instant(fmt::format("{}: {}", function, more), {.lane = kProfile});
  };
  std::chrono::nanoseconds spans{};
  for (int i = 0; i < 3; ++i) {
    const auto asked = std::chrono::steady_clock::now();
    lab::trace::Span wait("ask_store", {.lane = "waits for the store"});
    ask_store(100ms);
    wait.end();
    spans += std::chrono::steady_clock::now() - asked;
    tell_samples("ask_store");
    lab::trace::Span compute("add_tax", {.lane = "computes"});
    add_tax(steps_in(40ms));
    compute.end();
    tell_samples("add_tax");
  }
  sampler.stop();
  const auto lasted = std::chrono::steady_clock::now() - begin;
  const auto [on_core, queued] = scheduled() - before;
  const auto blocked = lasted - on_core - queued;
  const Profile profile(sampler.stacks());
  const int seen = profile.total("ask_store");
  story.table({"Where the time went",
               {"time", "how long", "samples"},
               {{"on a core", time(on_core), std::to_string(profile.samples() - seen)},
                {"waited for a core", time(queued), "0"},
                {"blocked", time(blocked), std::to_string(seen)}}});
  story.claim(
      "22.1",
      spans >= 300ms && blocked >= 270ms && profile.total("add_tax") >= 10 &&
          seen * 4 <= profile.samples(),
      "{} of {} samples were in ask_store. Control: the spans of a trace show that the "
      "thread was in it for {}",
      seen, profile.samples(), time(spans));
  story.takeaway(
      "If requests are slow and the CPU is idle, take a trace. A CPU profile cannot show "
      "the waiting.");
}

// Step 11: the same program alone, sampled, and with a stopwatch around each call.
void cost(Story& story, const Knobs&) {
  story.say(
      "A program makes millions of short calls and a few long ones. We run it alone, "
      "then with a profiler that samples, then with a stopwatch around each call. Only "
      "the stopwatches should change the result.");
  story.picture(Picture::bars, {"CPU time of the same work"});
  const int lines = steps_in(60ms) / 9;
  Stopwatch short_calls, long_calls;
  const auto run = [&](bool instrumented) {  // CPU time of the short calls, and of all
    const auto begin = lab::thread_cpu_time();
    discount_lines(lines, instrumented ? &short_calls : nullptr);
    const auto middle = lab::thread_cpu_time();
    print_invoice(lines, instrumented ? &long_calls : nullptr);
    return std::pair(middle - begin, lab::thread_cpu_time() - begin);
  };
  auto alone = run(false), sampled = alone;
  std::vector<Stack> stacks;
  for (int round = 0; round < 5; ++round) {  // the best of each counts
    alone = std::min(alone, run(false));
    Sampler sampler;
    sampled = std::min(sampled, run(false));
    sampler.stop();
    std::ranges::copy(sampler.stacks(), std::back_inserter(stacks));
  }
  const auto timed = run(true);
  const Profile profile(stacks);
  const double truth = std::chrono::duration<double>(alone.first) / alone.second;
  const double by_samples =
      static_cast<double>(profile.total("discount_lines")) / profile.samples();
  const double by_watches = std::chrono::duration<double>(short_calls.spent) /
                            (short_calls.spent + long_calls.spent);
  const double sampling = std::chrono::duration<double>(sampled.second) / alone.second;
  const double timing = std::chrono::duration<double>(timed.second) / alone.second;
  story.table({"CPU time of the same work",
               {"watched by", "share of the short calls", "CPU time"},
               {{"nobody", percent(truth), time(alone.second)},
                {"sampling", percent(by_samples), time(sampled.second)},
                {"stopwatches", percent(by_watches), time(timed.second)}}});
  story.claim("22.2",
              sampling < 1.25 && timing > 1.5 && std::abs(by_samples - truth) < 0.12 &&
                  by_watches - truth > 0.08 && short_calls.calls == lines,
              "with sampling the program took {:.2f} times the CPU, and the short calls "
              "got {} of it. Control: with stopwatches it took {:.1f} times the CPU, and "
              "they got {}, where {} is right",
              sampling, percent(by_samples), timing, percent(by_watches), percent(truth));
  story.takeaway(
      "Sample to find the functions that burn the CPU. Instrument what is rare and long, "
      "such as a request.");
}

namespace {

struct Service {
  const char* name;
  Illness planted;
  std::function<void(Patient&)> on_request;
};

const Service kServices[] = {
    {"serves at once", Illness::none, [](Patient&) { add_tax(steps_in(100us)); }},
    {"hashes in the pool", Illness::cpu,
     [](Patient& it) { it.in_pool([] { parse_rules(steps_in(60ms)); }); }},
    {"asks a slow store", Illness::io,
     [](Patient& it) { it.in_pool([] { ask_store(150ms); }); }},
    {"computes on the loop", Illness::blocked_loop,
     [](Patient&) { parse_rules(steps_in(100ms)); }},
    {"keeps every request", Illness::memory, [](Patient& it) { it.keep(2 << 20); }},
};

}  // namespace

// Step 12: each illness is really there: CPU burnt, replies awaited, memory kept.
void doctor(Story& story, const Knobs&) {
  story.say(
      "Five services get a request every 10 ms. Four of them are slow or growing, each "
      "for a different reason. A doctor should name each reason from four gauges: the "
      "loop's delay, the CPUs wanted, the pool's queue and the memory that grew. ↑ marks "
      "a "
      "gauge above its limit.");
  lab::Table table{"What the doctor saw",
                   {"service", "delay", "CPUs", "queue", "grew", "finding"},
                   {}};
  story.picture(Picture::bars, {table.title});
  const auto cell = [](std::string value, const Gauges& alone) {
    return diagnose(alone) == Illness::none ? value : value + " ↑";
  };
  int right = 0;
  Illness of_the_healthy{};
  for (const auto& [name, planted, on_request] : kServices) {
    lab::trace::instant(name, {.lane = "case"});
    Patient patient;
    const Gauges gauges = patient.observe(story.quick() ? 400ms : 600ms, on_request);
    const Illness found = diagnose(gauges);
    if (planted == Illness::none) of_the_healthy = found;
    right += planted != Illness::none && found == planted;
    table.rows.push_back(
        {name, cell(time(gauges.loop_delay), {.loop_delay = gauges.loop_delay}),
         cell(fmt::format("{:.1f}", gauges.cpus_wanted),
              {.cpus_wanted = gauges.cpus_wanted}),
         cell(std::to_string(gauges.pool_queue), {.pool_queue = gauges.pool_queue}),
         cell(lab::text::bytes(gauges.grown_bytes), {.grown_bytes = gauges.grown_bytes}),
         std::string(to_string(found))});
  }
  story.table(table);
  story.claim(
      "22.5", right == 4 && of_the_healthy == Illness::none,
      "the doctor named {} of 4 planted problems. Control: it called the service without "
      "a problem {}",
      right, to_string(of_the_healthy));
  story.takeaway(
      "Read the gauges first. They tell which thread to profile, or that you need a "
      "trace or a heap snapshot instead.");
}

}  // namespace lab22
