// rolling.cpp: all workers are replaced under load.
#include <csignal>
#include <functional>

#include "scenes/scenes.hpp"
#include "world/load.hpp"

namespace lab06 {

namespace {

struct Replaced {
  int failed = 0;
  int answered = 0;
  std::size_t processes = 0;  // that answered
};

enum class How { one_by_one, killed_first };

// Whoever wants to know the result gets it before the last workers end.
Replaced replace(How how, Scheme scheme, bool keep_alive, ClusterObservers observers = {},
                 const std::function<void(const Replaced&)>& then = {}) {
  lab::uv::Loop loop;
  Cluster cluster(loop, {.scheme = scheme, .restart = true}, std::move(observers));
  bool begun = false;
  bool done = how == How::killed_first;
  const auto replace_all = [&](const LoadResult& so_far) {
    if (begun || so_far.answered < 8) return;
    begun = true;
    if (how == How::one_by_one) return cluster.roll([&](int) { done = true; });
    for (const pid_t pid : cluster.serving()) kill(pid, SIGKILL);
  };
  const LoadResult seen = load(loop, cluster.port(),
                               {.target = "/wait",
                                .clients = 8,
                                .requests = 48,
                                .keep_alive = keep_alive,
                                .enough = [&] { return done; }},
                               replace_all);
  const Replaced result{seen.failed, seen.answered, seen.workers.size()};
  if (then) then(result);
  return result;
}

}  // namespace

void rolling(Story& story, const Knobs&) {
  story.say(
      "8 clients send requests while both workers are replaced. If each successor is "
      "ready before the old worker stops, no request should fail.");
  story.picture(Picture::strips, {"worker 1", "worker 2", "worker 3", "worker 4"});
  lab::Table table{"All workers are replaced under load",
                   {"how", "answered", "failed", "processes"},
                   {}};
  const auto row = [&](const char* how, const Replaced& one) {
    table.rows.push_back({how, std::to_string(one.answered), std::to_string(one.failed),
                          std::to_string(one.processes)});
    return one;
  };
  const auto prove = [&](const Replaced& dealt) {
    row("one by one, kept connections", dealt);
    const Replaced fresh =
        row("one by one, new connections", replace(How::one_by_one, Scheme::deal, false));
    const Replaced inherited = row("one by one, inherited socket",
                                   replace(How::one_by_one, Scheme::inherit, false));
    row("one by one, SO_REUSEPORT", replace(How::one_by_one, Scheme::reuse_port, false));
    const Replaced killed =
        row("killed and started again", replace(How::killed_first, Scheme::deal, true));
    story.table(table);
    const int failed = dealt.failed + fresh.failed + inherited.failed;
    story.claim(
        "06.4", failed == 0 && dealt.processes >= 3 && killed.failed > 0,
        "{} of {} requests failed while the workers were replaced one by one. Control: "
        "{} failed when the workers were killed first and then started again",
        failed, dealt.answered + fresh.answered + inherited.answered + failed,
        killed.failed);
    story.nuance("06.4",
                 "With SO_REUSEPORT a request may fail. The claim does not count that "
                 "row: each worker has its own socket, and a connection that arrives "
                 "between its last accept and its close is lost.");
    story.takeaway(
        "Start the successor, and then drain the old worker: it takes no new "
        "connections, finishes its requests and says \"Connection: close\".");
  };
  replace(How::one_by_one, Scheme::deal, true, drawn(), prove);
}

}  // namespace lab06
