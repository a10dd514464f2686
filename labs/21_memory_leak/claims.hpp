// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab21 {

inline constexpr lab::Claim kClaims[] = {
    {"21.1", "The symptom is resident memory that rises, but that alone proves no leak."},
    {"21.2",
     "In the end the process dies: at the heap's limit it aborts with a message, at the "
     "container's limit it is killed without one."},
    {"21.3", "A debug port on loopback gives you a snapshot of the running process."},
    {"21.4",
     "A heap snapshot shows which call sites allocated the memory that is still alive."},
    {"21.5",
     "You compare snapshots to find what is not freed, and three tell more than two."},
    {"21.6",
     "Gauges in the program tell which memory grows: live memory, free memory that the "
     "allocator keeps, or memory outside the heap."},
};

}  // namespace lab21
