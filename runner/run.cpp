#include "run.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "lab/error.hpp"

namespace runner {

void run(const Lab& lab, const Place& place, std::span<const std::string> flags) {
  std::string program = lab.program(place);
  std::vector<char*> argv{program.data()};
  std::vector<std::string> copies(flags.begin(), flags.end());
  for (std::string& flag : copies) argv.push_back(flag.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  throw lab::Error("start " + program, std::strerror(errno));
}

}  // namespace runner
