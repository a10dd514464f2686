// scenes.hpp: the story of lab 05, scene by scene; main.cpp tells their order.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>

#include "lab/knob.hpp"
#include "lab/proc.hpp"
#include "lab/story.hpp"
#include "lab/trace.hpp"
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

// How the scenes show bytes: as text, and as gauges.

inline std::string size_text(std::size_t bytes) {
  if (bytes < kKiB) return fmt::format("{} B", bytes);
  if (bytes < kMiB) return fmt::format("{} KiB", bytes / kKiB);
  if (bytes % kMiB == 0) return fmt::format("{} MiB", bytes / kMiB);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMiB);
}

inline void gauge(std::string_view name, std::string_view lane, std::size_t bytes) {
  lab::trace::counter(name, static_cast<double>(bytes),
                      {.lane = lane, .args = {{"unit", "bytes"}}});
}

// The queue of the sink, and now and then the memory of this process, which costs a
// system call or three to ask for.
inline void draw_tick(std::string_view lane, const World& world) {
  gauge("queued", lane, world.outlet.sink.writable_length());
  if (world.milliseconds % 8 == 0) gauge("resident", lane, lab::resident_bytes());
}

// Every turn of the tap, with the drain that caused a resume.
inline void draw_turns(World& world) {
  const auto drain = std::make_shared<lab::EventId>(0);
  const Writable& sink = world.outlet.sink;
  world.source.on_pause([&sink] {
    lab::trace::instant("pause",
                        {.lane = "source", .args = {{"queued", sink.writable_length()}}});
  });
  world.outlet.sink.on_drain(
      [drain] { *drain = lab::trace::instant("drain", {.lane = "sink"}); });
  world.source.on_resume(
      [drain] { lab::trace::instant("resume", {.lane = "source", .cause = *drain}); });
}

}  // namespace lab05
