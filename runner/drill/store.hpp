// store.hpp: what you have answered so far, in your data folder.
//
//   $XDG_DATA_HOME/underloop/drill.json      else ~/.local/share/underloop/drill.json
//
// Safety    Each answer is written at once: the file is read anew under a lock, changed,
//           written beside itself and renamed. So neither Ctrl-C nor a second drill at
//           the same time loses an answer.
// Errors    A folder or file that cannot be used throws lab::Error. A damaged file is set
//           aside, what is whole in it goes on, and take_notice() says so.
#pragma once

#include <filesystem>
#include <map>
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

class DrillStore {
 public:
  // As the environment says.
  static std::filesystem::path default_file();

  explicit DrillStore(std::filesystem::path file);

  const std::filesystem::path& file() const { return file_; }

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
  std::filesystem::path set_aside() const;

  std::filesystem::path file_;
  std::string notice_;
};

// The file's text, and back. `fault` is the first thing that is wrong in it, or "": what
// is whole is given back all the same.
std::string records_text(const Records& records);
Records parse_records(std::string_view text, std::string& fault);

}  // namespace runner
