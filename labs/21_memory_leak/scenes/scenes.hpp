// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include <algorithm>

#include "lab/core/program.hpp"
#include "lab/core/text.hpp"

namespace lab21 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> sample = program.knob("sample", 16 << 10, 8 << 10, 32 << 10, "bytes",
                                       "how much is allocated per sample, on average");
  lab::Knob<int> size = program.knob("size", 4000, 2000, 8000, "bytes",
                                     "how much a request leaks, if its service leaks");
};

inline std::string bytes(double count) {
  return lab::text::bytes(static_cast<std::uint64_t>(std::max(count, 0.0)));
}

void symptom(lab::Story& story, const Knobs& knobs);
void snapshot(lab::Story& story, const Knobs& knobs);
void three(lab::Story& story, const Knobs& knobs);
void port(lab::Story& story, const Knobs& knobs);
void doctor(lab::Story& story, const Knobs& knobs);
void deaths(lab::Story& story, const Knobs& knobs);

}  // namespace lab21
