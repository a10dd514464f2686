// supervision.cpp: workers that die, and workers that are replaced.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <vector>

#include "cluster.hpp"
#include "load.hpp"
#include "scenes.hpp"

namespace lab06 {

namespace {

struct Death {
  int notices = 0;
  int signal = 0;
  std::size_t serving = 0;
  int failed = 0;
  int answered_after = 0;
};

// Kills one of two workers while requests are under way.
Death kill_one(bool restart) {
  Death death;
  lab::uv::Loop loop;
  const Cluster cluster(loop, {.restart = restart},
                        {.on_exit = [&](pid_t, const lab::Exit& exit) {
                          ++death.notices;
                          death.signal = exit.signal;
                        }});
  bool killed = false;
  const auto enough = [&] {
    return death.notices > 0 && cluster.serving().size() == (restart ? 2u : 1u);
  };
  const LoadResult seen =
      load(loop, cluster.port(),
           {.target = "/wait", .clients = 8, .requests = 40, .enough = enough},
           [&](const LoadResult& so_far) {
             if (!killed && so_far.answered >= 8) {
               killed = true;
               kill(cluster.serving().front(), SIGKILL);
             } else if (death.notices > 0) {
               ++death.answered_after;
             }
           });
  death.serving = cluster.serving().size();
  death.failed = seen.failed;
  return death;
}

}  // namespace

void killed(Story& story) {
  const Death plain = kill_one(false);
  const Death supervised = kill_one(true);
  lab::Table table{"One of two workers is killed under load",
                   {"primary", "exit notices", "serving then", "failed requests"},
                   {}};
  for (const auto& [name, death] :
       {std::pair{"plain", plain}, std::pair{"restarts", supervised}}) {
    table.rows.push_back({name, std::to_string(death.notices),
                          std::to_string(death.serving), std::to_string(death.failed)});
  }
  story.table(table);
  story.claim(
      "06.4", "a supervising process manages the workers",
      plain.notices == 1 && plain.signal == SIGKILL && plain.serving == 1 &&
          plain.answered_after > 0 && supervised.serving == 2,
      "the primary had {} notice of the death (signal {}), and {} requests came to an "
      "end after it. Without a supervisor {} worker was left, with one {}",
      plain.notices, plain.signal, plain.answered_after, plain.serving,
      supervised.serving);
  story.nuance(
      "06.4",
      "cluster tells of the death and does no more: to fork anew, with a back-off, "
      "is the program's own work. And what the dead worker had under way is lost "
      "({} requests here)",
      plain.failed);
}

// Step 9: a worker that never lasts. Each start waits twice as long, and then no more.
void crash_loop(Story& story) {
  Backoff backoff(milliseconds(10), milliseconds(50), 5);
  std::vector<std::string> waits;
  while (const auto delay = backoff.next())
    waits.push_back(fmt::format("{} ms", delay->count()));
  waits.push_back("given up");
  lab::Table table{
      "What the back-off says, start after start that fails", {"policy", "waits"}, {}};
  table.rows.push_back(
      {"10 ms doubled to 50 ms", fmt::format("{}", fmt::join(waits, " > "))});
  story.table(table);
  story.say(
      "Without it, a worker that dies at its start takes a whole core for starting.");
}

namespace {

struct Replaced {
  int failed = 0;
  int answered = 0;
  std::size_t generations = 0;  // worker processes that answered
};

Replaced replace(bool gently, Scheme scheme, bool keep_alive) {
  lab::uv::Loop loop;
  Cluster cluster(loop, {.scheme = scheme, .restart = true});
  bool begun = false;
  bool done = !gently;
  const auto enough = [&] { return done; };
  const LoadResult seen = load(loop, cluster.port(),
                               {.target = "/wait",
                                .clients = 8,
                                .requests = 48,
                                .keep_alive = keep_alive,
                                .enough = enough},
                               [&](const LoadResult& so_far) {
                                 if (begun || so_far.answered < 8) return;
                                 begun = true;
                                 if (gently) return cluster.roll([&] { done = true; });
                                 for (const pid_t pid : cluster.serving())
                                   kill(pid, SIGKILL);
                               });
  return {seen.failed, seen.answered, seen.workers.size()};
}

}  // namespace

void rolling(Story& story) {
  lab::Table table{"All workers are replaced under load",
                   {"how", "answered", "failed", "processes that answered"},
                   {}};
  const auto row = [&](const char* how, const Replaced& one) {
    table.rows.push_back({how, std::to_string(one.answered), std::to_string(one.failed),
                          std::to_string(one.generations)});
    return one;
  };
  const Replaced dealt =
      row("one by one, kept connections", replace(true, Scheme::deal, true));
  const Replaced fresh =
      row("one by one, new connections", replace(true, Scheme::deal, false));
  const Replaced inherited =
      row("one by one, inherited socket", replace(true, Scheme::inherit, false));
  const Replaced naive =
      row("killed and started again", replace(false, Scheme::deal, true));
  story.table(table);
  story.claim("06.4", "a supervising process manages the workers",
              dealt.failed + fresh.failed + inherited.failed == 0 &&
                  dealt.generations >= 3 && naive.failed > 0,
              "replaced one by one under load: {} requests, {} failed. Control: killed "
              "first, started then: {} failed",
              dealt.answered + fresh.answered + inherited.answered,
              dealt.failed + fresh.failed + inherited.failed, naive.failed);
}

}  // namespace lab06
