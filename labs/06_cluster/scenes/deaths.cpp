// deaths.cpp: workers that die, once and again and again.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <functional>
#include <vector>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/load.hpp"

namespace lab06 {

namespace trace = lab::trace;

namespace {

struct Death {
  int notices = 0;
  int signal = 0;
  std::size_t serving = 0;
  int failed = 0;
  int answered_after = 0;
};

// Kills one of two workers while requests are under way. Whoever asks for the result gets it
// before the other workers end.
void kill_one(bool restart, const std::function<void(const Death&)>& then) {
  Death death;
  lab::uv::Loop loop;
  const std::string kind = restart ? "restarting " : "plain ";
  const std::string primary = kind + "primary";
  trace::state(primary, "running");
  ClusterObservers drawing;
  drawing.on_state = [&](const WorkerChange& change) {
    const std::string worker = fmt::format("worker {}", change.id);
    trace::state(kind + worker, to_string(change.state), 0, change.where);
    if (death.notices > 0 && change.state == WorkerState::serving)
      trace::instant(worker + " serves", {.lane = primary});
  };
  drawing.on_exit = [&](pid_t, const lab::Exit& exit) {
    ++death.notices;
    death.signal = exit.signal;
    trace::instant(fmt::format("told: signal {}", exit.signal), {.lane = primary});
  };
  const Cluster cluster(loop, {.restart = restart}, drawing);
  const auto enough = [&] {
    return death.notices > 0 && cluster.serving().size() == (restart ? 2u : 1u);
  };
  bool killed = false;
  int answered_before = 0;
  const LoadResult seen =
      load(loop, cluster.port(),
           {.target = "/wait", .clients = 8, .requests = 40, .enough = enough},
           [&](const LoadResult& so_far) {
             if (!killed && so_far.answered >= 8) {
               killed = true;
               kill(cluster.serving().front(), SIGKILL);
             }
             if (death.notices == 0) answered_before = so_far.answered;
           });
  death.answered_after = seen.answered - answered_before;
  death.serving = cluster.serving().size();
  death.failed = seen.failed;
  then(death);
}

}  // namespace

void killed(Story& story, const Knobs&) {
  story.say(
      "One of two workers is killed while 8 clients send requests: first under a plain "
      "primary, then under one that restarts workers. Under the plain primary, one "
      "worker should be left.");
  story.picture(Picture::strips, {"plain primary", "plain worker 1", "plain worker 2",
                                  "restarting primary", "restarting worker 1",
                                  "restarting worker 2", "restarting worker 3"});
  const auto prove = [&](const Death& plain, const Death& restarts) {
    const auto row = [](const char* name, const Death& death) {
      return std::vector<std::string>{name, std::to_string(death.notices),
                                      std::to_string(death.serving),
                                      std::to_string(death.failed)};
    };
    story.table({"One of two workers is killed under load",
                 {"primary", "exit notices", "serving then", "failed requests"},
                 {row("plain", plain), row("restarts", restarts)}});
    story.claim(
        "06.4",
        plain.notices == 1 && plain.signal == SIGKILL && plain.serving == 1 &&
            plain.answered_after > 0 && restarts.serving == 2,
        "the primary was notified once that a worker had died of signal {}, and {} "
        "requests were answered after that. {} worker was left under the plain "
        "primary, and {} under the primary that restarts workers",
        plain.signal, plain.answered_after, plain.serving, restarts.serving);
    story.nuance(
        "06.4",
        "cluster reports the death and does no more. You have to start a new "
        "worker yourself. And the requests that the dead worker had in flight are "
        "lost, {} of them here.",
        plain.failed);
    story.takeaway("cluster tells you that a worker died. It does not start a new one.");
  };
  kill_one(false, [&](const Death& plain) {
    kill_one(true, [&](const Death& restarts) { prove(plain, restarts); });
  });
}

namespace {

struct CrashLoop {
  int deaths = 0;
  bool given_up = false;
  std::vector<std::string> waits{};
};

// Draws the place of the one worker: a worker serves, or the primary waits.
ClusterObservers watched(CrashLoop& seen, const std::string& lane) {
  ClusterObservers watch;
  watch.on_state = [lane](const WorkerChange& change) {
    if (change.state == WorkerState::serving)
      trace::state(lane, "serving", 0, change.where);
  };
  watch.on_exit = [&seen](pid_t, const lab::Exit&) { ++seen.deaths; };
  watch.on_back_off = [&seen, lane](milliseconds wait, lab::Where where) {
    seen.waits.push_back(std::to_string(wait.count()));
    trace::state(lane, "back-off", 0, where);
  };
  watch.on_give_up = [&seen, lane](lab::Where where) {
    seen.given_up = true;
    trace::state(lane, "given up", 0, where);
  };
  return watch;
}

CrashLoop crash(milliseconds lasting, const std::string& lane) {
  constexpr int kEnough = 8;
  CrashLoop seen;
  lab::uv::Loop loop;
  const Cluster cluster(loop,
                        {.workers = 1,
                         .restart = true,
                         .backoff = Backoff(milliseconds(10), milliseconds(50), 5),
                         .lasting = lasting,
                         .role = "doomed"},
                        watched(seen, lane));
  while (!seen.given_up && seen.deaths < kEnough) loop.run(UV_RUN_ONCE);
  seen.waits.push_back(seen.given_up ? "given up" : "…");
  return seen;
}

}  // namespace

// Step 11: a worker that says "ready" and dies, under two rules for the back-off.
void crash_loop(Story& story, const Knobs&) {
  story.say(
      "Every worker says that it is ready and dies at once. If the primary resets its "
      "back-off whenever a worker is ready, it should restart workers for ever. If it "
      "resets the back-off only after a worker has stayed up, it should give up.");
  story.picture(Picture::machine,
                {"reset when a worker is ready", "reset when it has lasted 10 s"});
  const CrashLoop ready = crash(milliseconds(0), "reset when a worker is ready");
  const CrashLoop lasted = crash(milliseconds(10'000), "reset when it has lasted 10 s");
  const auto row = [](const char* name, const CrashLoop& one) {
    return std::vector<std::string>{name, std::to_string(one.deaths),
                                    fmt::format("{}", fmt::join(one.waits, " > "))};
  };
  story.table({"Each worker says that it is ready, and dies",
               {"back-off reset", "deaths", "waits, ms"},
               {row("on ready", ready), row("after lasting 10 s", lasted)}});
  story.claim("06.4", lasted.given_up && lasted.deaths == 6 && !ready.given_up,
              "the primary gave up after {} deaths. Control: a primary that resets its "
              "back-off whenever a worker is ready saw {} deaths and still went on",
              lasted.deaths, ready.deaths);
  story.takeaway(
      "\"Ready\" proves little. Reset the back-off only after a worker has stayed up for "
      "a while, and give up after a few failures.");
}

}  // namespace lab06
