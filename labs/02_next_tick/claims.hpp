// claims.hpp: what lab 02 proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab02 {

inline constexpr lab::Claim kClaims[] = {
    {"02.1", "nextTick is not a phase of the event loop."},
    {"02.2",
     "A nextTick callback runs right after the current operation, before the loop goes "
     "on."},
    {"02.3", "nextTick comes before setImmediate."},
    {"02.4", "If a job keeps rescheduling itself with nextTick, it starves the loop."},
    {"02.5", "setImmediate callbacks run in the check phase."},
    {"02.6",
     "Queued from an I/O callback, setImmediate runs right after poll, before any "
     "timer."},
};

}  // namespace lab02
