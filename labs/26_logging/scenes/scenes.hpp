// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab26 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> requests =
      program.knob("requests", 100'000, 100, 1'000'000, "",
                   "how many requests the service logs before the lines are read");
  lab::Knob<std::size_t> queue =
      program.knob<std::size_t>("queue", 8'192, 1'024, 1 << 16, "bytes",
                                "how much may wait in the queue while the reader sleeps");
};

void blocking(lab::Story& story, const Knobs& knobs);
void structure(lab::Story& story, const Knobs& knobs);
void replaced(lab::Story& story, const Knobs& knobs);
void levels(lab::Story& story, const Knobs& knobs);
void full_queue(lab::Story& story, const Knobs& knobs);
void endings(lab::Story& story, const Knobs& knobs);

// The process that logs and ends. Its arguments: the log file; "sync", "queued" or "flushed";
// and how it ends, as a number.
int victim(std::span<const std::string> args);

}  // namespace lab26
