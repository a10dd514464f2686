#include "core/progress.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "core/place.hpp"

namespace runner {

std::filesystem::path progress_file() {
  return data_folder() / "progress";
}

Progress parse_progress(std::string_view text) {
  Progress progress;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    std::istringstream words(line);
    std::string date, did, lab, more;
    Day day{};
    const bool whole = words >> date >> did >> lab && !(words >> more);
    auto* days = did == "run"    ? &progress.run
                 : did == "walk" ? &progress.walked
                                 : nullptr;
    if (!whole || !days || !parse_day(date, day)) {
      ++progress.unreadable;
      continue;
    }
    days->emplace(lab, day);
    progress.days.insert(day);
  }
  return progress;
}

Progress read_progress(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return parse_progress(std::string{std::istreambuf_iterator<char>(stream), {}});
}

void note_progress(const std::filesystem::path& file, std::string_view did,
                   std::string_view lab, Day day) noexcept {
  try {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    // It begins with a line break: a line that a crash has cut must not spoil this one.
    std::ofstream(file, std::ios::app)
        << fmt::format("\n{} {} {}\n", day_text(day), did, lab) << std::flush;
  } catch (...) {  // no memory, or no such folder
  }
}

}  // namespace runner
