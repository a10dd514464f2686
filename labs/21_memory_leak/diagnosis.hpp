// diagnosis.hpp: what is wrong with a program's memory, told from what one sees outside.
//
//   does live memory grow?  no:  is it kept free? fragmentation; unknown? outside the heap
//                           yes: reachable?  no:  heads? a lost pointer, else a cycle
//                                            yes: what does more work than before?
//
// Threads   The program's first: reachability() does not look at other stacks.
// Source    Conservative marking (Boehm and Weiser, 1988), as in LeakSanitizer.
// Left out  Thread-local roots, globals of shared libraries, disguised pointers.
#pragma once

#include <string_view>

#include "memory_leak.hpp"

namespace lab21 {

// Shares of live memory. A lost pointer leaves heads; a cycle has none, because each of its
// blocks is pointed at.
struct Reachability {
  double unreachable = 0;  // no global and nothing on this stack leads there
  double heads = 0;        // of the unreachable: no other such block points there either
};

// Reads every live byte. REQUIRES: a sampler with mean 1; a block it missed is no path.
Reachability reachability(const Snapshot& everything);

struct Signals {
  double growth = 0;         // bytes of live memory for each new request, once warm
  double repeat_growth = 0;  // and for each request that was made before
  double idle_work = 0;  // more allocations in a tick without requests than at the start
  double event_work =
      0;  // more allocations when something is announced than at the start
  Reachability reach{};
  double live = 0, kept = 0;   // bytes; kept: free, and malloc has not given them back
  double resident_growth = 0;  // bytes since the start
};

enum class Fault : std::uint8_t {
  none,  // memory rose to a limit, and stays
  listener,
  cache,
  timer,
  cycle,
  lost,
  fragmentation,
  outside,  // mapped, so that no allocator knows it, like Node's Buffers
  unknown,
};

std::string_view to_string(Fault fault);
bool rose(const Signals& signals);  // the usual wrong answer: it rose, so it leaks
Fault diagnose(const Signals& signals);

}  // namespace lab21
