// endings.cpp: a process logs 500 lines and ends at once.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>

#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"
#include "line_sink.hpp"
#include "logging.hpp"
#include "scenes/scenes.hpp"

namespace lab26 {

namespace {

constexpr int kLines = 500;

// 0: an exit without any cleanup.
const std::map<std::string, int> kSignals = {
    {"exits at once", 0}, {"abort", SIGABRT}, {"SIGSEGV", SIGSEGV}, {"SIGKILL", SIGKILL}};
constexpr const char* kEndings[] = {"returns from main", "exits at once", "abort",
                                    "SIGSEGV", "SIGKILL"};

// The lines in the file that a program can read.
int kept(const std::string& mode, const std::string& ending) {
  const auto path = lab::run_dir() / "victim.log";
  std::filesystem::remove(path);
  lab::Child::role("victim", {path.string(), mode, ending}).wait();
  int lines = 0;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines += Json::accept(line);
  return lines;
}

}  // namespace

// Step 9: if you need each line before a crash, write at once. If you need speed, queue the
// lines and flush where it matters.
int victim(std::span<const std::string> args) {
  const std::string &path = args[0], &mode = args[1], &ending = args[2];
  LogOptions options{.queue_bytes = mode == "sync" ? 0u : 1u << 20};
  options.gather_bytes = options.queue_bytes;  // as pino's minLength, so all of it waits
  options.gather_for = lab::TimeSpan::kForEver;
  Logger log({std::make_shared<LineSink>(path)}, options);
  for (int i = 0; i < kLines; ++i) log.log(Level::info, "request served", {{"n", i}});
  if (mode == "flushed" && !log.flush(std::chrono::seconds(20))) return 1;
  const auto signal = kSignals.find(ending);
  if (signal == kSignals.end()) return 0;
  if (signal->second == 0) _exit(0);
  const rlimit no_core{};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(signal->second, SIG_DFL);
  return std::raise(signal->second);
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
  std::map<std::string, int> queued;
  bool safe = true, lost = true;
  for (const std::string ending : kEndings) {
    const int sync = kept("sync", ending), flushed = kept("flushed", ending);
    queued[ending] = kept("queued", ending);
    safe = safe && sync == kLines && flushed == kLines;
    lost = lost && (queued[ending] < kLines) == kSignals.contains(ending);
    table.rows.push_back({ending, std::to_string(sync), std::to_string(flushed),
                          std::to_string(queued[ending])});
  }
  story.table(table);
  story.claim("26.3", safe && lost,
              "an exit at once kept {} of 500 queued lines. Control: after a flush, all",
              queued["exits at once"]);
  story.claim(
      "26.5", safe && lost,
      "SIGKILL left {} of 500 queued lines. Control: of those written at once, all",
      queued["SIGKILL"]);
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
