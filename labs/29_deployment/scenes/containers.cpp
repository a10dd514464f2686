// containers.cpp: the app in a real container: what it sees, and how it is stopped.
#include <future>
#include <sstream>

#include "lab/core/error.hpp"
#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"
#include "world/container.hpp"

namespace lab29 {

using By = Containers::By;

namespace {

enum Cell { kName, kPid, kHost, kCode };
using Row = std::vector<std::string>;

// Runs the app in one way, and stops it.
Row serve(Containers& containers, const char* name, std::string_view on_sigterm,
          bool init = false) {
  const Served served = containers.serve(on_sigterm, init);
  std::istringstream words(served.greeting);
  std::string version, pid, host;
  words >> version >> pid >> host;
  return {name, pid == "1" ? "1" : "another", host, std::to_string(served.code)};
}

constexpr const char* kTable = "The same app, and what it may do";

// `fills`: how the app ended, in each row, when it took 100 MiB.
void show(lab::Story& story, std::vector<Row> rows, const Row& fills) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string code = rows[i][kCode];
    rows[i][kCode] = code == "137" ? "no, code 137" : "yes, code " + code;
    rows[i].push_back(i < fills.size() ? fills[i] : "");
  }
  story.table(
      {kTable, {"the app", "pid", "host name", "obeys SIGTERM", "100 MiB of 60"}, rows});
}

void by_namespaces(lab::Story& story, const Row& outside, std::string_view missing) {
  std::vector<Row> rows{outside};
  Row fills{fmt::format("exit {}", *Containers(By::process).fill())};
  if (Containers::namespaces_allowed()) {
    Containers box(By::namespaces);
    rows.push_back(serve(box, "container", "nothing"));
    rows.push_back(serve(box, "with a handler", "drain"));
    const auto filled = box.fill();
    fills.push_back(filled ? fmt::format("exit {}", *filled) : "a limit takes root");
  }
  show(story, rows, fills);
  story.nuance("29.8",
               "Not proven here ({}): it takes root, and an engine by sudo apt install "
               "podman runc catatonit.",
               missing.substr(0, 160));
  story.takeaway("As PID 1, an app must handle SIGTERM itself.");
}

void by_podman(lab::Story& story, const Row& outside) {
  Containers process(By::process), podman(By::podman);
  const Image first = podman.build("1"), next = podman.build("2");
  // It waits for SIGKILL, so the others are played meanwhile.
  auto stubborn = std::async(std::launch::async,
                             [&] { return serve(podman, "container", "nothing"); });
  const Row handler = serve(podman, "with a handler", "drain");
  const Row init = serve(podman, "with an init", "nothing", true);
  const long unlimited = *process.fill(), limited = *podman.fill();
  const Row bare = stubborn.get();
  std::optional<std::pair<long, long>> played;
  if (!story.quick()) played = podman.play(app_file("deployment.yaml"));
  show(story, {outside, bare, handler, init},
       {fmt::format("exit {}", unlimited), fmt::format("exit {}", limited)});
  story.claim(
      "29.8",
      bare[kPid] == "1" && bare[kHost] != outside[kHost] && unlimited == 0 &&
          limited == 137 && bare[kCode] == "137" && handler[kCode] == "0" &&
          init[kCode] == "143" && outside[kCode] == "143" && next.base == first.base &&
          next.app < next.bytes,
      "in the container the app was PID 1 on host {}. It asked for 100 MiB of 60 "
      "and exited with {}, outside with {}. A rebuild changed only {} of the image's {}",
      bare[kHost], limited, unlimited, lab::text::bytes(next.app),
      lab::text::bytes(next.bytes));
  story.nuance(
      "29.8",
      "PID 1 ignores SIGTERM if it has no handler: podman had to kill it (137). A "
      "handler, or an init as PID 1 (--init), ends it at once.");
  if (played)
    story.nuance("29.9", "podman runs deployment.yaml as well: {} copies ran, then {}.",
                 played->first, played->second);
  story.takeaway("As PID 1, an app must handle SIGTERM itself, or run under an init.");
}

}  // namespace

// Step 9: one program, with and without a container around it.
void containers(lab::Story& story, const Knobs&) {
  std::string missing = Containers::why_no_podman();
  story.say(
      "The same app runs as a process, and in containers made by {}. It gets SIGTERM, "
      "and "
      "SIGKILL if it is still there a second later.",
      missing.empty() ? "podman" : "the kernel's namespaces alone");
  story.picture(lab::Picture::bars, {kTable});
  Containers process(By::process);
  const Row outside = serve(process, "no container", "nothing");
  try {
    if (missing.empty()) return by_podman(story, outside);
  } catch (const lab::Error& error) {
    missing = error.what();
  }
  by_namespaces(story, outside, missing);
}

}  // namespace lab29
