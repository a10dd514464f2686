// claims.hpp: what the lab proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab10 {

inline constexpr lab::Claim kClaims[] = {
    {"10.1", "A middleware is a function that gets the request."},
    {"10.2", "A middleware also gets the response."},
    {"10.3", "A middleware also gets next, which runs the following middleware."},
    {"10.4", "A middleware may run any code."},
    {"10.5", "A middleware may change the request and the response."},
    {"10.6", "A middleware may end the cycle by sending a reply."},
    {"10.7",
     "A middleware may call next; if it neither replies nor calls next, the request "
     "hangs."},
    {"10.8",
     "Middleware functions run one after another, in the order in which they are "
     "defined; an error skips ahead to the next error middleware."},
};

}  // namespace lab10
