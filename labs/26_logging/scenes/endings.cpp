// endings.cpp: a process logs 500 lines and ends at once.
#include <fstream>
#include <map>

#include "lab/core/trace.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"
#include "logging.hpp"
#include "scenes/scenes.hpp"
#include "world/victim.hpp"

namespace lab26 {

namespace {

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

void endings(lab::Story& story, const Knobs&) {
  story.say(
      "A process logs {} lines and ends in five ways. It writes each line at once, or "
      "queues the lines, or queues and flushes them. Without a flush, only a return "
      "from main should save the queue.",
      kVictimLines);
  story.picture(lab::Picture::bars, {"Lines kept after SIGKILL"});

  constexpr const char* kModes[] = {"sync", "queued", "flushed"};
  std::map<std::string, std::map<std::string, int>> lines;
  lab::Table table{"Lines kept of 500",
                   {"the process", "written at once", "queued", "queued, then flushed"},
                   {}};
  for (const std::string ending : kEndings) {
    for (const char* mode : kModes) lines[ending][mode] = kept(mode, ending);
    auto& row = lines[ending];
    table.rows.push_back({ending, std::to_string(row["sync"]),
                          std::to_string(row["queued"]), std::to_string(row["flushed"])});
  }
  story.table(table);
  auto& killed = lines["SIGKILL"];
  story.table({"Lines kept after SIGKILL",
               {"logger", "of 500"},
               {{"written at once", std::to_string(killed["sync"])},
                {"queued", std::to_string(killed["queued"])},
                {"queued, then flushed", std::to_string(killed["flushed"])}}});

  bool safe = true, lost = true;
  for (const std::string ending : kEndings) {
    safe = safe && lines[ending]["sync"] == kVictimLines &&
           lines[ending]["flushed"] == kVictimLines;
    if (ending != kEndings[0]) lost = lost && lines[ending]["queued"] < kVictimLines;
  }
  auto& exits = lines["exits at once"];
  story.claim(
      "26.3",
      lines[kEndings[0]]["queued"] == kVictimLines && exits["queued"] < kVictimLines &&
          exits["flushed"] == kVictimLines,
      "a process that exited at once kept {} of 500 queued lines, and {} if it had "
      "flushed them. Control: one that returned from main kept {}",
      exits["queued"], exits["flushed"], lines[kEndings[0]]["queued"]);
  story.claim(
      "26.5", safe && lost,
      "after SIGKILL {} of 500 queued lines were left; abort left {} and SIGSEGV {}. "
      "Control: {} of the 500 lines that were written at once were left",
      killed["queued"], lines["abort"]["queued"], lines["SIGSEGV"]["queued"],
      killed["sync"]);
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
