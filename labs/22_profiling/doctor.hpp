// doctor.hpp: four gauges name the illness of a slow service, before anybody profiles it.
//
//   memory grows            --> memory        look at a heap snapshot
//   the loop stands still   --> blocked loop  CPU profile of the loop's thread
//   threads want CPUs       --> CPU           CPU profile of all threads
//   jobs queue for the pool --> I/O           a trace: their CPU profile is empty
//
// The order matters: a loop that computes also wants a CPU, and a busy pool also has a queue.
//
// Source    The gauges of Clinic.js Doctor; schedstat of proc(5).
// Left out  Two illnesses at once: cure the one that it names, and look again.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace lab22 {

// How long a thread ran, and how long it could have run but had to wait for a core. The rest
// of the time it was blocked.
struct Scheduled {
  std::chrono::nanoseconds on_core{};
  std::chrono::nanoseconds waited_for_core{};
};
Scheduled scheduled_here();  // the calling thread
Scheduled scheduled_all();   // the threads of this process that are alive

struct Gauges {
  std::chrono::nanoseconds loop_delay{};  // longest, less the time it waited for a core
  double cpus_wanted = 0;      // 1.0 is a thread that runs, or would run if it got a core
  std::size_t pool_queue = 0;  // longest
  std::size_t grown_bytes = 0;
};

struct Limits {
  std::chrono::nanoseconds loop_delay = std::chrono::milliseconds(50);
  double cpus_wanted = 1.5;  // more than the one that a busy loop takes
  std::size_t pool_queue = 4;
  std::size_t grown_bytes = std::size_t{16} << 20;
};

enum class Illness { none, memory, blocked_loop, cpu, io };
std::string_view to_string(Illness illness);

// The first gauge above its limit, in the order above.
Illness diagnose(const Gauges& gauges, const Limits& limits = {});

}  // namespace lab22
