// scenes.hpp: the knobs and the scenes of lab 04; main.cpp has their order.
#pragma once

#include <span>
#include <string>

#include "lab/core/program.hpp"

namespace lab04 {

using lab::Knob;
using lab::Story;

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

struct Knobs {
  lab::Program& program;
  Knob<int> size = program.knob("size", 256, 32, 4096, "MiB",
                                "how large the copied file is (at most 64 with --quick)");
  Knob<std::size_t> chunk =
      program.knob("chunk", 64 * kKiB, std::size_t{512}, kMiB, "bytes",
                   "how much one read of the file asks for");
};

// copy.cpp: a large file, in chunks and as a whole.
void copy(Story& story, const Knobs& knobs);
int copier(std::span<const std::string> args);  // the role "copier"

// kinds.cpp: where streams begin and end.
void source(Story& story, const Knobs&);
void sink(Story& story, const Knobs&);
void two_ways(Story& story, const Knobs&);

// contents.cpp: what becomes of the chunks, and which event comes when.
void transform(Story& story, const Knobs&);
void objects(Story& story, const Knobs&);
void node(Story& story, const Knobs&);

}  // namespace lab04
