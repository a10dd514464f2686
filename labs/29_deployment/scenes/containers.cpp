// containers.cpp: the app in a real container: what it sees, and how it is stopped.
#include <future>
#include <sstream>

#include "lab/core/error.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
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
  lab::trace::state(name, "serves");
  const Served served = containers.serve(on_sigterm, init);
  lab::trace::state(name, fmt::format("exit {}", served.code));
  std::istringstream words(served.greeting);
  std::string version, pid, host;
  words >> version >> pid >> host;
  return {name, pid == "1" ? "1" : "another", host, std::to_string(served.code)};
}

void show(lab::Story& story, const std::vector<Row>& rows) {
  story.table({"Who obeys SIGTERM", {"the app", "pid", "host name", "exit code"}, rows});
}

void by_namespaces(lab::Story& story, const Row& outside, std::string_view missing) {
  std::vector<Row> rows{outside};
  if (Containers::namespaces_allowed()) {
    Containers box(By::namespaces);
    rows.push_back(serve(box, "PID 1", "nothing"));
    rows.push_back(serve(box, "PID 1 with a handler", "drain"));
    const auto filled = box.fill();
    rows.push_back({"100 MiB where 60 are allowed", "another", "",
                    filled ? std::to_string(*filled) : "a limit takes root"});
  }
  show(story, rows);
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
  auto stubborn =
      std::async(std::launch::async, [&] { return serve(podman, "PID 1", "nothing"); });
  const Row handler = serve(podman, "PID 1 with a handler", "drain");
  const Row init = serve(podman, "under an init", "nothing", true);
  const long unlimited = *process.fill(), limited = *podman.fill();
  const Row bare = stubborn.get();
  std::optional<std::pair<long, long>> played;
  if (!story.quick()) played = podman.play(app_file("deployment.yaml"));
  show(story, {outside, bare, handler, init});
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
  story.picture(lab::Picture::machine,
                {"process", "PID 1", "PID 1 with a handler", "under an init"});
  Containers process(By::process);
  const Row outside = serve(process, "process", "nothing");
  try {
    if (missing.empty()) return by_podman(story, outside);
  } catch (const lab::Error& error) {
    missing = error.what();
  }
  by_namespaces(story, outside, missing);
}

}  // namespace lab29
