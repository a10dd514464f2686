// suites.hpp: the GoogleTest programs of this lab, run as a person would run them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lab/os/process.hpp"

namespace lab24 {

using Environment = std::vector<std::pair<std::string, std::string>>;

struct SuiteRun {
  lab::Exit exit;
  std::vector<std::string> passed, failed;  // "Unit.CutsBlanksAround"

  // Whether all those passed whose name has this part. Throws lab::Error if none has.
  bool green(std::string_view part = {}) const;
};

inline const char* colour(bool green) {
  return green ? "green" : "red";
}

// Runs a program of suites/ ("as_it_is") with GoogleTest's flags.
SuiteRun run_suite(const std::string& program, std::vector<std::string> flags,
                   const Environment& env = {});

// What the kernel was asked for, without what a runner prints.
struct SystemCalls {
  long all = 0;
  long network = 0;  // sockets
  long files = 0;    // opened
};

SystemCalls count_calls(const std::string& program, const std::vector<std::string>& flags,
                        const Environment& env = {});

// The role in which this program counts the system calls of another.
constexpr const char* kCounter = "counter";
int count_calls_of(std::span<const std::string> command);

}  // namespace lab24
