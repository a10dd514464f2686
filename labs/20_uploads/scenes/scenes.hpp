// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include <algorithm>

#include "lab/core/program.hpp"

namespace lab20 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> size = program.knob("size", 400, 64, 4096, "MiB",
                                     "the largest file; --quick takes a quarter of it");
  lab::Knob<int> storage_rate =
      program.knob("storage-rate", 200, 1, 10'000, "MiB/s",
                   "how fast the lab's own storage takes bytes in the scene stream");
  lab::Knob<int> cuts = program.knob("cuts", 200, 1, 5000, "clients",
                                     "how many clients vanish at a random byte");

  std::size_t mib() const {
    return static_cast<std::size_t>(program.quick() ? std::max(*size / 4, 64) : *size);
  }
};

void encoding(lab::Story& story, const Knobs& knobs);
void memory_or_disk(lab::Story& story, const Knobs& knobs);
void client_claims(lab::Story& story, const Knobs& knobs);
void two_instances(lab::Story& story, const Knobs& knobs);
void stream(lab::Story& story, const Knobs& knobs);
void vanish(lab::Story& story, const Knobs& knobs);

}  // namespace lab20
