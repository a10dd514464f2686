// others.cpp: those who wait meanwhile.
#include <algorithm>
#include <map>
#include <vector>

#include "jobs.hpp"
#include "scenes.hpp"

namespace lab23 {

using namespace std::chrono_literals;
using Ms = std::chrono::duration<double, std::milli>;

namespace {

// Of those who came while the offence lasted.
struct Came {
  int came = 0;
  int connected = 0;  // while it lasted
  int answered = 0;   // while it lasted
  int all = 0;        // answered in the end
};

Came count(const Seen& seen) {
  Came came;
  for (const Visit& visit : seen.visits) {
    if (visit.begun_at != Stage::during) continue;
    ++came.came;
    came.connected += visit.connected_at == Stage::during;
    came.answered += visit.answered_at == Stage::during;
    came.all += visit.status == 200;
  }
  return came;
}

// One line for a visit, from the offence's begin to a little after its end.
std::string bar(const Visit& visit, const Seen& seen) {
  constexpr int kLetters = 48;
  const auto last = seen.ended + (seen.ended - seen.began) / 10;
  const auto at = [&](Visit::Time time) {
    return place(time, seen.began, last, kLetters);
  };
  std::string line(kLetters, ' ');
  line[at(seen.ended)] = ':';
  for (std::size_t i = at(visit.begun); i < at(visit.answered); ++i) line[i] = '-';
  line[at(visit.connected)] = 'c';
  line[at(visit.answered)] = 'A';
  return line;
}

lab::Table gantt(const char* title, const Seen& seen) {
  lab::Table table{title, {"came", "c connected, A answered, : the job's end"}, {}};
  std::vector<const Visit*> during;
  for (const Visit& visit : seen.visits)
    if (visit.begun_at == Stage::during) during.push_back(&visit);
  const std::size_t step = std::max<std::size_t>(during.size() / 6, 1);
  for (std::size_t i = 0; i < during.size(); i += step)
    table.rows.push_back(
        {fmt::format("{:.0f} ms", Ms(during[i]->begun - seen.began).count()),
         bar(*during[i], seen)});
  return table;
}

}  // namespace

void others(Story& story, const Dials& dials) {
  SiteConfig config = site_config(story, dials);
  config.elements = 0;
  story.say("A visitor every 5 ms, each with a connection of its own, while a sum runs.");
  const Seen blocked = watch(config, {.offence = "/sum/none"});
  const Seen free = watch(config, {.offence = "/sum/worker"});
  story.table(gantt("The sum runs on the loop", blocked));
  story.table(gantt("The sum runs on a worker", free));
  const Came waited = count(blocked);
  const Came served = count(free);
  story.claim("23.5", "other requests are not processed meanwhile",
              was_blocked(blocked) && waited.came >= 3 && waited.answered == 0 &&
                  waited.all == waited.came && was_free(free) && served.answered >= 3,
              "of {} who came meanwhile, {} were answered before the job's end, all {} "
              "after; with the job on a worker {} of {} before its end",
              waited.came, waited.answered, waited.all, served.answered, served.came);
  story.nuance(
      "23.5",
      "delayed, not refused: {} of {} were connected while nobody ran the loop. "
      "The kernel accepts on its own, until its queue is full (the backlog). And "
      "only this loop stood still: other threads and processes went on",
      waited.connected, waited.came);
}

// Step 6: what is too late anyhow is better refused at once.
void shed(Story& story, const Dials& dials) {
  SiteConfig config = site_config(story, dials);
  config.elements = 0;
  story.say(
      "Requests of 5 ms CPU each, two in 5 ms: twice what one loop can do. Then the "
      "same with 503 above a lag of {} ms.",
      *dials.limit / 1ms);
  const Plan plan{.visit = "/work", .visits = 2, .beats = story.quick() ? 20 : 100};
  lab::Table table{"Twice as much as it can do",
                   {"", "asked", "served", "503", "p50 ms", "p99 ms", "worst 503 ms"},
                   {}};
  for (const bool limited : {false, true}) {
    config.limit = limited ? std::chrono::nanoseconds(*dials.limit) : 0ns;
    const Seen seen = watch(config, plan);
    lab::Latency served;
    std::chrono::nanoseconds worst{};
    for (const Visit& visit : seen.visits) {
      const auto waited = visit.answered - visit.begun;
      if (visit.status == 200) served.record(waited);
      if (visit.status == 503) worst = std::max<std::chrono::nanoseconds>(worst, waited);
    }
    table.rows.push_back({limited ? "with a limit" : "without",
                          std::to_string(seen.visits.size()),
                          std::to_string(served.count()), std::to_string(seen.refused),
                          fmt::format("{:.0f}", Ms(served.percentile(50)).count()),
                          fmt::format("{:.0f}", Ms(served.percentile(99)).count()),
                          fmt::format("{:.0f}", Ms(worst).count())});
  }
  story.table(table);
  story.say(
      "Without a limit all are served, each later than the one before. With one, many "
      "are told no, soon, and the others are served while they still wait.");
}

}  // namespace lab23
