// run.hpp: hand over to a lab.
#pragma once

#include <span>
#include <string>

#include "catalog.hpp"

namespace runner {

// Becomes the lab's program, with these flags; returns only by throwing lab::Error.
[[noreturn]] void run(const Lab& lab, const Place& place,
                      std::span<const std::string> flags);

}  // namespace runner
