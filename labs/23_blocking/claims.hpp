// claims.hpp: what the lab proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab23 {

inline constexpr lab::Claim kClaims[] = {
    {"23.1", "The loop has one thread, so a long synchronous job stops it."},
    {"23.2", "A heavy calculation blocks the loop."},
    {"23.3", "A synchronous file read blocks the loop."},
    {"23.4", "Matching an ambiguous regular expression can block the loop."},
    {"23.5", "No other request is processed until the job is over."},
    {"23.6",
     "A job cut into slices lets the loop go on if each slice is continued with "
     "setImmediate."},
    {"23.7", "A worker thread keeps the job off the loop."},
    {"23.8", "Another service keeps the job off the loop."},
};

}  // namespace lab23
