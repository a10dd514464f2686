// run_dir.hpp: the narrator's side of the run's temporary folder: it outlives the lab.
#pragma once

#include <filesystem>

namespace lab {

// Where this run's folder will be, if anybody asks for it; tells the children by the
// environment. Its name holds the pid and start time of this process.
std::filesystem::path plan_run_dir();

// Removes the folders of runs whose process is gone: what a SIGKILL left behind.
void sweep_run_dirs();

void remove_run_dir(const std::filesystem::path& path);

}  // namespace lab
