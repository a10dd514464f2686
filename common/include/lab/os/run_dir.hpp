// run_dir.hpp: a temporary folder for one run of a lab.
#pragma once

#include <filesystem>

namespace lab {

// This run's own folder, made on first use, readable by this user alone. The narrator's
// process removes it when the run ends, however it ends; if that process is killed too,
// the next run of any lab does. Throws Error if it cannot be made.
std::filesystem::path run_dir();

// For the process that outlives the lab: where this run's folder will be, if anybody asks
// for it; tells the children by the environment. Its name holds the pid and start time of
// this process.
std::filesystem::path plan_run_dir();

// Removes the folders of runs whose process is gone: what a SIGKILL left behind.
void sweep_run_dirs();

void remove_run_dir(const std::filesystem::path& path);

}  // namespace lab
