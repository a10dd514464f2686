// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab14 {

inline constexpr lab::Claim kClaims[] = {
    {"14.1",
     "A circuit breaker keeps an app from hammering a dependency that is likely to "
     "fail."},
    {"14.2", "While the breaker is closed, every call passes."},
    {"14.3",
     "While the breaker is open, calls fail at once and never reach the service."},
    {"14.4", "While the breaker is half-open, only a limited number of calls pass."},
    {"14.5",
     "The trial calls of a half-open breaker decide whether it closes or opens again."},
};

}  // namespace lab14
