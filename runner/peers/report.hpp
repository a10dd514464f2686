// report.hpp: what a contest showed, as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "lab/core/terminal.hpp"
#include "peers/contest.hpp"

namespace runner {

struct Machine {
  int cores = 0;
  std::string cpu{};
  std::string governor{};  // empty: not told here
  double load = 0;         // of one minute, when it began

  static Machine here();
  bool busy() const { return load > cores / 2.0; }
};

// What is shown of a time per operation: itself in the unit, or how many go into a second.
double shown(Case::Unit unit, double ns);
std::string figures(Case::Unit unit, const std::vector<double>& ns);
std::string measured_in(const Case& of);
std::string titled(const Standing& one);

std::string contest_text(const Contest& contest, const lab::Terminal& terminal);

// What bench/README.md describes under "The files".
std::string contests_json(const std::string& lab, const Machine& machine,
                          const std::vector<Contest>& contests);

}  // namespace runner
