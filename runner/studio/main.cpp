// main.cpp: ./lab studio [--port 4030] [--open] [--listen ADDR]
//
// A program of its own: ./lab itself needs no Beast.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "lab/core/error.hpp"
#include "studio/studio.hpp"

namespace {

volatile std::sig_atomic_t ended = 0;

std::filesystem::path web_folder(const runner::Place& place) {
  const char* folder = std::getenv("UNDERLOOP_WEB");
  return folder && *folder ? std::filesystem::path(folder) : place.root / "web" / "dist";
}

// In a session of its own: the browser that this may start is not ours to end.
void open_browser(const std::string& url) {
  const std::vector<std::string> args = {
      "-c", R"(exec setsid -f xdg-open "$1" >/dev/null 2>&1)", "sh", url};
  try {
    runner::LabProcess opener("/bin/sh", args);
    for (int i = 0; i < 20; ++i) {
      if (!opener.pump(std::chrono::milliseconds(100), [](std::string_view) {})) break;
    }
  } catch (const lab::Error&) {  // then it is opened by hand
  }
}

int serve(runner::StudioOptions options, bool open) {
  runner::Studio studio(std::move(options));
  const auto urls = studio.urls();
  fmt::print("Underloop's studio: {}\n", fmt::join(urls, "\n                    "));
  fmt::print("Ctrl-C ends it, and the labs that it runs.\n");
  std::fflush(stdout);
  if (open) open_browser(urls.front());
  while (!ended) studio.turn(std::chrono::milliseconds(200));
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  runner::StudioOptions options;
  options.place = runner::Place::here();
  options.port = 4030;
  bool open = false;
  CLI::App app("The studio: watch labs in the browser.", "./lab studio");
  app.add_option("--port", options.port, "where it is served; 0: any that is free");
  app.add_option("--listen", options.address,
                 "an address of this machine for others to reach it");
  app.add_flag("--open", open, "open the browser");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) ? 2 : 0;
  }
  options.web = web_folder(options.place);
  options.token = runner::kept_token(runner::data_folder());
  if (!exists(options.web / "index.html")) {
    fmt::print(
        stderr,
        "lab: studio: the page is not built. Install Node 20 or later (apt install "
        "nodejs npm), then: npm ci --prefix web && npm run build --prefix web\n");
    return 77;
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::signal(signal, [](int) { ended = 1; });
  }
  std::signal(SIGPIPE, SIG_IGN);
  return serve(std::move(options), open);
} catch (const std::exception& error) {
  fmt::print(stderr, "lab: studio: {}\n", error.what());
  return 1;
}
