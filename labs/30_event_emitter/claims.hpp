// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab30 {

inline constexpr lab::Claim kClaims[] = {
    {"30.1",
     "Node's event-driven API is built on emitters, and an emit is a plain function "
     "call."},
    {"30.2", "`on` registers a listener, and `emit` calls all of them in order."},
    {"30.3", "A listener hears only events emitted after it was registered."},
    {"30.4", "`fs.ReadStream` extends EventEmitter."},
    {"30.5", "`net.Server` extends EventEmitter."},
    {"30.6", "`http.Server` extends EventEmitter."},
};

}  // namespace lab30
