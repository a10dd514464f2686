// options.hpp: the flags that every lab program has, and its knobs as flags.
#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lab/core/program.hpp"

namespace lab {

struct Options {
  bool quick = false;
  bool live = false;
  bool json = false;
  bool describe = false;
  bool verbose = false;    // the events too, and whole tables, on a terminal
  bool all = false;        // scene after scene, without waiting for a key
  int times = 0;           // 0: play the scenes once
  std::string scene;       // empty: all
  std::string trace_file;  // empty: none
};

struct Names {
  std::vector<std::string> scenes;
  std::vector<std::string> orders;
  bool live = false;
};

// Sets the knobs and answers the options, or answers the exit code after --help or a
// wrong flag (which it has explained on standard error).
struct Parsed {
  std::optional<int> exit_code;
  Options options;
};
Parsed parse_options(int argc, char** argv, const About& about, const Names& names,
                     std::span<const KnobSpec> knobs,
                     std::span<std::atomic<double>> values);

}  // namespace lab
