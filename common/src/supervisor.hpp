// supervisor.hpp: the process that the user started, while its child plays the lab.
//
//   forks --> the child plays the scenes, emits, exits
//         --> this process drains the rings into the sinks until the child is gone
//
// However the child ends, what it emitted is drawn, its own children are ended and its
// folder is removed. If this process is killed, the kernel kills the child, and the next
// run removes the folder.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "lab/knob.hpp"
#include "lab/program.hpp"
#include "options.hpp"

namespace lab {

struct Arena;

// Plays in a child and answers the exit code for main.
int supervise(const About& about, const Options& options, std::span<const KnobSpec> knobs,
              Arena& arena, const std::function<int()>& play);

// True in a live lab's process once it should end.
bool asked_to_stop();

}  // namespace lab
