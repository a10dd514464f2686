// programs.hpp: small programs with an error in them, as Node's users write them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "uncaught.hpp"

namespace lab08 {

using Print = std::function<void(const std::string&)>;

struct Program {
  std::string name;  // node.mjs has the same
  std::function<void(Runtime&, const Print&)> run;
  Rejections rejections = Rejections::end;
};

const std::vector<Program>& programs();

// The role "program": args are its number. Prints what it prints, and exits as it does.
int program_main(std::span<const std::string> args);

}  // namespace lab08
