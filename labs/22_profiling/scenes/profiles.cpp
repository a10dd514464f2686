// profiles.cpp: a flame graph, the report behind it, and another one after the fix.
#include <cmath>
#include <fstream>
#include <set>

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

int enough(const Story& story, const Knobs& knobs) {
  return story.quick() ? std::min(*knobs.samples, 200) : *knobs.samples;
}

double share(std::chrono::nanoseconds part, std::chrono::nanoseconds rest) {
  return std::chrono::duration<double>(part) / (part + rest);
}

std::string share_text(const Profile& profile, const std::string& function) {
  return percent(profile.self_share(function));
}

}  // namespace

// Step 7: the planted split, found by samples, and measured with a clock for comparison.
void split(Story& story, const Knobs& knobs) {
  story.say(
      "A shop parses its discount rules for every order, then adds the tax. The first "
      "takes about 80 % of the CPU. A profiler that only looks at the stack 250 times a "
      "second should find that out.");
  story.picture(Picture::tree, {"Flame graph"});
  Shop shop;
  const Profile profile(record(enough(story, knobs), [&] { serve_order(shop); }),
                        "serve_order");
  lab::Table flame{"Flame graph", {"function", "called by", "samples"}, {}};
  add_flame(flame, profile);
  story.table(flame);
  const double measured = share(shop.parsing, shop.taxing);
  story.table({"Share of the CPU",
               {"function", "sampled", "measured"},
               {{"parse_rules", share_text(profile, "parse_rules"), percent(measured)},
                {"add_tax", share_text(profile, "add_tax"), percent(1 - measured)}}});
  const double sampled = profile.self_share("parse_rules");
  story.claim(
      "22.1",
      profile.samples() >= enough(story, knobs) && std::abs(sampled - measured) < 0.1 &&
          std::abs(profile.self_share("add_tax") - (1 - measured)) < 0.1,
      "{} of {} samples were in parse_rules, which is {}. Control: a clock around "
      "the function measured {}",
      profile.self("parse_rules"), profile.samples(), percent(sampled),
      percent(measured));
  story.takeaway(
      "The width of a frame is its share of the samples. Look for wide frames on top, "
      "and "
      "ignore the order from left to right.");
}

// Step 8: the log, as the handler left it, and what a report makes of it.
void report(Story& story, const Knobs& knobs) {
  story.say(
      "The profiler's log holds bare addresses. We write it to a file, read it back, and "
      "look up which function each address lies in.");
  story.picture(Picture::bars, {"The hottest, before and after the names"});
  Shop shop;
  const auto file = lab::run_dir() / "shop.log";
  {
    std::ofstream log(file);
    write_log(log, record(enough(story, knobs), [&] { serve_order(shop); }));
  }
  std::ifstream log(file);
  const std::vector<Stack> stacks = read_log(log);
  const Profile profile(stacks, "serve_order");
  const Profile raw(stacks, {}, [](Address at) { return fmt::format("{:x}", at); });

  std::set<std::string> addresses;
  int hottest = 0;
  for (const auto& [names, samples] : raw.stacks()) {
    addresses.insert(names.back());
    hottest = std::max(hottest, raw.self(names.back()));
  }
  const int named = profile.samples() - profile.self("?");
  const double alone = static_cast<double>(hottest) / raw.samples();
  story.table({"The hottest, before and after the names",
               {"what", "share of the samples"},
               {{"hottest address", percent(alone)},
                {"hottest function", share_text(profile, "parse_rules")}}});
  story.claim(
      "22.4",
      named * 10 >= profile.samples() * 9 && profile.self_share("parse_rules") > 0.6 &&
          raw.self("parse_rules") == 0 && addresses.size() >= 3,
      "{} of {} samples got the name of a function, and parse_rules has {} of them. "
      "Control: the log names nothing and has {} different addresses, the hottest "
      "with {}",
      named, profile.samples(), profile.self("parse_rules"), addresses.size(),
      percent(alone));
  story.nuance("22.4",
               "What has no symbol stays nameless: stripped binaries, and code that a "
               "just-in-time compiler made, unless it writes a map of it.");
  story.takeaway("Record cheaply while it runs, and look up the names afterwards.");
}

// Step 9: the same orders, so that samples of both profiles can be subtracted.
void fix(Story& story, const Knobs& knobs) {
  story.say(
      "Now the shop parses its rules once and keeps them. It serves the same orders "
      "again, "
      "and we subtract the two profiles function by function.");
  story.picture(Picture::tree, {"Two flame graphs"});
  Shop slow, fixed;
  fixed.parses_once = true;
  const Profile before(record(enough(story, knobs), [&] { serve_order(slow); }),
                       "serve_order");
  Sampler sampler;
  while (fixed.orders < slow.orders) serve_order(fixed);
  sampler.stop();
  const Profile after(sampler.stacks(), "serve_order");

  lab::Table flame{"Two flame graphs", {"function", "called by", "samples"}, {}};
  add_flame(flame, before, "before: ");
  add_flame(flame, after, "after: ");
  story.table(flame);
  const auto change = difference(before, after);
  lab::Table table{
      "Samples for the same orders", {"function", "before", "after", "change"}, {}};
  for (const char* name : {"parse_rules", "add_tax"}) {
    table.rows.push_back(
        {name, std::to_string(before.self(name)), std::to_string(after.self(name)),
         fmt::format("{:+}", change.contains(name) ? change.at(name) : 0)});
  }
  story.table(table);
  const int tax = before.self("add_tax"), parsing = before.self("parse_rules");
  story.claim("22.1",
              after.self("parse_rules") * 5 < parsing &&
                  std::abs(after.self("add_tax") - tax) * 2 < parsing &&
                  after.self("add_tax") > after.self("parse_rules"),
              "for the same {} orders, parse_rules went from {} samples to {}. Control: "
              "add_tax, which nobody touched, went from {} to {}",
              slow.orders, parsing, after.self("parse_rules"), tax,
              after.self("add_tax"));
  story.takeaway(
      "Compare counts for the same work, not shares: add_tax is now the widest frame, "
      "and "
      "it has not become slower.");
}

}  // namespace lab22
