// run_dir.hpp: a temporary folder for one run of a lab.
#pragma once

#include <filesystem>

namespace lab {

// This run's own folder, made on first use, readable by this user alone. The narrator's
// process removes it when the run ends, however it ends; if that process is killed too,
// the next run of any lab does. Throws Error if it cannot be made.
std::filesystem::path run_dir();

}  // namespace lab
