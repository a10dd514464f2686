// app.hpp: what a worker process runs: the app, with a counter of its own.
//
//   GET /       at once        GET /cpu    after a computation
//   GET /wait   after 50 ms    anything else is not found
//
// The body of a reply is "pid requests most-at-once cpu-microseconds", of that worker.
#pragma once

#include <span>
#include <string>

namespace lab06 {

// The role "worker". The arguments are its channel, its listener or -1, and its id.
int worker_main(std::span<const std::string> args);

// The role "control": the same, and no picture counts its requests among the workers'.
int control_main(std::span<const std::string> args);

// The role "doomed": ready, and dead right after it, as with a bug in the first request.
int doomed_main(std::span<const std::string> args);

}  // namespace lab06
