// recording.hpp: work that goes on until the profiler has seen enough of it.
#pragma once

#include <functional>

#include "lab/core/story.hpp"
#include "profiling.hpp"

namespace lab22 {

// Repeats `work` on this thread until it was sampled `samples` times, or until it has burnt
// half a minute of CPU.
std::vector<Stack> record(int samples, const std::function<void()>& work);

// The rows of a flame graph: name, parent, samples. Each name begins with `prefix`.
void add_flame(lab::Table& table, const Profile& profile, const std::string& prefix = {});

}  // namespace lab22
