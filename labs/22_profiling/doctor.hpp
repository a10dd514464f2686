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
#include <filesystem>
#include <fstream>
#include <string_view>

namespace lab22 {

// How long a thread ran, and how long it could have run but had to wait for a core. The rest
// of the time it was blocked.
struct Scheduled {
  std::chrono::nanoseconds on_core{}, waited_for_core{};

  Scheduled operator-(const Scheduled& earlier) const {
    return {on_core - earlier.on_core, waited_for_core - earlier.waited_for_core};
  }
};

inline Scheduled scheduled(const std::filesystem::path& task = "/proc/thread-self") {
  long on_core = 0, waited = 0;
  std::ifstream(task / "schedstat") >> on_core >> waited;
  return {std::chrono::nanoseconds(on_core), std::chrono::nanoseconds(waited)};
}

inline Scheduled scheduled_all() {  // the threads of this process that are alive
  Scheduled all;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const auto [on_core, waited] = scheduled(task.path());
    all = {all.on_core + on_core, all.waited_for_core + waited};
  }
  return all;
}

struct Gauges {
  // The median turn of the loop, less the time it waited for a core: a stall of the machine
  // is no illness. In production, take a high percentile over a minute.
  std::chrono::nanoseconds loop_delay{};
  double cpus_wanted = 0;  // 1.0 is a thread that runs, or would run if it got a core
  int pool_queue = 0;      // longest
  std::size_t grown_bytes = 0;
};

enum class Illness { none, memory, blocked_loop, cpu, io };

// The first gauge above its limit, in the order above.
inline Illness diagnose(const Gauges& gauges) {
  if (gauges.grown_bytes > std::size_t{16} << 20) return Illness::memory;
  if (gauges.loop_delay > std::chrono::milliseconds(50)) return Illness::blocked_loop;
  if (gauges.cpus_wanted > 1.5) return Illness::cpu;  // a busy loop takes 1.0
  if (gauges.pool_queue > 4) return Illness::io;      // as many as its threads
  return Illness::none;
}

inline std::string_view to_string(Illness illness) {
  static constexpr std::string_view kNames[] = {"healthy", "memory", "blocked loop",
                                                "CPU", "I/O"};
  return kNames[static_cast<std::size_t>(illness)];
}

}  // namespace lab22
