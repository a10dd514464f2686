// progress.hpp: which labs you have run and walked through, in your data folder.
//
//   $XDG_DATA_HOME/underloop/progress     a line each time: "2026-11-29 run 05"
//
// Lines are only ever appended. A line that cannot be read is left where it is, and counted.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/day.hpp"

namespace runner {

struct Progress {
  std::map<std::string, Day> run;  // by the lab's number: the first time
  std::map<std::string, Day> walked;
  std::set<Day> days;          // on which you did something
  std::size_t unreadable = 0;  // lines
};

[[nodiscard]] std::filesystem::path progress_file();

[[nodiscard]] Progress parse_progress(std::string_view text);
[[nodiscard]] Progress read_progress(const std::filesystem::path& file);

// `did` is "run" or "walk". Not to know it later is no reason to fail now: errors are ignored.
void note_progress(const std::filesystem::path& file, std::string_view did,
                   std::string_view lab, Day day) noexcept;

}  // namespace runner
