// run.hpp: hand over to a lab.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/catalog.hpp"

namespace runner {

// What a page of a lab says in bold under "What makes it a senior answer": up to three
// sentences to remember.
std::vector<std::string> remembered(const std::string& page);

// Becomes the lab's program, with these flags; returns only by throwing lab::Error. The lab
// finds what to remember in $LAB_REMEMBER, a line each.
[[noreturn]] void run(const Lab& lab, const Place& place,
                      std::span<const std::string> flags);

}  // namespace runner
