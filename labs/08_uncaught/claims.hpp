// claims.hpp: what lab 08 proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab08 {

inline constexpr lab::Claim kClaims[] = {
    {"08.1", "A process-level handler can catch an exception that nobody caught."},
    {"08.2",
     "The handler should log the error, and then the process should be restarted."},
    {"08.3", "A process manager such as PM2 does the restarting."},
    {"08.4", "After an uncaught exception the state of the process may be corrupt."},
    {"08.5", "A process-level handler exists for unhandled promise rejections too."},
    {"08.6",
     "Use try/catch where the error is thrown: it catches nothing that starts later."},
    {"08.7", "Attach .catch() to a promise before the microtasks have drained."},
};

}  // namespace lab08
