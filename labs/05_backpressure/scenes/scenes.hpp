// scenes.hpp: the story of lab 05, scene by scene; main.cpp gives their order.
#pragma once

#include <span>
#include <string>

#include "lab/core/program.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "world/transfer.hpp"

namespace lab05 {

struct Knobs {
  lab::Program& program;
  lab::Knob<int> source_rate =
      program.knob("source-rate", 256, 1, 4096, "MiB/s", "how fast the source produces");
  lab::Knob<int> sink_rate = program.knob("sink-rate", 32, 1, 4096, "MiB/s",
                                          "how fast the reader behind the sink reads");
  lab::Knob<std::size_t> high_water_mark =
      program.knob("high-water-mark", 256 * kKiB, std::size_t{1}, 4 * kMiB, "bytes",
                   "the queue length from which write() returns false");
  lab::Knob<std::size_t> chunk = program.knob("chunk", 64 * kKiB, kKiB, kMiB, "bytes",
                                              "how much one write() carries");
  lab::Knob<int> memory =
      program.knob("memory", 48, 16, 1024, "MiB",
                   "how much memory a flooded process may add before it dies");
  lab::Knob<int> way =
      program.choice("way", {"ignore", "hasty", "by-hand", "pipe", "pipeline"}, 3,
                     "how --live carries the bytes from source to sink");

  Plan plan() const;  // as the knobs stand now, without an end
};

void answers(lab::Story& story, const Knobs& knobs);
void rise(lab::Story& story, const Knobs& knobs);
void cliff(lab::Story& story, const Knobs& knobs);
void ways(lab::Story& story, const Knobs& knobs);
void failures(lab::Story& story, const Knobs& knobs);
void two_sinks(lab::Story& story, const Knobs& knobs);
void kernel(lab::Story& story, const Knobs& knobs);
void live(lab::Story& story, const Knobs& knobs);

// The child process of cliff().
int flood(std::span<const std::string> args) noexcept;

inline void gauge(std::string_view name, std::string_view lane, std::size_t bytes) {
  lab::trace::counter(name, static_cast<double>(bytes),
                      {.lane = lane, .args = {{"unit", "bytes"}}});
}

}  // namespace lab05
