// claims.hpp: what the lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab07 {

inline constexpr lab::Claim kClaims[] = {
    {"07.1", "The workers of a cluster are separate processes."},
    {"07.2",
     "Each worker process has its own memory: the others never see its "
     "writes, and they survive its crash."},
    {"07.3", "Each worker process has a runtime of its own, which costs memory."},
    {"07.4",
     "A cluster suits servers that must use all cores; it adds CPU and "
     "does not speed up waiting."},
    {"07.5", "Worker threads live in one process."},
    {"07.6",
     "Worker threads can share memory, and then they need atomics to "
     "change it safely."},
    {"07.7",
     "Worker threads are for CPU-heavy work, such as image processing "
     "and cryptography."},
    {"07.8",
     "A worker keeps the main event loop free, whether it is a thread "
     "or a process."},
};

}  // namespace lab07
