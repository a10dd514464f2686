// supervisor.hpp: the process that the user started, while its child plays the lab.
//
//   starts --> two guards --> the child plays the scenes, emits, exits
//          --> this process drains the rings into the sinks until the child is gone
//
// However the child ends, what it emitted is drawn, its descendants are ended and its folder
// is removed. If this process is killed, a guard does the last two (lab/os/guard.hpp).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/options.hpp"
#include "lab/core/knob.hpp"
#include "lab/core/program.hpp"

namespace lab {

struct Arena;

// Plays in a child and returns the exit code for main. On a terminal it waits for a key before
// each scene but the first; the titles are those of the scenes.
int supervise(const About& about, const Options& options, std::span<const KnobSpec> knobs,
              Arena& arena, std::vector<std::string> titles,
              const std::function<int()>& play);

// True in a live lab's process once it should end.
bool asked_to_stop();

}  // namespace lab
