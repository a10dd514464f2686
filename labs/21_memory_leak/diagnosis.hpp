// diagnosis.hpp: what is wrong with a program's memory, told from what one sees from outside.
//
//   does live memory grow?  no:  is it resident and not live? fragmentation, or mapped
//                           yes: reachable?  no:  heads? a lost pointer, else a cycle
//                                            yes: what does more work now? see Step 7
#pragma once

#include <cstddef>
#include <string_view>

namespace lab21 {

// Bytes for a request, unless it says otherwise.
struct Signals {
  double growth = 0;         // of live memory, by requests that are new, after a warm-up
  double repeat_growth = 0;  // by requests that were made before
  double idle_work = 0;  // more allocations in a tick without requests than at the start
  double event_work =
      0;  // more allocations when something is announced than at the start
  double unreachable = 0;      // share of live memory that no pointer leads to
  double heads = 0;            // share of that which nothing points at at all
  double live = 0;             // bytes, all in all
  double free = 0;             // bytes that malloc keeps, after a trim
  double resident_growth = 0;  // bytes since the start, after a trim
};

enum class Fault {
  none,  // memory rose to a limit, and stays
  listener,
  cache,
  timer,
  cycle,
  lost,
  fragmentation,
  outside,  // memory that no allocator knows: mapped, as Node's Buffers
  unknown,
};

std::string_view to_string(Fault fault);

Fault diagnose(const Signals& signals);

// The usual wrong answer: memory rose, so it leaks.
bool rose(const Signals& signals);

}  // namespace lab21
