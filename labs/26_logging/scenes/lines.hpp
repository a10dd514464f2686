// lines.hpp: log files of this run, as whoever collects them reads them.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "lab/os/run_dir.hpp"

namespace lab26 {

// A path in the run's folder where no file is.
inline std::filesystem::path fresh(const char* name) {
  const std::filesystem::path path = lab::run_dir() / name;
  std::filesystem::remove(path);
  return path;
}

inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace lab26
