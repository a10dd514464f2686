// interviews.hpp: the answers that you gave in mock interviews, in your data folder.
//
//   $XDG_DATA_HOME/underloop/interviews.ndjson     one answer a line, the newest last
//
// Lines are only ever appended, so two machines' files can be merged line by line.
//
// Errors    A folder or file that cannot be used throws lab::Error. A line that cannot be read
//           is left where it is and counted, and the others count as before.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/day.hpp"

namespace runner {

struct Interview {
  Day day{};
  std::int64_t at = 0;  // ms since 1970, so that no two answers are the same
  std::string lab{};    // "05"
  int seconds = 0;      // until you said that you had answered
  int said = 0;         // of `points` that one must say
  int points = 0;
  int senior = 0;  // of `senior_points`
  int senior_points = 0;
  bool wrong = false;                 // you gave the usual wrong answer
  std::vector<std::string> missed{};  // of what one must say
  std::string typed{};                // if you typed your answer

  // 0: nothing of what one must say; 1: all of it, and not the wrong answer.
  double score() const;
};

std::string interview_text(const Interview& interview);  // a line, without its end
Interview parse_interview(std::string_view line);        // throws std::invalid_argument

class Interviews {
 public:
  explicit Interviews(std::filesystem::path file);

  static std::filesystem::path default_file();

  const std::filesystem::path& file() const { return file_; }
  const std::vector<Interview>& all() const { return all_; }
  std::size_t unreadable() const { return unreadable_; }  // lines

  // The newest of a lab, or null.
  const Interview* last(std::string_view lab) const;

  // Also on the disk, before it returns.
  void add(Interview interview);

 private:
  std::filesystem::path file_;
  std::vector<Interview> all_;
  std::size_t unreadable_ = 0;
};

}  // namespace runner
