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

std::string shares(const LoadResult& result, int workers) {
  std::vector<int> answers(static_cast<std::size_t>(workers));
  std::size_t i = 0;
  for (const auto& [pid, worker] : result.workers) answers.at(i++) = worker.answers;
  std::ranges::sort(answers, std::greater());
  return fmt::format("{}", fmt::join(answers, "/"));
}

// Of the worker that answered least.
int least_of(const LoadResult& result, int workers) {
  int least = static_cast<int>(result.workers.size()) < workers ? 0 : result.answered;
  for (const auto& [pid, worker] : result.workers)
    least = std::min(least, worker.answers);
  return least;
}

}  // namespace

// Step 10: three ways to share a port, and how each spreads connections.
void distribution(Story& story, const Knobs& knobs) {
  story.say(
      "20 requests go to {} workers over new connections, and 20 more over one kept "
      "connection. If the primary accepts, it should spread the new connections evenly. "
      "The kept connection should stay with one worker.",
      *knobs.workers);
  story.picture(Picture::nodes, {"clients", "primary", "worker 1", "worker 2"});
  bool one_port = true;
  int least = 0;
  lab::Table table{
      "Who answered", {"scheme", "listening sockets", "new connections", "one kept"}, {}};
  for (const auto& [scheme, name] : {std::pair{Scheme::deal, "primary accepts"},
                                     {Scheme::inherit, "one inherited socket"},
                                     {Scheme::reuse_port, "SO_REUSEPORT"}}) {
    lab::uv::Loop loop;
    const Cluster cluster(loop, {.scheme = scheme, .workers = *knobs.workers}, drawn());
    const LoadResult fresh =
        load(loop, cluster.port(), {.clients = 1, .requests = 20, .keep_alive = false});
    const LoadResult kept = load(loop, cluster.port(), {.clients = 1, .requests = 20});
    const int listening = listeners_on(cluster.port());
    one_port &= listening == (scheme == Scheme::reuse_port ? *knobs.workers : 1) &&
                fresh.answered == 20 && kept.answered == 20 && kept.workers.size() == 1;
    if (scheme == Scheme::deal) least = least_of(fresh, *knobs.workers);
    table.rows.push_back({name, std::to_string(listening), shares(fresh, *knobs.workers),
                          shares(kept, *knobs.workers)});
  }
  story.table(table);
  const auto cell = [&](std::size_t row, std::size_t column) {
    return table.rows[row][column];
  };
  story.claim(
      "06.3", one_port && least == 20 / *knobs.workers,
      "{}, {} and {} sockets listened on the one port. The primary split 20 new "
      "connections {}. When the workers accepted, the kernel split them {} and {}. "
      "Control: 20 requests over one kept connection went to 1 worker each time",
      cell(0, 1), cell(1, 1), cell(2, 1), cell(0, 2), cell(1, 2), cell(2, 2));
  story.takeaway(
      "Connections are spread, not requests. They are spread evenly only if the primary "
      "accepts them. Otherwise the kernel decides.");
}

}  // namespace lab06
