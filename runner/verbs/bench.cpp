#include "verbs/bench.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/kept_run.hpp"
#include "lab/core/error.hpp"

namespace runner {

namespace {

namespace fs = std::filesystem;

// What a benchmark's program must be called to be meant: "05_" or a part of its name.
std::string wanted_name(const Catalog& catalog, const std::string& typed) {
  const Lab* lab = catalog.find(typed);
  return lab ? lab->number + "_" : typed;
}

std::vector<fs::path> programs(const Place& place, const std::string& wanted) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(place.build / "bench", none)) {
    if (!entry.is_regular_file() || access(entry.path().c_str(), X_OK) != 0) continue;
    const std::string name = entry.path().filename();
    if (name.find(wanted) != std::string::npos) found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

int run_to_its_end(const fs::path& program, std::vector<std::string> args) {
  std::string path = program;
  std::vector<char*> argv{path.data()};
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    execv(path.c_str(), argv.data());
    _exit(127);
  }
  lab::check_errno(child, "start " + path);
  int status = 0;
  while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  return status;
}

}  // namespace

int bench(const Catalog& catalog, const Place& place, const BenchOptions& options) {
  const auto found = programs(place, wanted_name(catalog, options.name));
  if (found.empty()) {
    throw Usage(options.name.empty() ? "there are no benchmarks yet"
                                     : "there is no benchmark for " + options.name);
  }
  const fs::path folder = place.root / "build" / "bench";
  fs::create_directories(folder);
  return in_kept_run([&] {
    int code = 0;
    for (const fs::path& program : found) {
      const fs::path json = folder / (program.filename().string() + ".json");
      std::vector<std::string> args = {"--benchmark_out=" + json.string(),
                                       "--benchmark_out_format=json"};
      args.insert(args.end(), options.flags.begin(), options.flags.end());
      fmt::print("{}\n", program.filename().string());
      if (run_to_its_end(program, std::move(args)) == 0) {
        fmt::print("also in {}\n\n", json.lexically_relative(place.root).string());
      } else {
        code = 1;
      }
    }
    return code;
  });
}

}  // namespace runner
