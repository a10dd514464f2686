// draw.hpp: how the scenes of this lab show bytes: as gauges, and as text.
#pragma once

#include <fmt/format.h>

#include "lab/proc.hpp"
#include "lab/trace.hpp"
#include "world.hpp"

namespace lab05 {

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
