// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab13 {

inline constexpr lab::Claim kClaims[] = {
    {"13.1",
     "One business transaction may touch several services, each with its own data."},
    {"13.2", "A single ACID transaction across several databases is hard to get."},
    {"13.3", "A saga is a chain of local transactions, each committed before the next."},
    {"13.4",
     "Each step updates its own database and publishes an event, neither without the "
     "other."},
    {"13.5", "In a choreographed saga, the event of one step triggers the next step."},
    {"13.6", "When a step fails, compensating transactions run in reverse order."},
    {"13.7", "Compensating transactions undo what the earlier steps did."},
};

}  // namespace lab13
