// kept_run.hpp: work that leaves nothing behind, however it ends: no process, no folder.
//
//   keeper (this process) --> guards (lab/os/guard.hpp) --> the work, and what it starts
//
// The keeper waits for the work, and once nobody is left it removes the run's folder. If the
// keeper is killed, the guards do both. On Ctrl-C, SIGTERM or SIGHUP the keeper asks the work
// to end (SIGTERM). It kills the work three seconds later, or when it is asked again.
#pragma once

#include <functional>

namespace runner {

// The exit code of `work`, which an exception makes 1; 128 + n if a signal ended it. The work
// is asked to end as by SIGTERM once `until` is readable (-1: no such descriptor).
// REQUIRES: this process has one thread and no children.
int in_kept_run(const std::function<int()>& work, int until = -1);

}  // namespace runner
