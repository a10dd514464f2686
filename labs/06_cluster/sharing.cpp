// sharing.cpp: one port, several processes, and who gets what.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "cluster.hpp"
#include "lab/error.hpp"
#include "load.hpp"
#include "scenes.hpp"

namespace lab06 {

namespace {

constexpr std::pair<Scheme, const char*> kSchemes[] = {
    {Scheme::deal, "primary deals"},
    {Scheme::inherit, "one inherited socket"},
    {Scheme::reuse_port, "SO_REUSEPORT"}};

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

bool refused_a_second_bind(std::uint16_t port) {
  try {
    listen_on(port, false);
    return false;
  } catch (const lab::Error&) {
    return true;
  }
}

std::string shares(const LoadResult& result, std::size_t workers) {
  std::vector<int> answers(workers);
  std::size_t i = 0;
  for (const auto& [pid, seen] : result.workers) answers.at(i++) = seen.answers;
  std::ranges::sort(answers, std::greater());
  return fmt::format("{}", fmt::join(answers, "/"));
}

}  // namespace

// Step 7: the workers in the process table, and their port in the kernel's.
void one_port(Story& story, const Dials& dials) {
  lab::uv::Loop loop;
  const Cluster cluster(loop, {.workers = *dials.workers});
  const std::vector<pid_t> pids = cluster.serving();
  const bool children =
      std::ranges::all_of(pids, [](pid_t pid) { return parent_of(pid) == getpid(); });
  story.claim("06.2", "cluster makes child processes",
              children && !pids.empty() &&
                  std::set(pids.begin(), pids.end()).size() == pids.size(),
              "workers {}, and the parent of each is the primary, {}", pids, getpid());

  const LoadResult seen =
      load(loop, cluster.port(), {.requests = *dials.requests, .keep_alive = false});
  const int listening = listeners_on(cluster.port());
  const bool refused = refused_a_second_bind(cluster.port());
  story.claim("06.3", "workers share one server port",
              listening == 1 && seen.workers.size() == pids.size() && refused,
              "{} listening socket, and {} processes answered on its port. Control: a "
              "second bind that shares nothing is {}",
              listening, seen.workers.size(), refused ? "EADDRINUSE" : "allowed");
  const bool idle = !seen.workers.contains(getpid());
  story.claim("06.5", "the process that manages the workers is called the master",
              idle && cluster.accepted() == *dials.requests,
              "one process accepted {} connections and answered none of them",
              cluster.accepted());
  story.nuance(
      "06.5",
      "the name is out of date: Node calls it the primary since version 16; isMaster "
      "remains as a deprecated alias of isPrimary");
  int sum = 0;
  int most = 0;
  for (const auto& [pid, worker] : seen.workers) {
    sum += worker.counter;
    most = std::max(most, worker.counter);
  }
  const LoadResult pinned = load(loop, cluster.port(), {.clients = 1, .requests = 20});
  story.claim(
      "06.6", "each worker runs its own instance of the app",
      sum == seen.answered && (pids.size() == 1 || most < seen.answered) &&
          pinned.workers.size() == 1,
      "the workers' own counters add up to {} of {}, and the largest is {}. Control: "
      "20 requests over one kept connection had {} counter",
      sum, seen.answered, most, pinned.workers.size());
}

// Step 8: three ways to share, and what each does to the distribution.
void distribution(Story& story, const Dials& dials) {
  const auto workers = static_cast<std::size_t>(*dials.workers);
  lab::Table table{
      "Who answered", {"scheme", "listening sockets", "new connections", "one kept"}, {}};
  for (const auto& [scheme, name] : kSchemes) {
    lab::uv::Loop loop;
    const Cluster cluster(loop, {.scheme = scheme, .workers = *dials.workers});
    const LoadResult fresh =
        load(loop, cluster.port(), {.clients = 1, .requests = 20, .keep_alive = false});
    const LoadResult kept = load(loop, cluster.port(), {.clients = 1, .requests = 20});
    table.rows.push_back({name, std::to_string(listeners_on(cluster.port())),
                          shares(fresh, workers), shares(kept, workers)});
  }
  story.table(table);
  story.say(
      "The unit is the connection: what comes over a kept one stays with its worker. "
      "Only "
      "the primary that deals is fair by count; the kernel promises no such thing.");
}

}  // namespace lab06
