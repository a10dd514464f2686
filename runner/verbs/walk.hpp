// walk.hpp: read a lab's code in the order in which one would explain it.
#pragma once

#include <string>
#include <vector>

#include "core/catalog.hpp"
#include "core/steps.hpp"

namespace runner {

struct WalkOptions {
  std::vector<std::string> labs{};
  bool check = false;  // only tell what is stale, of these labs or of all
  bool all = false;    // also the steps of main.cpp, scenes/ and world/
};

// The steps of the concept: those in no file of the harness. All of them, if the lab's concept
// is in common/ and so has hardly a step here.
[[nodiscard]] std::vector<Step> concept_steps(const std::vector<Step>& steps,
                                              const std::string& folder);

// On a terminal one screen a step, turned by keys; else everything, as plain text.
// The exit code: 1 if `check` finds a stale step.
int walk(const Catalog& catalog, const Place& place, const WalkOptions& options);

}  // namespace runner
