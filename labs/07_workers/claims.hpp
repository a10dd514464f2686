// claims.hpp: what the lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab07 {

inline constexpr lab::Claim kClaims[] = {
    {"07.1", "The workers of a cluster are separate processes."},
    {"07.2",
     "Each worker process has its own memory: the others neither see its writes nor "
     "share "
     "its crash."},
    {"07.3", "Each worker process has a runtime of its own, which costs memory."},
    {"07.4",
     "A cluster suits servers that must scale over the cores; its gain is in CPU, not in "
     "waiting."},
    {"07.5", "Worker threads live in one process."},
    {"07.6", "Worker threads can share memory, and then need atomics to change it."},
    {"07.7",
     "Worker threads are for work that computes, such as images and cryptography."},
    {"07.8", "A worker keeps the main event loop free, be it a thread or a process."},
};

}  // namespace lab07
