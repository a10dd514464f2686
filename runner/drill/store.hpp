// store.hpp: what you have answered so far, in your data folder.
//
//   $XDG_DATA_HOME/underloop/drill.json      else ~/.local/share/underloop/drill.json
//   answers.ndjson beside it                 each answer, a line each, only ever appended
//
// Safety    Each answer is written at once: the file is read anew under a lock, changed,
//           written beside itself and renamed. So neither Ctrl-C nor a second drill at
//           the same time loses an answer.
// Errors    A folder or file that cannot be used throws lab::Error. A damaged file is set
//           aside, what is whole in it goes on, and take_notice() says so.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "drill/schedule.hpp"

namespace runner {

// What is known about one item.
struct Record {
  Schedule schedule{};
  int asked = 0;
  int right = 0;

  bool operator==(const Record&) const = default;
};

using Records = std::map<std::string, Record>;  // by the item's id

// Null if it was never asked.
const Record* known(const Records& records, const std::string& id);

// What was never asked is due, too.
bool is_due(const Record* record, Day today);

struct Answer {
  std::string id;
  int grade = 0;
  Day day{};
  std::int64_t at = 0;  // ms since 1970, so that no two answers are the same

  auto operator<=>(const Answer&) const = default;
};

using Answers = std::set<Answer>;

std::string answer_text(const Answer& answer);              // a line, without its end
std::optional<Answer> parse_answer(std::string_view line);  // nothing if it is none

// What two machines know, without losing an answer of either: `answers` are those of both. Of
// an item whose answers are not all there (an older Underloop kept none), the record with more
// answers stays.
[[nodiscard]] Records merged(const Records& ours, const Records& theirs,
                             const Answers& answers);

class DrillStore {
 public:
  // As the environment says.
  static std::filesystem::path default_file();

  explicit DrillStore(std::filesystem::path file);

  const std::filesystem::path& file() const { return file_; }
  std::filesystem::path answers_file() const;

  Answers answers() const;

  // Takes over what another machine knows.
  void merge(const Records& theirs, const Answers& their_answers);

  Records read();

  // Notes one answer; gives back what is known about the item now.
  Record note(const std::string& id, int grade, Day today);

  void forget_all();

  // What happened to a damaged file, once; "" if nothing did.
  std::string take_notice() { return std::exchange(notice_, {}); }

 private:
  class Lock;

  Records read_locked();
  void write_locked(const Records& records) const;
  void append_locked(const Answers& answers) const;

  std::filesystem::path file_;
  std::string notice_;
};

// The file's text, and back. `fault` is the first thing that is wrong in it, or "": what
// is whole is given back all the same.
std::string records_text(const Records& records);
Records parse_records(std::string_view text, std::string& fault);

}  // namespace runner
