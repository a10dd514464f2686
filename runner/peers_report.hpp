// peers_report.hpp: what a contest showed, as text, as JSON and as a picture.
#pragma once

#include <string>
#include <vector>

#include "lab/terminal.hpp"
#include "peers_contest.hpp"

namespace runner {

struct Machine {
  int cores = 0;
  std::string cpu{};
  std::string governor{};  // empty: not told here
  double load = 0;         // of one minute, when it began

  static Machine here();
  bool busy() const { return load > cores / 2.0; }
};

std::string contest_text(const Contest& contest, const lab::Terminal& terminal);

// {"lab", "machine", "rounds", "cases": [{"name", "unit", "contestants": [{"name", "kind",
// "version", "missing", "median", "half_spread", "cpu_median", "p99_ns", "rounds": [..],
// "beside_ours": {"low", "middle", "high"}}], "goals": [..]}]}; see bench/README.md.
std::string contests_json(const std::string& lab, const Machine& machine,
                          const std::vector<Contest>& contests);

// Bars on a logarithmic axis, one group a case; it needs no script and no font file.
std::string contests_svg(const std::string& title, const Machine& machine,
                         const std::vector<Contest>& contests);

}  // namespace runner
