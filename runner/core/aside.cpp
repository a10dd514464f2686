#include "core/aside.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "lab/core/error.hpp"

namespace runner {

namespace fs = std::filesystem;

constexpr const char* kMark = ".damaged-";

fs::path set_aside(const fs::path& file) {
  for (int i = 1;; ++i) {
    fs::path aside = file;
    aside += fmt::format("{}{}", kMark, i);
    if (link(file.c_str(), aside.c_str()) == 0) return aside;
    if (errno != EEXIST) lab::check_errno(-1, "keep " + aside.string());
  }
}

std::vector<fs::path> kept_aside(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    if (entry.path().filename().string().find(kMark) != std::string::npos)
      found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace runner
