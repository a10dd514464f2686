// completion.hpp: what a shell needs to complete ./lab.
#pragma once

#include <string>

#include "catalog.hpp"

namespace runner {

// Prints the script; for bash only, anything else is a Usage.
int completion(const Catalog& catalog, const std::string& shell);

}  // namespace runner
