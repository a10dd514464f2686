// guard.hpp: work whose processes all end with it, whoever is killed.
//
//   caller --> guard --> guard --> the work --> its children, their daemons, servers, ...
//
// A process can lose its parent at any moment: also between its fork and its own request to
// be killed with the parent, or because a change of user has cleared that request. So nothing
// here depends on what a descendant asks for. A guard adopts each descendant that has lost
// its parent (PR_SET_CHILD_SUBREAPER), so none gets away, neither by forking twice nor by a
// session of its own. When the process above the guard is gone, or the one below it has
// ended, the guard kills its descendants until there are none.
//
// There are two guards, so that any two processes of a run may be killed at the same time.
// They have a name, and a process group of their own with the work in it: `killall` by the
// program's name, Ctrl-C and `kill -9 -GROUP` do not reach them. The caller hears Ctrl-C and
// sends on what it wants the work to hear.
//
// Threads   The caller forks: it has one thread.
// Limits    Of a privileged descendant (sudo), a guard without privileges can only take leave.
//           Linux only: a container's PID namespace or its cgroup would do the same.
#pragma once

#include <sys/types.h>

#include <functional>

#include "lab/os/descriptor.hpp"

namespace lab {

class Guarded {
 public:
  // Starts `work` in a process of its own; what it returns is that process's exit code.
  // `orphaned` is called in a guard if the caller was killed, once all others are gone.
  explicit Guarded(const std::function<int()>& work,
                   const std::function<void()>& orphaned = {});
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded();

  int ended() const { return ended_.get(); }  // readable once nobody of them is left
  void send(int signal);                      // to the process of the work alone

  // The status of the work's process, as waitpid tells it, once nobody is left.
  // REQUIRES: the caller has no other children; they would be killed too.
  int wait();

 private:
  pid_t guard_;
  Descriptor ended_;
  int status_ = 0;
};

// Kills and reaps every descendant of this process. REQUIRES: it is a subreaper, and has
// one thread.
void end_descendants();

}  // namespace lab
