// scenes.hpp: what the lab shows, and what it claims on the way.
#pragma once

#include <span>
#include <string>

#include "lab/knob.hpp"
#include "lab/story.hpp"
#include "lab/trace.hpp"

namespace lab04 {

using lab::Knob;
using lab::Story;

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

struct Knobs {
  Knob<int> size;           // of the file, MiB
  Knob<std::size_t> chunk;  // what one read asks for
};

// copy.cpp: a large file, by chunks and as a whole.
void copy(Story& story, const Knobs& knobs);
int copier(std::span<const std::string> args);  // the child of copy()

// kinds.cpp: where streams begin and end.
void source(Story& story);
void sink(Story& story);
void two_ways(Story& story);

// contents.cpp: what becomes of the chunks: other bytes, objects, text.
void transform(Story& story);
void objects(Story& story);
void text(Story& story);

// order.cpp: which event comes when. Node plays the same.
void node(Story& story);

}  // namespace lab04
