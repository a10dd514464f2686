// endings.cpp: a process logs 500 lines and ends at once.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "lab/os/process.hpp"
#include "line_sink.hpp"
#include "logging.hpp"
#include "scenes/lines.hpp"
#include "scenes/scenes.hpp"

namespace lab26 {

namespace {

constexpr int kLines = 500;

// How a process ends: by a signal, at once without any cleanup (0), or in good order (-1).
constexpr std::pair<const char*, int> kEndings[] = {{"returns from main", -1},
                                                    {"exits at once", 0},
                                                    {"abort", SIGABRT},
                                                    {"SIGSEGV", SIGSEGV},
                                                    {"SIGKILL", SIGKILL}};

// The lines in the file that a program can read.
auto kept(const std::string& mode, int ending) {
  const auto path = fresh("victim.log");
  lab::Child::role("victim", {path.string(), mode, std::to_string(ending)}).wait();
  return std::ranges::count_if(
      lines_of(path), [](const std::string& line) { return Json::accept(line); });
}

}  // namespace

// Step 9: if you need each line before a crash, write at once. If you need speed, queue the
// lines and flush where it matters.
int victim(std::span<const std::string> args) {
  const std::string &path = args[0], &mode = args[1];
  const int ending = std::stoi(args[2]);
  LogOptions options{.queue_bytes = mode == "sync" ? 0u : 1u << 20};
  options.gather_bytes = options.queue_bytes;  // as pino's minLength, so all of it waits
  options.gather_for = lab::TimeSpan::kForEver;
  Logger log({std::make_shared<LineSink>(path)}, options);
  for (int i = 0; i < kLines; ++i) log.log(Level::info, "request served", {{"n", i}});
  if (mode == "flushed" && !log.flush(std::chrono::seconds(20))) return 1;
  if (ending < 0) return 0;
  if (ending == 0) _exit(0);
  const rlimit no_core{};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(ending, SIG_DFL);
  return std::raise(ending);
}

void endings(lab::Story& story, const Knobs&) {
  story.say(
      "A process logs {} lines and ends. Without a flush, only a return from main should "
      "save those in its queue.",
      kLines);
  story.picture(lab::Picture::bars, {"Lines kept of 500"});
  lab::Table table{"Lines kept of 500",
                   {"the process", "written at once", "queued, then flushed", "queued"},
                   {}};
  std::ptrdiff_t exited = 0, killed = 0;  // lines of the queue that are left then
  bool as_expected = true;
  for (const auto& [name, ending] : kEndings) {
    const auto sync = kept("sync", ending), flushed = kept("flushed", ending),
               queued = kept("queued", ending);
    as_expected = as_expected && sync == kLines && flushed == kLines &&
                  (queued < kLines) == (ending >= 0);
    if (ending == 0) exited = queued;
    if (ending == SIGKILL) killed = queued;
    table.rows.push_back(
        {name, std::to_string(sync), std::to_string(flushed), std::to_string(queued)});
  }
  story.table(table);
  story.claim("26.3", as_expected,
              "an exit at once kept {} of 500 queued lines. Control: flushed, 500",
              exited);
  story.claim("26.5", as_expected,
              "SIGKILL left {} of 500 queued lines. Control: written at once, 500",
              killed);
  story.nuance(
      "26.5",
      "Measured with Pino's defaults and a file: it kept all 2,000 lines at "
      "process.exit(), and 1 of 500 at SIGKILL; with sync: true it kept all 500. "
      "Winston's File transport kept 0 of 2,000 at process.exit().");
  story.takeaway(
      "Queue only what you can afford to lose, flush before you exit, and write the last "
      "lines before a crash synchronously.");
}

}  // namespace lab26
