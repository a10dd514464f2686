#include "verbs/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/page.hpp"
#include "core/progress.hpp"
#include "lab/core/error.hpp"

namespace runner {

void run(const Lab& lab, const Place& place, std::span<const std::string> flags) {
  std::vector<std::string> sentences = page_of(lab, place).senior;
  if (sentences.size() > 3) sentences.resize(3);
  setenv("LAB_REMEMBER", fmt::format("{}", fmt::join(sentences, "\n")).c_str(), 1);

  if (isatty(STDOUT_FILENO)) note_progress(progress_file(), "run", lab.number, today());

  std::string program = lab.program(place);
  std::vector<char*> argv{program.data()};
  std::vector<std::string> copies(flags.begin(), flags.end());
  for (std::string& flag : copies) argv.push_back(flag.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  throw lab::Error("start " + program, std::strerror(errno));
}

}  // namespace runner
