// claims.hpp: what lab 01 proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab01 {

inline constexpr lab::Claim kClaims[] = {
    {"01.1", "The event loop lets one thread keep many operations in flight."},
    {"01.2", "The loop and all its callbacks run on a single thread."},
    {"01.3", "Work is handed to the kernel where the kernel can do it."},
    {"01.4",
     "Each loop iteration runs six phases in a fixed order: timers, pending, idle and "
     "prepare, poll, check, closing."},
    {"01.5", "The timers phase runs timeouts, and never before their delay has passed."},
    {"01.6", "The pending phase runs deferred I/O callbacks."},
    {"01.7", "Idle and prepare are internal steps of each loop iteration."},
    {"01.8", "Poll fetches I/O events and runs their callbacks."},
    {"01.9", "Poll is where the loop sleeps when nothing else is due."},
    {"01.10", "Check runs the callbacks of setImmediate, right after poll."},
    {"01.11", "The closing phase runs close callbacks."},
};

}  // namespace lab01
