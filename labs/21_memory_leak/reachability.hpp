// reachability.hpp: which live blocks nothing points at, as a leak checker finds them.
//
//   roots (globals, this thread's stack) -> words that look like addresses -> blocks -> ...
//
// Threads   One: the roots of other threads are not looked at.
// REQUIRES  Snapshots of a sampler whose mean is 1: a block it does not know is no path.
// Cost      Reads every live byte once.
// Source    Conservative marking (Boehm and Weiser, 1988), as in LeakSanitizer.
// Left out  Thread-local variables, shared libraries' globals, pointers that are disguised.
#pragma once

#include "memory_leak.hpp"

namespace lab21 {

struct Reachability {
  std::size_t live = 0;         // bytes of all blocks
  std::size_t unreachable = 0;  // of those that no root leads to
  std::size_t heads = 0;  // of those that no other unreachable block points at either
};

// A lost pointer leaves heads. A cycle has none: each of its blocks is pointed at.
Reachability reachability(const Snapshot& everything);

}  // namespace lab21
