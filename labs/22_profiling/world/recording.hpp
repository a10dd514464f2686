// recording.hpp: work that goes on until the profiler has seen enough of it.
#pragma once

#include "lab/core/story.hpp"
#include "lab/os/proc.hpp"
#include "profiling.hpp"

namespace lab22 {

// Repeats `work` until it was sampled `samples` times, or has burnt half a minute of CPU.
std::vector<Stack> record(int samples, const auto& work) {
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

// The flame graph of each profile, for a picture; each under its name, if it has one.
inline lab::Table flames(
    std::string title,
    std::initializer_list<std::pair<std::string, const Profile&>> profiles) {
  lab::Table table{std::move(title), {"function", "called by", "samples"}, {}};
  for (const auto& [name, profile] : profiles) {
    const std::string prefix = name.empty() ? "" : name + ": ";
    if (!name.empty())
      table.rows.push_back({name, "", fmt::format("{} samples", profile.samples())});
    for (const auto& [function, caller, samples] : profile.flame()) {
      table.rows.push_back({prefix + function, caller.empty() ? name : prefix + caller,
                            fmt::format("{} samples", samples)});
    }
  }
  return table;
}

// One flame graph of two profiles of the same work: each frame with its samples in both.
inline lab::Table difference(std::string title, const Profile& before,
                             const Profile& after) {
  lab::Table table{
      std::move(title), {"function", "called by", "samples before", "after"}, {}};
  std::map<std::pair<std::string, std::string>, std::pair<int, int>> frames;
  for (const auto& [function, caller, samples] : before.flame())
    frames[{caller, function}].first = samples;
  for (const auto& [function, caller, samples] : after.flame())
    frames[{caller, function}].second = samples;
  for (const auto& [frame, samples] : frames)
    table.rows.push_back({frame.second, frame.first,
                          fmt::format("{} samples", samples.first),
                          fmt::format("{} samples", samples.second)});
  return table;
}

}  // namespace lab22
