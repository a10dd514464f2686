// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab22 {

inline constexpr lab::Claim kClaims[] = {
    {"22.1",
     "A CPU profile shows which function burns the CPU, and no time that is spent "
     "waiting."},
    {"22.2",
     "A sampling profiler costs little, and timing each call slows the program and "
     "blames its small functions."},
    {"22.3", "Each thread has a profile of its own, in a log of its own."},
    {"22.4",
     "A report turns the raw addresses of a log into functions and their shares."},
    {"22.5",
     "Loop delay, CPU, pool queue and memory tell whether a service suffers from CPU, "
     "I/O, a blocked loop or memory."},
};

}  // namespace lab22
