// sharing.cpp: one port, several processes, and who gets what.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/load.hpp"

namespace lab06 {

namespace trace = lab::trace;

ClusterObservers drawn(ClusterObservers observers) {
  trace::actor("clients", trace::Actor::client);
  trace::actor("primary", trace::Actor::process, getpid());
  const auto lane = [](int id) { return fmt::format("worker {}", id); };
  observers.on_state = [lane](const WorkerChange& change) {
    if (change.state == WorkerState::starting)
      trace::actor(lane(change.id), trace::Actor::process, change.pid, change.where);
    trace::state(lane(change.id), to_string(change.state), 0, change.where);
  };
  observers.on_deal = [lane](int id, lab::Where where) {
    const auto came = trace::flow_out("connection", {.lane = "clients"}, where);
    trace::flow_in(came, "connection", {.lane = "primary"}, where);
    const auto passed =
        trace::flow_out("connection", {.lane = "primary", .cause = came}, where);
    trace::flow_in(passed, "connection", {.lane = lane(id)}, where);
  };
  return observers;
}

namespace {

// How many sockets listen on the port, by the kernel's own table.
int listeners_on(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  const std::string end = fmt::format(":{:04X}", port);
  int count = 0;
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string number, local, remote, state;
    fields >> number >> local >> remote >> state;
    count += local.ends_with(end) && state == "0A";
  }
  return count;
}

pid_t parent_of(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("PPid:")) return std::stoi(line.substr(5));
  }
  return 0;
}

bool refuses_a_second_bind(std::uint16_t port) {
  try {
    listen_on(port, false);
    return false;
  } catch (const lab::Error&) {
    return true;
  }
}

void claim_children(Story& story, const std::vector<pid_t>& pids) {
  const bool children =
      std::ranges::all_of(pids, [](pid_t pid) { return parent_of(pid) == getpid(); });
  const std::set distinct(pids.begin(), pids.end());
  story.claim("06.2", children && !pids.empty() && distinct.size() == pids.size(),
              "the workers are the processes {}, and the parent of each is the primary, "
              "process {}",
              fmt::join(pids, ", "), getpid());
}

void claim_shared_port(Story& story, const Cluster& cluster, const LoadResult& seen) {
  const int listening = listeners_on(cluster.port());
  const bool refused = refuses_a_second_bind(cluster.port());
  story.claim(
      "06.3",
      listening == 1 && refused && seen.workers.size() == cluster.serving().size(),
      "{} socket listened on the port, and {} processes answered on it. Control: a "
      "second bind that does not share the port {}",
      listening, seen.workers.size(), refused ? "got EADDRINUSE" : "was allowed");
}

// The control is a load of its own: its requests are none of those in the picture.
void claim_instances(Story& story, const LoadResult& seen) {
  lab::uv::Loop loop;
  const Cluster other(loop, {.role = "control"});
  const LoadResult kept = load(loop, other.port(), {.clients = 1, .requests = 20});
  int sum = 0, largest = 0;
  for (const auto& [pid, worker] : seen.workers) {
    sum += worker.counter;
    largest = std::max(largest, worker.counter);
  }
  story.claim("06.6",
              sum == seen.answered && kept.workers.size() == 1 &&
                  (seen.workers.size() == 1 || largest < sum),
              "the workers' counters add up to {} of {} requests, and the largest is {}. "
              "Control: 20 requests over one connection reached {} counter",
              sum, seen.answered, largest, kept.workers.size());
}

}  // namespace

// Step 9: the workers in the process table, and their port in the kernel's.
void one_port(Story& story, const Knobs& knobs) {
  story.say(
      "A primary starts {} workers and listens on one port. Its clients make {} new "
      "connections. The primary should pass each one on and answer none of them.",
      *knobs.workers, *knobs.requests);
  story.picture(Picture::nodes, {"clients", "primary", "worker 1", "worker 2"});
  lab::uv::Loop loop;
  const Cluster cluster(loop, {.workers = *knobs.workers}, drawn());
  const LoadResult seen =
      load(loop, cluster.port(), {.requests = *knobs.requests, .keep_alive = false});
  const int accepted = cluster.accepted();
  claim_children(story, cluster.serving());
  claim_shared_port(story, cluster, seen);
  story.claim("06.5", !seen.workers.contains(getpid()) && accepted == *knobs.requests,
              "the primary accepted {} connections for its workers and answered none of "
              "the requests",
              accepted);
  story.nuance("06.5",
               "The name changed in Node 16. isMaster remains as a deprecated alias of "
               "isPrimary.");
  claim_instances(story, seen);
  story.takeaway(
      "The workers are whole processes that share only the port. Anything else they need "
      "to share belongs in a store.");
}

namespace {

// What one way to share a port does with 20 new connections, and with one that is kept.
struct Split {
  int listening = 0;       // sockets
  std::vector<int> fresh;  // requests over new connections that worker 1, 2, ... answered
  std::size_t kept = 0;    // workers that answered over the kept connection
  bool answered = false;   // all of them

  std::string shares() const { return fmt::format("{}", fmt::join(fresh, "/")); }
};

Split split(Scheme scheme, int workers) {
  lab::uv::Loop loop;
  const Cluster cluster(loop, {.scheme = scheme, .workers = workers});
  LoadResult fresh =
      load(loop, cluster.port(), {.clients = 1, .requests = 20, .keep_alive = false});
  const LoadResult kept = load(loop, cluster.port(), {.clients = 1, .requests = 20});
  Split result{.listening = listeners_on(cluster.port()),
               .fresh = {},
               .kept = kept.workers.size(),
               .answered = fresh.answered == 20 && kept.answered == 20};
  for (const pid_t pid : cluster.serving())
    result.fresh.push_back(fresh.workers[pid].answers);
  return result;
}

// A row for each worker. What is true of all of them stands in the first.
void add_rows(lab::Table& table, const char* way, const Split& split) {
  for (std::size_t i = 0; i < split.fresh.size(); ++i) {
    table.rows.push_back(
        {fmt::format("{}, worker {}", way, i + 1),
         i ? "" : std::to_string(split.listening),
         i ? "" : fmt::format("{} worker{}", split.kept, split.kept == 1 ? "" : "s"),
         std::to_string(split.fresh[i])});
  }
}

}  // namespace

// Step 10: three ways to share a port, and how each spreads connections.
void distribution(Story& story, const Knobs& knobs) {
  story.say(
      "20 requests go to {} workers over new connections, and 20 more over one kept "
      "connection. If the primary accepts, it should spread the new connections evenly. "
      "The kept connection should stay with one worker.",
      *knobs.workers);
  lab::Table table{"Who got the 20 new connections",
                   {"who accepts", "listening sockets", "kept one goes to", "of 20"},
                   {}};
  story.picture(Picture::bars, {table.title});
  const Split dealt = split(Scheme::deal, *knobs.workers);
  const Split inherited = split(Scheme::inherit, *knobs.workers);
  const Split own = split(Scheme::reuse_port, *knobs.workers);
  add_rows(table, "primary deals", dealt);
  add_rows(table, "shared socket", inherited);
  add_rows(table, "SO_REUSEPORT", own);
  story.table(table);
  const bool one_port =
      dealt.listening == 1 && inherited.listening == 1 && own.listening == *knobs.workers;
  const bool one_worker = dealt.kept == 1 && inherited.kept == 1 && own.kept == 1;
  const bool even = std::ranges::all_of(
      dealt.fresh, [&](int requests) { return requests >= 20 / *knobs.workers; });
  story.claim(
      "06.3",
      one_port && one_worker && dealt.answered && inherited.answered && own.answered &&
          even,
      "{}, {} and {} sockets listened on the one port. The primary split 20 new "
      "connections {}. When the workers accepted, the kernel split them {} and {}. "
      "Control: 20 requests over one kept connection went to 1 worker each time",
      dealt.listening, inherited.listening, own.listening, dealt.shares(),
      inherited.shares(), own.shares());
  story.takeaway(
      "Connections are spread, not requests. They are spread evenly only if the primary "
      "accepts them. Otherwise the kernel decides.");
}

}  // namespace lab06
