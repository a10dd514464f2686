// claims.hpp: what lab 08 proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab08 {

inline constexpr lab::Claim kClaims[] = {
    {"08.1", "A process-level handler can catch an exception that nobody caught."},
    {"08.2", "Use the handler to log the error, then restart the process."},
    {"08.3", "A process manager such as PM2 does the restarting."},
    {"08.4", "After an uncaught exception, the process may hold corrupt state."},
    {"08.5", "There is a process-level handler for unhandled rejections too."},
    {"08.6", "Use try/catch where the error is thrown, inside the callback."},
    {"08.7", "Attach .catch() to a promise before the microtask queue has drained."},
};

}  // namespace lab08
