// aside.hpp: a damaged file of the data folder is kept under a name of its own, so that whoever
// can mend it still has it.
//
// Errors    What cannot be kept throws lab::Error.
#pragma once

#include <filesystem>
#include <vector>

namespace runner {

// Gives the file a second name, "plan.json.damaged-1", and says which. It also stays where it
// is, for the caller to replace.
std::filesystem::path set_aside(const std::filesystem::path& file);

// All that were kept in this folder so far, by name.
std::vector<std::filesystem::path> kept_aside(const std::filesystem::path& folder);

}  // namespace runner
