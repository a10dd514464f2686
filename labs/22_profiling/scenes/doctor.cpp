// doctor.cpp: five services, four of them ill.
#include "doctor.hpp"

#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"
#include "world/patient.hpp"
#include "world/shop.hpp"

namespace lab22 {

using namespace std::chrono_literals;

namespace {

struct Planted {
  const char* service;
  Illness illness;
  Patient::Request on_request;
};

}  // namespace

// Step 13: each illness is really there: CPU burnt, replies awaited, memory kept.
void doctor(lab::Story& story, const Knobs& knobs) {
  story.say(
      "Five services get a request every 10 ms. Four of them are ill, each in its own "
      "way. "
      "Four gauges are read, and the doctor names the illness without knowing the "
      "service.");
  story.picture(lab::Picture::curves, {"loop delay (ms)", "pool queue"});
  const Planted services[] = {
      {"serves from memory", Illness::none, [](Patient&) { add_tax(steps_in(100us)); }},
      {"hashes in the pool", Illness::cpu,
       [](Patient& patient) { patient.in_pool([] { parse_rules(steps_in(60ms)); }); }},
      {"waits for a slow store", Illness::io,
       [&](Patient& patient) {
         patient.in_pool([delay = *knobs.reply] { ask_store(delay); });
       }},
      {"computes on the loop", Illness::blocked_loop,
       [](Patient&) { parse_rules(steps_in(100ms)); }},
      {"keeps every request", Illness::memory,
       [](Patient& patient) { patient.keep(std::size_t{2} << 20); }},
  };
  lab::Table table{
      "What the doctor saw",
      {"service", "loop delay", "CPUs wanted", "pool queue", "grew by", "diagnosis"},
      {}};
  int right = 0;
  bool healthy = false;
  for (const auto& [service, illness, on_request] : services) {
    Patient patient;
    const Gauges gauges = patient.observe(story.quick() ? 400ms : 800ms, on_request);
    const Illness found = diagnose(gauges);
    if (illness == Illness::none) {
      healthy = found == illness;
    } else {
      right += found == illness;
    }
    table.rows.push_back(
        {service, lab::text::time(gauges.loop_delay),
         fmt::format("{:.1f}", gauges.cpu_demand), std::to_string(gauges.pool_queue),
         lab::text::bytes(gauges.grown_bytes), std::string(to_string(found))});
  }
  story.table(table);
  story.claim("22.5", right == 4 && healthy,
              "{} of 4 planted illnesses were named. Control: the healthy service was {}",
              right, healthy ? "found healthy" : "called ill");
  story.takeaway(
      "Read the gauges before you profile: they tell which thread to profile, or that "
      "you "
      "need a trace or a heap snapshot instead.");
}

}  // namespace lab22
