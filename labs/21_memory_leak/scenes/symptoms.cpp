#include <map>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/processes.hpp"

namespace lab21 {

namespace {

bool leaks(Fault fault) {
  return fault != Fault::none && fault != Fault::fragmentation && fault != Fault::outside;
}

}  // namespace

void symptom(lab::Story& story, const Knobs& knobs) {
  story.say(
      "Four services serve 4,500 requests each. Resident memory should rise in all four. "
      "Which of them leaks?");
  constexpr const char* kRose =
      "What rose in 4,500 requests, and live memory in the last 3,000";
  story.picture(lab::Picture::bars, {kRose});
  lab::Table table{
      kRose,
      {"service", "resident", "live", "kept free", "outside", "live, in the last 3,000"},
      {}};
  std::map<std::string, Signals> seen;
  std::map<std::string, std::string> most;  // which gauge rose most
  for (const auto& [fault, name] : {std::pair{Fault::listener, "leak"},
                                    {Fault::none, "cache"},
                                    {Fault::fragmentation, "fragments"},
                                    {Fault::outside, "buffers"}}) {
    const Examined examined = examine(fault, *knobs.size);
    for (const Gauges& now : examined.rounds) {
      lab::trace::counter(fmt::format("{}: resident", name), now.resident,
                          {.args = {{"unit", "bytes"}}});
      lab::trace::counter(fmt::format("{}: live", name), now.live,
                          {.args = {{"unit", "bytes"}}});
    }
    const Signals& signals = seen[name] = examined.signals;
    const Gauges& from = examined.rounds.front();
    const double live = signals.live - from.live, kept = signals.kept - from.kept;
    const double outside = signals.resident_growth - live - kept;
    most[name] = std::max({std::pair(live, "live"), std::pair(kept, "kept free"),
                           std::pair(outside, "outside")})
                     .second;
    table.rows.push_back({std::string(to_string(fault)), bytes(signals.resident_growth),
                          bytes(live), bytes(kept), bytes(outside),
                          bytes(signals.growth * 3000)});
  }
  story.table(table);
  const double leaked = seen["leak"].growth;
  story.claim(
      "21.1",
      std::ranges::all_of(seen,
                          [&](const auto& service) {
                            const auto& [name, signals] = service;
                            return rose(signals) &&
                                   (signals.growth > leaked / 100) == (name == "leak");
                          }) &&
          leaked > *knobs.size,
      "resident memory rose in 4 of 4. After the warm-up, live memory rose only with the "
      "forgotten listener: by {} a request. Control: with the bounded cache by {}",
      bytes(leaked), bytes(seen["cache"].growth));
  story.claim(
      "21.6",
      most["leak"] == "live" && most["cache"] == "live" &&
          most["fragments"] == "kept free" && most["buffers"] == "outside",
      "the gauge that rose most was \"{}\" with the forgotten listener, \"{}\" with "
      "fragmentation, and \"{}\" with buffers",
      most["leak"], most["fragments"], most["buffers"]);
  story.takeaway("If live memory keeps rising after the warm-up, suspect a leak.");
}

void doctor(lab::Story& story, const Knobs& knobs) {
  story.say(
      "Eight kinds of service run in three sizes each, and five of the kinds leak. Two "
      "doctors watch from outside. One looks at resident memory only, and should call "
      "all of them leaks.");
  story.picture(lab::Picture::bars, {"Right diagnoses of 24"});
  constexpr int kKinds = 8;
  lab::Table matrix{"Planted, and what the diagnosis said",
                    {"planted", "1", "2", "3", "4", "5", "6", "7", "8", "?"},
                    {}};
  int right = 0, right_by_resident = 0;
  for (int planted = 0; planted < kKinds; ++planted) {
    const auto fault = static_cast<Fault>(planted);
    std::array<int, kKinds + 1> said{};
    for (const int size : {*knobs.size / 2, *knobs.size, *knobs.size * 2}) {
      const Signals signals = examine(fault, size).signals;
      ++said[static_cast<std::size_t>(diagnose(signals))];
      right_by_resident += rose(signals) == leaks(fault);
    }
    right += said[static_cast<std::size_t>(planted)];
    auto& row =
        matrix.rows.emplace_back(1, fmt::format("{} {}", planted + 1, to_string(fault)));
    for (const int times : said) row.push_back(times ? std::to_string(times) : ".");
  }
  story.table(matrix);
  story.table({"Right diagnoses of 24",
               {"by", "right"},
               {{"resident memory alone", std::to_string(right_by_resident)},
                {"growth, reachability and work", std::to_string(right)}}});
  story.claim("21.1", right == 3 * kKinds && right_by_resident <= 3 * (kKinds - 2),
              "resident memory alone led to {} right diagnoses of 24; growth of live "
              "memory, reachability and work together led to {}",
              right_by_resident, right);
  story.takeaway(
      "Ask three questions: does live memory grow, who can reach it, and who uses it?");
}

void deaths(lab::Story& story, const Knobs&) {
  story.say(
      "Three processes have a heap limit of 40 MiB and ask for 160 MiB: one on the heap, "
      "two as buffers outside it. Which of them dies, and how?");
  story.picture(lab::Picture::machine, {"heap", "buffers", "buffers in a container"});
  lab::Table table{
      "Death certificates", {"process", "ended by", "exit handlers", "last words"}, {}};
  const auto play = [&](const char* name, const char* of, std::size_t container = 0) {
    lab::trace::state(name, "growing");
    const Certificate end = live_and_die(of, container);
    lab::trace::state(name, end.ended_by);
    table.rows.push_back({name, end.ended_by, end.handlers_ran ? "ran" : "did not run",
                          end.last_words ? "yes" : "none"});
    return end;
  };
  const Certificate heap = play("heap", "heap");
  const Certificate buffers = play("buffers", "buffers");
  const Certificate container =
      play("buffers in a container", "buffers", std::size_t{100} << 20);
  story.table(table);
  // Without a control group the kernel refuses memory and kills nobody.
  const bool grouped = container.limit_by == "a control group";
  story.claim(
      "21.2",
      heap.ended_by == "SIGABRT" && !heap.handlers_ran && heap.last_words &&
          buffers.ended_by == "exit 0" && buffers.handlers_ran &&
          !container.handlers_ran && container.last_words == !grouped &&
          container.ended_by == (grouped ? "SIGKILL" : "SIGABRT"),
      "160 MiB on the heap ended with {} and a message. Control: as buffers "
      "outside the heap they ended with {}. In a container of 100 MiB (by {}) they "
      "ended with {}, {} a message",
      heap.ended_by, buffers.ended_by, container.limit_by, container.ended_by,
      container.last_words ? "with" : "without");
  story.nuance("21.2",
               "No exit handler runs in either death. So do not leave work to one.");
  story.takeaway("The heap's limit does not count memory outside the heap.");
}

}  // namespace lab21
