// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab12 {

inline constexpr lab::Claim kClaims[] = {
    {"12.1",
     "Over HTTP a caller waits for the reply, and in a chain for the sum of all "
     "services."},
    {"12.2",
     "Over gRPC many calls share one connection, with fewer bytes than HTTP and JSON."},
    {"12.3",
     "In a chain of calls latencies add up and success rates multiply, though the "
     "caller's event loop keeps running."},
    {"12.4",
     "A queue such as RabbitMQ keeps a confirmed message while its consumer is down, and "
     "delivers it at least once."},
    {"12.5",
     "Kafka is a log: reading removes nothing, and each reader has its own position."},
    {"12.6",
     "SQS hides a received message for a while, and shows it again if nobody deletes it "
     "in time."},
    {"12.7", "A queue decouples: the sender notices nothing when the consumer is down."},
    {"12.8",
     "A queue absorbs a burst: its backlog grows and shrinks, and the consumer works at "
     "its own rate."},
    {"12.9",
     "In an event-driven design one service emits, and each listener gets a copy of "
     "every event after it has joined."},
};

}  // namespace lab12
