// methods.cpp: what a CPU profile does not show, what it costs, and whose it is.
#include <cmath>
#include <fstream>
#include <thread>

#include "doctor.hpp"
#include "lab/core/text.hpp"
#include "lab/os/proc.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/recording.hpp"
#include "world/shop.hpp"

namespace lab22 {

using namespace std::chrono_literals;
using lab::Picture;
using lab::Story;
using lab::text::percent;
using lab::text::time;

// Step 10: the profile's timer stands still while the thread waits. A trace has spans, which
// last however their time is spent.
void waits(Story& story, const Knobs& knobs) {
  constexpr int kRequests = 3;
  const auto planted = kRequests * *knobs.reply;
  story.say(
      "{} requests each wait {} for a store and then compute for about 40 ms. A profiler "
      "and "
      "a trace watch the same thread. Only one of them should see the waiting.",
      kRequests, time(*knobs.reply));
  story.picture(Picture::strips, {"requests", "store"});
  const auto begin = std::chrono::steady_clock::now();
  const Scheduled before = scheduled_here();
  Sampler sampler;
  std::chrono::nanoseconds spans{};
  for (int i = 0; i < kRequests; ++i) {
    const lab::trace::Span request("request", {.lane = "requests"});
    const auto asked = std::chrono::steady_clock::now();
    {
      const lab::trace::Span wait("waits for the store", {.lane = "store"});
      ask_store(*knobs.reply);
    }
    spans += std::chrono::steady_clock::now() - asked;
    add_tax(steps_in(40ms));
  }
  sampler.stop();
  const auto lasted = std::chrono::steady_clock::now() - begin;
  const Scheduled after = scheduled_here();
  const auto on_core = after.on_core - before.on_core;
  const auto queued = after.waited_for_core - before.waited_for_core;
  const Profile profile(sampler.stacks());
  const int seen = profile.total("ask_store");
  story.table({"Where the time went",
               {"time", "how long", "samples"},
               {{"on a core", time(on_core), std::to_string(profile.samples() - seen)},
                {"waited for a core", time(queued), "0"},
                {"blocked", time(lasted - on_core - queued), std::to_string(seen)}}});
  story.claim(
      "22.1",
      spans >= planted && lasted - on_core - queued >= planted * 9 / 10 &&
          profile.total("add_tax") >= 10 && seen * 10 <= profile.samples(),
      "{} of {} samples were in ask_store, which the thread was in for {}. Control: "
      "the spans of a trace show {} of waiting",
      seen, profile.samples(), time(spans), time(spans));
  story.takeaway(
      "Slow with an idle CPU is a question for a trace. A CPU profile cannot answer it.");
}

// Step 11: the same program three times: left alone, sampled, and with a stopwatch in each
// function. Each time the best of some rounds counts.
void cost(Story& story, const Knobs&) {
  story.say(
      "A program spends half its CPU in many short calls and half in one long call. We "
      "run "
      "it alone, then with a profiler that samples, then with a stopwatch around each "
      "call.");
  story.picture(Picture::bars, {"CPU time of the same work"});
  const int lines = steps_in(story.quick() ? 40ms : 100ms) / 4, rounds = 5;
  std::vector<Stack> stacks;
  std::chrono::nanoseconds best[3];
  std::ranges::fill(best, std::chrono::nanoseconds::max());
  std::chrono::nanoseconds plain_short{}, plain_all{};
  Stopwatch lines_watch, invoice_watch;
  const auto run = [&](int kind) {
    const auto begin = lab::thread_cpu_time();
    discount_lines(lines, kind == 2 ? &lines_watch : nullptr);
    const auto middle = lab::thread_cpu_time();
    print_invoice(lines, kind == 2 ? &invoice_watch : nullptr);
    const auto end = lab::thread_cpu_time();
    best[kind] = std::min(best[kind], end - begin);
    if (kind == 0) plain_short += middle - begin, plain_all += end - begin;
  };
  for (int round = 0; round < rounds; ++round) {
    run(0);
    {
      Sampler sampler;
      run(1);
      sampler.stop();
      std::ranges::copy(sampler.stacks(), std::back_inserter(stacks));
    }
    run(2);
  }
  const Profile profile(stacks);
  const auto share = [](auto part, auto all) {
    return static_cast<double>(part) / static_cast<double>(all);
  };
  const double sampled_cost = share(best[1].count(), best[0].count());
  const double timed_cost = share(best[2].count(), best[0].count());
  const double truth = share(plain_short.count(), plain_all.count());
  const double sampled = share(profile.total("discount_lines"), profile.samples());
  const double timed =
      share(lines_watch.spent.count(), (lines_watch.spent + invoice_watch.spent).count());
  story.table({"CPU time of the same work",
               {"watched by", "CPU time", "share of the short calls"},
               {{"nobody", time(best[0]), percent(truth)},
                {"sampling", time(best[1]), percent(sampled)},
                {"a stopwatch for each call", time(best[2]), percent(timed)}}});
  story.claim(
      "22.2",
      sampled_cost < 1.25 && timed_cost > 1.5 && std::abs(sampled - truth) < 0.12 &&
          timed - truth > 0.12 &&
          lines_watch.calls == static_cast<std::uint64_t>(rounds * lines),
      "with sampling the work took {:.2f} times the CPU, with stopwatches {:.1f} "
      "times. The short calls take {} of the CPU; sampling said {}, the stopwatches "
      "{}",
      sampled_cost, timed_cost, percent(truth), percent(sampled), percent(timed));
  story.nuance("22.2",
               "Only the stopwatches know the number of calls, {} of them. Instrument "
               "what is rare and long, such as a request or a query.",
               lab::text::count(static_cast<double>(lines_watch.calls)));
  story.takeaway(
      "Sample to find what is hot. Count calls only where calls are the question.");
}

namespace {

// What a thread of the program does, its own sampler beside it, and the log that it writes.
std::vector<Stack> in_a_thread(const std::string& log,
                               const std::function<void()>& work) {
  std::vector<Stack> stacks;
  std::thread([&] {
    stacks = record(60, work);
    std::ofstream file(log);
    write_log(file, stacks);
  }).join();
  return stacks;
}

}  // namespace

// Step 12: the main thread only waits. Its profile says so, and knows nothing of the other.
void threads(Story& story, const Knobs&) {
  story.say(
      "A worker thread computes while the main thread waits for it. Both have a profiler "
      "of "
      "their own, and each writes its own log.");
  story.picture(Picture::tree, {"One flame graph each"});
  const std::string folder = lab::run_dir();
  const auto log = [&](const char* name) { return folder + "/thread-" + name + ".log"; };
  std::vector<Stack> workers;
  const std::vector<Stack> mains = record(60, [&] {
    if (workers.empty()) {
      workers = in_a_thread(log("worker"), [] { parse_rules(steps_in(20ms)); });
    }
    add_tax(steps_in(20ms));
  });
  {
    std::ofstream file(log("main"));
    write_log(file, mains);
  }
  const auto read = [&](const char* name) {
    std::ifstream file(log(name));
    return Profile(read_log(file));
  };
  const Profile main = read("main"), worker = read("worker");
  lab::Table flame{"One flame graph each", {"function", "called by", "samples"}, {}};
  for (const auto& [name, profile] : {std::pair{"main", &main}, {"worker", &worker}}) {
    flame.rows.push_back({name, "", fmt::format("{} samples", profile->samples())});
    for (const char* function : {"parse_rules", "add_tax"}) {
      if (const int samples = profile->self(function)) {
        flame.rows.push_back({fmt::format("{}: {}", name, function), name,
                              fmt::format("{} samples", samples)});
      }
    }
  }
  story.table(flame);
  story.claim(
      "22.3",
      worker.self("parse_rules") >= 50 && worker.self("add_tax") == 0 &&
          main.self("add_tax") >= 50 && main.self("parse_rules") == 0,
      "the worker's log has {} samples of parse_rules. Control: the main thread's "
      "log of the same time has {} of them, and {} of its own add_tax",
      worker.self("parse_rules"), main.self("parse_rules"), main.self("add_tax"));
  story.takeaway(
      "Profile the thread that works. Ask which one that is before you start.");
}

}  // namespace lab22
