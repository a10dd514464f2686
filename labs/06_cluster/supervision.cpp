// supervision.cpp: workers that die, and workers that are replaced.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <string>
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
      "end after it. Plain, {} worker was left; with a restart, {}",
      plain.notices, plain.signal, plain.answered_after, plain.serving,
      supervised.serving);
  story.nuance(
      "06.4",
      "cluster tells of the death and does no more: to fork anew, with a back-off, "
      "is the program's own work. And what the dead worker had under way is lost "
      "({} requests here)",
      plain.failed);
}

// Step 9: a worker that never lasts. Ready proves nothing: a back-off that begins anew then
// restarts for ever. One that waits until a worker has lasted gives up.
namespace {

struct CrashLoop {
  int deaths = 0;
  bool given_up = false;
  std::vector<std::string> waits{};
};

CrashLoop crash(milliseconds lasting) {
  constexpr int kEnough = 8;
  CrashLoop seen;
  lab::uv::Loop loop;
  const Cluster cluster(loop,
                        {.workers = 1,
                         .restart = true,
                         .backoff = Backoff(milliseconds(10), milliseconds(50), 5),
                         .lasting = lasting,
                         .role = "doomed"},
                        {.on_exit = [&](pid_t, const lab::Exit&) { ++seen.deaths; },
                         .on_back_off =
                             [&](milliseconds wait) {
                               seen.waits.push_back(fmt::format("{} ms", wait.count()));
                             },
                         .on_give_up = [&] { seen.given_up = true; }});
  while (!seen.given_up && seen.deaths < kEnough) loop.run(UV_RUN_ONCE);
  seen.waits.push_back(seen.given_up ? "given up" : "…");
  return seen;
}

}  // namespace

void crash_loop(Story& story) {
  const CrashLoop ready = crash(milliseconds(0));
  const CrashLoop lasted = crash(milliseconds(10'000));
  lab::Table table{"Each worker says that it is ready, and dies",
                   {"back-off begins anew", "deaths", "waits"},
                   {}};
  const auto row = [&](const char* name, const CrashLoop& one) {
    table.rows.push_back({name, std::to_string(one.deaths),
                          fmt::format("{}", fmt::join(one.waits, " > "))});
  };
  row("when a worker is ready", ready);
  row("when it has lasted 10 s", lasted);
  story.table(table);
  story.claim("06.4", "a supervising process manages the workers",
              lasted.given_up && lasted.deaths == 6 && !ready.given_up,
              "a worker that died as soon as it was ready was given up after {} deaths. "
              "Control: a back-off that begins anew with each ready worker saw {} deaths "
              "and went on",
              lasted.deaths, ready.deaths);
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
                                 if (gently)
                                   return cluster.roll([&](int) { done = true; });
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
  row("one by one, SO_REUSEPORT", replace(true, Scheme::reuse_port, false));
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
  story.nuance(
      "06.4",
      "the claim leaves SO_REUSEPORT out: what the kernel has put into the queue of a "
      "worker's own socket is lost if it comes between its last accept and its close");
}

}  // namespace lab06
