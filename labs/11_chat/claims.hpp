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
     "limits what may wait for each of them."},
    {"11.4",
     "With several servers, something must relay what one server hears to the users on "
     "the others."},
    {"11.5",
     "Redis Pub/Sub delivers a message at most once, so the store numbers each message, "
     "and servers and clients fetch what they missed."},
    {"11.6",
     "Messages that share a commit share one wait for the disk, so batching comes first "
     "when the write rate is too low."},
    {"11.7",
     "A unique name needs a constraint in the database, because a check before the "
     "insert lets two people in."},
};

}  // namespace lab11
