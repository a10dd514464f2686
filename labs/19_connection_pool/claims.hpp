// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab19 {

inline constexpr lab::Claim kClaims[] = {
    {"19.1", "Opening a new database connection for each request is expensive."},
    {"19.2", "A pool keeps connections open and lends them out again."},
    {"19.3", "A transaction belongs to one borrowed connection, not to the pool."},
    {"19.4",
     "A pool opens a connection when one is needed, up to its bound, and then makes "
     "borrowers wait."},
    {"19.5", "The pool's size must fit the workload and the limits of the database."},
    {"19.6",
     "What a borrower leaves in the session, and a connection that has died, must not "
     "reach the next borrower."},
};

}  // namespace lab19
