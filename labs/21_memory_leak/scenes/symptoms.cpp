#include <algorithm>
#include <map>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/patient.hpp"

namespace lab21 {

namespace {

std::string bytes(double count) {
  return lab::text::bytes(static_cast<std::uint64_t>(std::max(count, 0.0)));
}

bool leaks(Fault fault) {
  return fault != Fault::none && fault != Fault::fragmentation && fault != Fault::outside;
}

}  // namespace

void symptom(lab::Story& story, const Knobs& knobs) {
  story.say("Three services answer 4,500 requests each. Which one leaks?");
  const std::map<Fault, std::string> services = {{Fault::listener, "leak"},
                                                 {Fault::none, "cache"},
                                                 {Fault::fragmentation, "fragments"}};
  story.picture(lab::Picture::curves,
                {"leak: resident", "leak: live", "cache: resident", "cache: live",
                 "fragments: resident", "fragments: live"});
  lab::Table table{"After 4,500 requests",
                   {"service", "resident rose by", "live rose in the last 3,000"},
                   {}};
  std::map<Fault, Examined> seen;
  for (const auto& [fault, name] : services) {
    const Examined& examined = seen[fault] =
        examine(fault, static_cast<std::size_t>(*knobs.size));
    for (const Gauges& now : examined.rounds) {
      lab::trace::counter(name + ": resident", now.resident);
      lab::trace::counter(name + ": live", now.live);
    }
    table.rows.push_back({std::string(to_string(fault)),
                          bytes(examined.signals.resident_growth),
                          bytes(examined.signals.growth * 3000)});
  }
  story.table(table);
  const double leaked = seen[Fault::listener].signals.growth;
  const double cached = seen[Fault::none].signals.growth;
  const double fragments = seen[Fault::fragmentation].signals.growth;
  story.claim(
      "21.1",
      std::ranges::all_of(seen, [](auto& each) { return rose(each.second.signals); }) &&
          leaked > *knobs.size && cached < leaked / 100 && fragments < leaked / 100,
      "resident memory rose in 3 of 3. Live memory rose in one: {} a request; "
      "{} with the bounded cache, {} with fragments",
      bytes(leaked), bytes(cached), bytes(fragments));
  story.takeaway("Only live memory that keeps rising after the warm-up is a leak.");
}

void gauges(lab::Story& story, const Knobs& knobs) {
  story.say("Four services again: this time we look at three gauges of each.");
  story.picture(lab::Picture::bars, {"The gauge that rose most"});
  lab::Table table{
      "What rose, in bytes", {"service", "live", "kept free", "outside"}, {}};
  lab::Table most{"The gauge that rose most", {"service", "gauge", "bytes"}, {}};
  std::map<Fault, std::string> found;
  double quiet = 0;
  for (const Fault fault :
       {Fault::listener, Fault::fragmentation, Fault::outside, Fault::none}) {
    const Examined examined = examine(fault, static_cast<std::size_t>(*knobs.size));
    // The bounded cache is the control: once it is full, no gauge moves.
    const Gauges& from = examined.rounds[fault == Fault::none ? 4 : 0];
    const Gauges& to = examined.rounds.back();
    const double live = to.live - from.live, kept = to.kept - from.kept;
    const double outside = to.resident - from.resident - live - kept;
    table.rows.push_back(
        {std::string(to_string(fault)), bytes(live), bytes(kept), bytes(outside)});
    const auto [value, name] =
        std::max({std::pair(live, "live"), std::pair(kept, "kept free"),
                  std::pair(outside, "outside")});
    found[fault] = name;
    if (fault == Fault::none) quiet = value;
    most.rows.push_back({std::string(to_string(fault)), name,
                         fmt::format("{:.0f}", std::max(value, 0.0))});
  }
  story.table(table);
  story.table(most);
  story.claim("21.6",
              found[Fault::listener] == "live" &&
                  found[Fault::fragmentation] == "kept free" &&
                  found[Fault::outside] == "outside" && quiet < 1 << 20,
              "a listener: {}; fragments: {}; mapped buffers: {}. With a full cache, the "
              "largest change was {}",
              found[Fault::listener], found[Fault::fragmentation], found[Fault::outside],
              bytes(quiet));
  story.takeaway("The gauge that rises says where to look; a snapshot only shows one.");
}

void doctor(lab::Story& story, const Knobs& knobs) {
  story.say("Eight kinds of service, three sizes each, and a diagnosis from outside.");
  story.picture(lab::Picture::bars, {"Right diagnoses of 24"});
  constexpr int kKinds = 8;
  lab::Table matrix{"Planted, and what the diagnosis said", {"planted"}, {}};
  for (int i = 1; i <= kKinds; ++i) matrix.columns.push_back(std::to_string(i));
  matrix.columns.emplace_back("?");
  int right = 0, right_by_resident = 0;
  for (int planted = 0; planted < kKinds; ++planted) {
    const auto fault = static_cast<Fault>(planted);
    std::vector<int> said(kKinds + 1);
    for (const int size : {*knobs.size / 2, *knobs.size, *knobs.size * 2}) {
      const Signals signals = examine(fault, static_cast<std::size_t>(size)).signals;
      const Fault diagnosis = diagnose(signals);
      ++said[static_cast<std::size_t>(diagnosis)];
      right += diagnosis == fault;
      right_by_resident += rose(signals) == leaks(fault);
    }
    auto& row =
        matrix.rows.emplace_back(1, fmt::format("{} {}", planted + 1, to_string(fault)));
    for (const int times : said) row.push_back(times ? std::to_string(times) : ".");
  }
  story.table(matrix);
  story.table({"Right diagnoses of 24",
               {"by", "right"},
               {{"resident memory alone", std::to_string(right_by_resident)},
                {"growth, reachability and work", std::to_string(right)}}});
  story.claim(
      "21.1", right == 3 * kKinds && right_by_resident <= 3 * (kKinds - 2),
      "resident memory alone was right {} of 24 times, growth of live memory with "
      "reachability and work {} of 24",
      right_by_resident, right);
  story.takeaway(
      "Ask three things: does live memory grow, who can reach it, who uses it?");
}

}  // namespace lab21
