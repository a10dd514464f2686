// containers.cpp: the app in a real container: what it sees, and how it is stopped.
#include <fstream>
#include <sstream>

#include "lab/core/error.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/container.hpp"

namespace lab29 {

namespace fs = std::filesystem;
using By = Containers::By;

namespace {

// The app with one byte more, as the next commit would give it.
fs::path next_build() {
  const fs::path app = lab::run_dir() / "app.next";
  fs::copy_file(app_file("app"), app, fs::copy_options::overwrite_existing);
  std::ofstream(app, std::ios::app) << '\n';
  return app;
}

struct Row {
  std::string name, pid, host, code;
};

// Runs the app in one way and stops it.
Row serve(Containers& containers, const char* name, std::string_view on_sigterm,
          bool init = false) {
  lab::trace::state(name, "serves");
  const Served served = containers.serve(on_sigterm, init);
  const std::string code = std::to_string(served.code);
  lab::trace::state(name, "exit " + code);
  std::istringstream words(served.greeting);
  std::string version, pid, host;
  words >> version >> pid >> host;
  return {name, pid == "1" ? "1" : "another", host, code};
}

void show(lab::Story& story, const std::vector<Row>& rows) {
  lab::Table table{"Who obeys SIGTERM", {"the app", "pid", "host name", "exit code"}, {}};
  for (const auto& [name, pid, host, code] : rows)
    table.rows.push_back({name, pid, host, code});
  story.table(table);
}

void by_namespaces(lab::Story& story, std::vector<Row> rows, const std::string& missing) {
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
               missing);
  story.takeaway("As PID 1, an app must handle SIGTERM itself.");
}

void by_podman(lab::Story& story, const Row& outside) {
  Containers process(By::process), podman(By::podman);
  const Image first = podman.build("localhost/app:1", app_file("app"));
  const Image next = podman.build("localhost/app:2", next_build());
  const Row bare = serve(podman, "PID 1", "nothing");
  const Row handler = serve(podman, "PID 1 with a handler", "drain");
  const Row init = serve(podman, "under an init", "nothing", true);
  const int unlimited = *process.fill(), limited = *podman.fill();
  show(story, {outside, bare, handler, init});
  story.claim(
      "29.8",
      bare.pid == "1" && bare.host != outside.host && unlimited == 0 && limited == 137 &&
          bare.code == "137" && handler.code == "0" && init.code == "143" &&
          outside.code == "143" && next.base == first.base && next.app * 2 < next.bytes,
      "in the container the app was PID 1 on host {}. It asked for 100 MiB of 60 and "
      "exited with {}, outside with {}. A new build replaced {} of the image's {}",
      bare.host, limited, unlimited, lab::text::bytes(next.app),
      lab::text::bytes(next.bytes));
  story.nuance(
      "29.8",
      "PID 1 ignores SIGTERM if it has no handler: podman had to kill it (137). A "
      "handler, or an init as PID 1 (--init), ends it at once.");
  if (!story.quick()) {
    const auto [running, left] = podman.play(app_file("deployment.yaml"));
    story.nuance("29.9",
                 "podman also plays deployment.yaml: {} copies ran, and {} once it was "
                 "taken down.",
                 running, left);
  }
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
    missing = std::string(error.what()).substr(0, 160);
  }
  by_namespaces(story, {outside}, missing);
}

}  // namespace lab29
