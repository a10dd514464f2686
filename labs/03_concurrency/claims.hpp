// claims.hpp: what the lab proves, each sentence once.
#pragma once

#include "lab/core/story.hpp"

namespace lab03 {

inline constexpr lab::Claim kClaims[] = {
    {"03.1",
     "Node's model is event-driven and non-blocking: one thread has many requests in "
     "flight at once."},
    {"03.2", "The main thread runs the JavaScript and every callback."},
    {"03.3", "libuv is the C library behind the event loop."},
    {"03.4", "libuv also brings a thread pool, with 4 threads by default."},
    {"03.5",
     "An asynchronous call is handed to libuv and returns before its work is done."},
    {"03.6", "The thread pool serves file I/O."},
    {"03.7", "The thread pool serves DNS lookups that use getaddrinfo."},
    {"03.8", "Sockets rely on the kernel's readiness notification, not on the pool."},
    {"03.9", "A finished operation puts its callback into a queue for the event loop."},
    {"03.10", "The main thread runs the callback even if another thread did the work."},
};

}  // namespace lab03
