// runtimes.hpp: the same function in the languages that this machine has.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "serverless.hpp"

namespace lab16 {

struct Runtime {
  std::string name;
  Function function;
};

Function native();  // the static C++ program, which is always there
std::optional<Function> node();

// What else there is, each bare, and Node with an application of so many modules as well.
std::vector<Runtime> runtimes(int modules);

std::string
absent();  // the runtimes that are not there and what installs them, or nothing

}  // namespace lab16
