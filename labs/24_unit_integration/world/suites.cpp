#include "world/suites.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "lab/core/error.hpp"

namespace lab24 {

namespace {

std::string path_of(const std::string& program) {  // the build puts them beside the lab
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "24_suites" /
         program;
}

bool has(const std::vector<std::string>& names, std::string_view part) {
  return std::ranges::any_of(
      names, [&](const std::string& name) { return name.find(part) != name.npos; });
}

}  // namespace

bool SuiteRun::green(std::string_view part) const {
  if (!has(passed, part) && !has(failed, part))
    throw lab::Error(fmt::format("run the tests {}", part), exit.out + exit.err);
  return !has(failed, part);
}

SuiteRun run_suite(const std::string& program, std::vector<std::string> flags,
                   const Environment& env) {
  flags.insert(flags.begin(), path_of(program));
  SuiteRun run;
  run.exit =
      lab::Child::run(flags, {.deadline = std::chrono::seconds(60), .env = env}).wait();
  if (run.exit.timed_out) throw lab::Error("run " + program, "it did not end in 60 s");
  std::istringstream lines(run.exit.out);
  for (std::string line; std::getline(lines, line);) {
    // Name and time; the list at the end repeats who failed, without the time.
    if (!line.ends_with(" ms)")) continue;
    const auto end = std::min(line.rfind(" ("), line.find(", where"));
    if (line.starts_with("[       OK ] "))
      run.passed.push_back(line.substr(13, end - 13));
    if (line.starts_with("[  FAILED  ] "))
      run.failed.push_back(line.substr(13, end - 13));
  }
  return run;
}

SystemCalls count_calls(const std::string& program, const std::vector<std::string>& flags,
                        const Environment& env) {
  std::vector<std::string> command = {path_of(program)};
  command.insert(command.end(), flags.begin(), flags.end());
  Environment all = env;
  all.emplace_back("ASAN_OPTIONS",
                   "detect_leaks=0");  // it would trace the process as well
  lab::Child child = lab::Child::role(kCounter, command,
                                      {.deadline = std::chrono::seconds(60), .env = all});
  const lab::Exit& exit = child.wait();
  SystemCalls calls;
  if (!exit.ok() ||
      !(std::istringstream(exit.out) >> calls.all >> calls.network >> calls.files))
    throw lab::Error("count the system calls of " + program, exit.err);
  return calls;
}

}  // namespace lab24
