#include "world/recording.hpp"

#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"

namespace lab22 {

std::vector<Stack> record(int samples, const std::function<void()>& work) {
  const auto give_up = lab::thread_cpu_time() + std::chrono::seconds(30);
  Sampler sampler;
  while (sampler.samples() < static_cast<std::size_t>(samples) &&
         lab::thread_cpu_time() < give_up) {
    work();
    lab::trace::counter("samples", static_cast<double>(sampler.samples()));
  }
  sampler.stop();
  return sampler.stacks();
}

void add_flame(lab::Table& table, const Profile& profile, const std::string& prefix) {
  for (const Profile::Frame& frame : profile.flame()) {
    table.rows.push_back({prefix + frame.function,
                          frame.caller.empty() ? "" : prefix + frame.caller,
                          fmt::format("{} samples", frame.samples)});
  }
}

}  // namespace lab22
