// run.hpp: hand over to a lab.
#pragma once

#include <span>
#include <string>

#include "core/catalog.hpp"

namespace runner {

// Becomes the lab's program, with these flags; returns only by throwing lab::Error. The lab
// finds what to remember in $LAB_REMEMBER, a line each.
[[noreturn]] void run(const Lab& lab, const Place& place,
                      std::span<const std::string> flags);

}  // namespace runner
