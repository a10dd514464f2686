// profiles.cpp: from samples to a flame graph; one for each thread; and one after the fix.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <thread>

#include "lab/core/text.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/recording.hpp"
#include "world/shop.hpp"

namespace lab22 {

using lab::Picture;
using lab::Story;
using lab::text::percent;

namespace {

// Writes what was recorded to a log of the run's folder, and reads it back.
std::vector<Stack> through_log(const std::string& name,
                               const std::vector<Stack>& stacks) {
  const auto file = lab::run_dir() / (name + ".log");
  std::ofstream written(file);
  write_log(written, stacks);
  written.close();
  std::ifstream log(file);
  return read_log(log);
}

}  // namespace

// Step 7: a planted split. A clock around the two functions says what is true.
void split(Story& story, const Knobs& knobs) {
  const int enough = story.quick() ? std::min(*knobs.samples, 200) : *knobs.samples;
  story.say(
      "A shop parses its discount rules for every order, then adds the tax. A profiler "
      "looks at the stack {} times. It should find that parsing takes 80 % of the CPU.",
      enough);
  story.picture(Picture::tree, {"Flame graph"});
  Shop shop;
  const auto stacks = through_log("shop", record(enough, [&] { serve_order(shop); }));
  const Profile profile(stacks, "serve_order");
  story.table(flames("Flame graph", {{"", profile}}));
  const double measured = static_cast<double>(shop.parsing.count()) /
                          static_cast<double>((shop.parsing + shop.taxing).count());
  const double parsing = profile.share("parse_rules"), taxing = profile.share("add_tax");
  story.table({"Share of the CPU",
               {"function", "sampled", "measured"},
               {{"parse_rules", percent(parsing), percent(measured)},
                {"add_tax", percent(taxing), percent(1 - measured)}}});
  story.claim(
      "22.1",
      profile.samples() >= enough && std::abs(parsing - measured) < 0.1 &&
          std::abs(taxing - (1 - measured)) < 0.1,
      "{} of {} samples were in parse_rules, which is {}. Control: a clock around the "
      "function measured {}",
      profile.self("parse_rules"), profile.samples(), percent(parsing),
      percent(measured));

  std::set<Address> addresses;
  for (const Stack& stack : stacks) addresses.insert(stack.back());
  const int named = profile.samples() - profile.self("?") - profile.self("(program)");
  story.claim(
      "22.4",
      named * 10 >= profile.samples() * 9 && addresses.size() >= 3 &&
          profile.stacks().size() <= addresses.size(),
      "the report named the function of {} of {} samples. Control: the log has no names, "
      "only {} different addresses on top of its stacks",
      named, profile.samples(), addresses.size());
  story.takeaway(
      "The width of a frame is its share of the samples. Look for wide frames on top, "
      "and ignore the order from left to right.");
}

// Step 8: two threads, two samplers, two logs.
void threads(Story& story, const Knobs&) {
  story.say(
      "A worker thread parses while the main thread adds taxes. Each has a profiler of "
      "its own, which writes its own log. Neither log should have the other's work.");
  story.picture(Picture::tree, {"One flame graph each"});
  std::vector<Stack> of_worker, of_main;
  std::thread worker([&] {
    of_worker = through_log("worker", record(50, [] {
                              parse_rules(steps_in(std::chrono::milliseconds(5)));
                            }));
  });
  of_main = through_log(
      "main", record(50, [] { add_tax(steps_in(std::chrono::milliseconds(5))); }));
  worker.join();
  const Profile main(of_main, "add_tax"), other(of_worker, "parse_rules");
  story.table(flames("One flame graph each", {{"main", main}, {"worker", other}}));
  const auto seen = [](const std::vector<Stack>& stacks, const char* function) {
    return Profile(stacks).total(function);
  };
  story.claim(
      "22.3",
      seen(of_worker, "parse_rules") >= 40 && seen(of_main, "add_tax") >= 40 &&
          seen(of_main, "parse_rules") + seen(of_worker, "add_tax") == 0,
      "the worker's log has {} samples of parse_rules. Control: the main thread's log of "
      "the same time has {} samples of it, and {} of its own add_tax",
      seen(of_worker, "parse_rules"), seen(of_main, "parse_rules"),
      seen(of_main, "add_tax"));
  story.takeaway("First find out which thread is busy. Then profile that one.");
}

// Step 9: the same orders, so that one profile can be subtracted from the other.
void fix(Story& story, const Knobs&) {
  story.say(
      "Now the shop parses its rules once and keeps them. It serves the same orders "
      "again, and we compare the two profiles function by function. Expect parse_rules "
      "to nearly disappear, and add_tax to stay as it is.");
  story.picture(Picture::tree, {"Before and after the fix"});
  Shop slow, fixed{.parses_once = true};
  const Profile before(record(120, [&] { serve_order(slow); }), "serve_order");
  Sampler sampler;
  while (fixed.orders < slow.orders) serve_order(fixed);
  sampler.stop();
  const Profile after(sampler.stacks(), "serve_order");
  story.table(difference("Before and after the fix", before, after));
  const auto change = [&](const char* function) {
    return after.self(function) - before.self(function);
  };
  story.table({"Samples for the same orders",
               {"function", "change"},
               {{"parse_rules", fmt::format("{:+}", change("parse_rules"))},
                {"add_tax", fmt::format("{:+}", change("add_tax"))}}});
  story.claim("22.1",
              after.self("parse_rules") * 5 < before.self("parse_rules") &&
                  -change("parse_rules") > 2 * std::abs(change("add_tax")),
              "parse_rules changed by {:+} samples for the same {} orders. Control: "
              "add_tax, which nobody touched, changed by {:+}",
              change("parse_rules"), slow.orders, change("add_tax"));
  story.takeaway(
      "Compare counts for the same work, not shares: add_tax is now the widest frame, "
      "but it has not become slower.");
}

}  // namespace lab22
