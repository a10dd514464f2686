// scenes.hpp: the story of lab 05, scene by scene; main.cpp tells their order.
#pragma once

#include <span>
#include <string>

#include "lab/knob.hpp"
#include "lab/story.hpp"
#include "world.hpp"

namespace lab05 {

// Claims that more than one scene has evidence for.
inline constexpr auto kArises = "Backpressure arises when the source outruns the sink";
inline constexpr auto kEasiest = "pipe() is the easiest way, and does it by itself";
inline constexpr auto kPauses = "It pauses the source when the sink's buffer is full";

struct Knobs {
  lab::Knob<int> source_rate;  // MiB/s
  lab::Knob<int> sink_rate;    // MiB/s
  lab::Knob<std::size_t> high_water_mark;
  lab::Knob<std::size_t> chunk;
  lab::Knob<int> memory;  // MiB
  lab::Knob<int> way;     // of the live run

  Plan plan() const;  // as they stand now, without an end
};

void answers(lab::Story& story);
void rise(lab::Story& story, const Knobs& knobs);
void cliff(lab::Story& story, const Knobs& knobs);
void ways(lab::Story& story, const Knobs& knobs);
void failures(lab::Story& story);
void two_sinks(lab::Story& story, const Knobs& knobs);
void kernel(lab::Story& story, const Knobs& knobs);
void sweep(lab::Story& story);

void live(lab::Story& story, const Knobs& knobs);

// The child of cliff(): pours into the sink until it has poured enough, or dies.
int flood(std::span<const std::string> args) noexcept;

}  // namespace lab05
