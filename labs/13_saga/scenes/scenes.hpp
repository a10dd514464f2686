// scenes.hpp: what the lab shows, and what a person may turn.
#pragma once

#include "lab/core/program.hpp"
#include "world/services.hpp"

namespace lab13 {

using lab::Picture;
using lab::Story;

struct Knobs {
  lab::Program& program;
  lab::Knob<int> attempts =
      program.knob("attempts", 3, 1, 5, "requests",
                   "how often a step without an answer is requested before it is undone");
  lab::Knob<int> cuts = program.knob("cuts", 100, 12, 600, "crashes",
                                     "how many processes are killed in the outbox scene");
};

template <class... Values>
std::vector<std::string> row(const Values&... values) {
  return {fmt::format("{}", values)...};
}

inline constexpr const char* kLamp = "ann lamp 60";  // all services can do their part

void commits(Story& story, const Knobs& knobs);
void two_phase(Story& story, const Knobs& knobs);
void saga(Story& story, const Knobs& knobs);
void crashes(Story& story, const Knobs& knobs);
void isolation(Story& story, const Knobs& knobs);
void outbox(Story& story, const Knobs& knobs);
void choreography(Story& story, const Knobs& knobs);

}  // namespace lab13
