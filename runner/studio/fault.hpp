// fault.hpp: breaking what a lab has started: its servers, its workers.
//
//   kill    it is gone at once, as in a crash           SIGKILL
//   freeze  it is there and answers nothing, as when    SIGSTOP
//           its machine hangs or its network is cut
//   thaw    it goes on                                  SIGCONT
//
// The processes are found by their descent, so that a new lab needs no word in here. The
// lab's own process is none of them, nor are the guards between it and its program.
//
// Errors    What cannot be done throws Usage.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace runner {

struct LabChild {
  pid_t pid = 0;
  pid_t parent = 0;
  std::string name{};  // "redis-server *:0": the command line, without its folder
  bool frozen = false;
};

// What this program has started, and those have; in the order of their numbers.
std::vector<LabChild> children_of(pid_t program);

// Does it to one of the above, and answers its name.
std::string break_process(pid_t program, pid_t pid, const std::string& fault);

}  // namespace runner
