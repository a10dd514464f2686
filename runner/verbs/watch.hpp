// watch.hpp: build and run a lab each time one of its files is saved.
#pragma once

#include <span>
#include <string>

#include "core/catalog.hpp"

namespace runner {

// Until Ctrl-C. A save during a run ends that run and starts the next.
int watch(const Lab& lab, const Place& place, std::span<const std::string> flags);

}  // namespace runner
