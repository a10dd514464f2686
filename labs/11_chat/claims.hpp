// claims.hpp: what the lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab11 {

inline constexpr lab::Claim kClaims[] = {
    {"11.1",
     "WebSocket gives full-duplex messaging: either end may send at any time on one "
     "connection."},
    {"11.2",
     "A socket.io server speaks a protocol of its own, so a plain WebSocket client "
     "cannot use it."},
    {"11.3",
     "An event-driven server holds thousands of open connections on one thread, if it "
     "limits the queue of each."},
    {"11.4",
     "With several servers, a relay must carry each message to the users on the other "
     "servers."},
    {"11.5",
     "Redis Pub/Sub delivers a message at most once, so the store numbers each message, "
     "and servers and clients fetch what they missed."},
    {"11.6",
     "Messages that share a commit share one wait for the disk, so batch first when "
     "writes are too slow."},
    {"11.7",
     "A unique name needs a constraint in the database, because two sign-ups can both "
     "pass a check before the insert."},
};

}  // namespace lab11
