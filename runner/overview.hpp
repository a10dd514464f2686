// overview.hpp: what a person sees who types ./lab and nothing else.
#pragma once

#include <string>

#include "catalog.hpp"
#include "lab/terminal.hpp"

namespace runner {

std::string overview(const Catalog& catalog, const Place& place,
                     const lab::Terminal& terminal);

}  // namespace runner
