// stages.cpp: one program file, started by three launchers and by one that forgot.
#include <fmt/ranges.h>

#include <set>

#include "lab/core/trace.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/service.hpp"

namespace lab28 {

namespace trace = lab::trace;

namespace {

// A launcher passes the variables to the service; the picture shows them travel.
Started launch(const Deployment& deployment) {
  const auto& variables = deployment.environment;
  const std::string passed =
      variables.empty() ? "no variables"
                        : fmt::format("{}={} and {} more", variables.front().first,
                                      variables.front().second, variables.size() - 1);
  const auto sent = trace::flow_out(passed, {.lane = "host"});
  Started started = start(deployment);
  trace::flow_in(sent, passed, {.lane = deployment.name});
  trace::state(deployment.name, started.code == 0 ? "started"
                                                  : fmt::format("refused: {} problems",
                                                                started.problems.size()));
  return started;
}

std::string value(const Started& started, const char* name) {
  const auto found = started.settings.find(name);
  return found == started.settings.end() ? "" : found->second.value;
}

}  // namespace

void stages(lab::Story& story, const Knobs&) {
  story.say(
      "A host starts the same program file three times, each time with different "
      "variables and without any .env file. The program should behave in three ways "
      "without being rebuilt.");
  story.picture(lab::Picture::nodes, {"host", "development", "test", "production"});
  trace::actor("host", trace::Actor::service);

  const auto nowhere = lab::run_dir() / "no.env";
  const Deployment deployments[] = {
      {"development",
       {{"PORT", "3000"}, {"DATABASE_URL", "postgres:///dev"}, {"DEBUG", "true"}},
       nowhere},
      {"test", {{"PORT", "3001"}, {"DATABASE_URL", "postgres:///test"}}, nowhere},
      {"production",
       {{"PORT", "80"}, {"DATABASE_URL", "postgres://db/shop"}, {"DEBUG", "false"}},
       nowhere}};
  lab::Table table{"One program file, three environments",
                   {"environment", "port", "database", "debug", "checksum"},
                   {}};
  std::set<std::string> ports, checksums;
  bool all_started = true;
  for (const Deployment& deployment : deployments) {
    const Started started = launch(deployment);
    all_started = all_started && started.code == 0;
    ports.insert(value(started, "PORT"));
    checksums.insert(started.checksum);
    table.rows.push_back({deployment.name, value(started, "PORT"),
                          value(started, "DATABASE_URL"), value(started, "DEBUG"),
                          started.checksum.substr(0, 8)});
  }
  story.table(table);
  story.claim("28.1", all_started && checksums.size() == 1 && ports.size() == 3,
              "{} starts, {} checksum of the program file, {} different behaviours",
              std::size(deployments), checksums.size(), ports.size());

  story.say(
      "Now the host forgets to set anything. The service should name everything that is "
      "missing, and not start.");
  const Started forgotten = launch({.name = "forgotten", .env_file = nowhere});
  story.claim(
      "28.5", all_started && forgotten.code != 0 && forgotten.problems.size() == 2,
      "without any .env file {} services started from the host's variables alone. "
      "Control: one without variables refused to start ({})",
      std::size(deployments), fmt::join(forgotten.problems, "; "));
  story.nuance(
      "28.5",
      "In Kubernetes these variables come from the manifest, a ConfigMap or a "
      "Secret. They are fixed when the process starts: a change takes a restart.");
  story.takeaway(
      "Build once, configure at the start. What differs between environments does not "
      "belong in the program.");
}

}  // namespace lab28
