#include "doctor.hpp"

#include <filesystem>
#include <fstream>

namespace lab22 {

namespace {

Scheduled read(const std::filesystem::path& schedstat) {
  long on_core = 0, waited = 0;  // nanoseconds
  std::ifstream(schedstat) >> on_core >> waited;
  return {std::chrono::nanoseconds(on_core), std::chrono::nanoseconds(waited)};
}

}  // namespace

Scheduled scheduled_here() {
  return read("/proc/thread-self/schedstat");
}

Scheduled scheduled_all() {
  Scheduled all;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    const Scheduled one = read(task.path() / "schedstat");
    all.on_core += one.on_core;
    all.waited_for_core += one.waited_for_core;
  }
  return all;
}

std::string_view to_string(Illness illness) {
  static constexpr std::string_view kNames[] = {"healthy", "memory", "blocked loop",
                                                "CPU", "I/O"};
  return kNames[static_cast<std::size_t>(illness)];
}

Illness diagnose(const Gauges& gauges, const Limits& limits) {
  if (gauges.grown_bytes > limits.grown_bytes) return Illness::memory;
  if (gauges.loop_delay > limits.loop_delay) return Illness::blocked_loop;
  if (gauges.cpus_wanted > limits.cpus_wanted) return Illness::cpu;
  if (gauges.pool_queue > limits.pool_queue) return Illness::io;
  return Illness::none;
}

}  // namespace lab22
