// runtimes.hpp: the same function, for the runtimes that this machine has.
#pragma once

#include <string>
#include <vector>

#include "serverless.hpp"

namespace lab16 {

struct Runtime {
  std::string name;
  Function function;
};

Function native();  // the static C++ program: always there

// The native program; then, if they are there: Node bare, Node with an application of so many
// modules, the same as one bundle, and with its compiled code kept; Python; Java.
std::vector<Runtime> runtimes(int modules);

}  // namespace lab16
