// claims.hpp: what lab 05 proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab05 {

inline constexpr lab::Claim kClaims[] = {
    {"05.1", "Backpressure arises when a source is faster than its sink."},
    {"05.2", "If you ignore the signal, memory grows until the process dies."},
    {"05.3", "pipe() is the easiest way to apply backpressure."},
    {"05.4", "When the sink's buffer is full, pipe() pauses the source."},
    {"05.5", "When the sink has drained, pipe() resumes the source."},
    {"05.6",
     "Without pipe(), pause the source when write() returns false and resume it on "
     "drain."},
};

}  // namespace lab05
