// kept_run.hpp: work that leaves nothing behind, however it ends: no process, no folder.
//
//   keeper (this process) -- fork --> worker: does it, starts children of its own
//
// The keeper waits for the worker and for whoever the worker left (as their subreaper), and
// then removes the run's folder. On Ctrl-C, SIGTERM or SIGHUP it kills the worker first.
//
// Limits    A keeper that is killed takes all processes along, but not the folder: the next
//           run sweeps it.
#pragma once

#include <functional>

namespace runner {

// The exit code of `work`, which an exception makes 1; 128 + n if a signal ended it.
// REQUIRES: this process has one thread.
int in_kept_run(const std::function<int()>& work);

}  // namespace runner
