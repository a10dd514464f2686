// drill.hpp: `./lab drill`, questions that come back when they are due.
#pragma once

#include <string>

#include "core/catalog.hpp"
#include "drill/mix.hpp"

namespace runner {

struct DrillOptions {
  bool all = false;  // not only what today's mix has
  MixLimits limits{};
  std::string section{};
  std::string lab{};
  bool list = false;
  bool reset = false;
  bool check = false;
};

// Exit code 0, or 128 and the signal that ended it; with `check` 1 if an item has no
// answer.
int drill(const Catalog& catalog, const Place& place, const DrillOptions& options);

}  // namespace runner
