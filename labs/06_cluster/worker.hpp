// worker.hpp: one worker process: a loop, its connections, and a counter of its own.
//
//   serving --drain--> finishing: every answer says "Connection: close" --none left--> exit
//
//   GET /       at once        GET /cpu    after a computation
//   GET /wait   after 50 ms    anything else is told so and the connection closed
//
// An answer's body is "pid requests most-at-once cpu-microseconds", of that worker.
//
// Limits    A head of 8 KiB, 1,000 connections. No bodies.
// Left out  HTTP beyond this; a health check against a worker that hangs.
#pragma once

#include <span>
#include <string>

namespace lab06 {

// The role "worker": args are descriptors: the channel, and a listener or -1.
int worker_main(std::span<const std::string> args);

// The role "doomed": ready, and dead right after it, as with a bug in the first request.
int doomed_main(std::span<const std::string> args);

}  // namespace lab06
