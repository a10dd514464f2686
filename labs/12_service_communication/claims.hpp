// claims.hpp: what this lab proves.
#pragma once

#include "lab/core/story.hpp"

namespace lab12 {

inline constexpr lab::Claim kClaims[] = {
    {"12.1",
     "With HTTP a service calls another one and waits for its reply, so the caller's "
     "latency is the sum of the chain."},
    {"12.2",
     "With gRPC many calls share one connection, and each costs fewer bytes than with "
     "HTTP and JSON."},
    {"12.3",
     "Calls suit a short request and response: in a chain the latencies add up and the "
     "success rates multiply, while the caller's event loop keeps running."},
    {"12.4",
     "With a queue such as RabbitMQ a confirmed message waits while its consumer is "
     "down, "
     "and is delivered at least once."},
    {"12.5",
     "Kafka is a log: reading removes nothing, and each reader has a position of its "
     "own."},
    {"12.6",
     "SQS hides a message from others while one consumer has it, and shows it again if "
     "it "
     "is not deleted in time."},
    {"12.7",
     "A queue decouples two services: the sender notices nothing when the consumer is "
     "down."},
    {"12.8",
     "A queue absorbs a burst: the backlog grows and shrinks, and the consumer works at "
     "its own rate."},
    {"12.9",
     "In an event-driven design one service emits and every listener gets a copy; one "
     "that joins later gets what comes later."},
};

}  // namespace lab12
