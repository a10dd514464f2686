// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"

namespace lab12 {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

struct Knobs {
  lab::Program& program;
  lab::Knob<milliseconds> work = program.knob<milliseconds>(
      "work", 25ms, 5ms, 1s, "ms", "how long each service of the chain works");
  lab::Knob<milliseconds> hidden =
      program.knob<milliseconds>("hidden", 500ms, 200ms, 5s, "ms",
                                 "how long a received message is hidden from others");
};

void chain(lab::Story& story, const Knobs& knobs);
void deadline(lab::Story& story, const Knobs& knobs);
void connection(lab::Story& story, const Knobs& knobs);
void consumer_down(lab::Story& story, const Knobs& knobs);
void burst(lab::Story& story, const Knobs& knobs);
void crash(lab::Story& story, const Knobs& knobs);
void visibility(lab::Story& story, const Knobs& knobs);
void two_readers(lab::Story& story, const Knobs& knobs);
void fan_out(lab::Story& story, const Knobs& knobs);

}  // namespace lab12
