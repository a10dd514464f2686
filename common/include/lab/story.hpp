// story.hpp: what the lab tells: sentences, claims with their evidence, small tables.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lab/trace.hpp"

namespace lab {

// A format string, checked by the compiler, and the line that it stands on.
template <class... Args>
struct Text {
  fmt::format_string<Args...> format;
  Where where;

  template <class S>
  requires std::convertible_to<const S&, std::string_view>
  consteval Text(const S& text, const char* file = __builtin_FILE(),  // NOLINT: implicit
                 unsigned line = __builtin_LINE())
      : format(text), where{file, line} {}
};

struct Table {
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

// How often each order came, the most frequent first, with a bar for its share.
Table distribution(std::string title, const std::map<std::string, int>& orders);

class Story {
 public:
  // Quick: the shortest run in which every claim can still fail.
  explicit Story(bool quick = false) : quick_(quick) {}

  bool quick() const { return quick_; }

  // Opens a chapter. Program does this for its scenes.
  void scene(std::string_view title, Where where = {__builtin_FILE(), __builtin_LINE()});

  // One sentence, said now.
  template <class... Args>
  void say(Text<std::type_identity_t<Args>...> text, Args&&... args) {
    if (!trace::on()) return;
    say_text(fmt::vformat(text.format, fmt::make_format_args(args...)), text.where);
  }

  // A sentence of the ledger: its id ("05.3"), what is claimed, whether it held in this
  // run, and the evidence, with units. A claim that does not hold makes the lab fail;
  // one that is made more than once holds when it held each time.
  template <class... Args>
  bool claim(std::string_view id, std::string_view sentence, bool holds,
             Text<std::type_identity_t<Args>...> evidence, Args&&... args) {
    return claim_text(id, sentence, holds,
                      fmt::vformat(evidence.format, fmt::make_format_args(args...)),
                      evidence.where);
  }

  // What the usual answer leaves out or gets wrong: the part that a claim does not say.
  template <class... Args>
  void nuance(std::string_view id, Text<std::type_identity_t<Args>...> text,
              Args&&... args) {
    if (!trace::on()) return;
    nuance_text(id, fmt::vformat(text.format, fmt::make_format_args(args...)),
                text.where);
  }

  void table(const Table& table, Where where = {__builtin_FILE(), __builtin_LINE()});

  int claims_failed() const { return failed_; }

 private:
  void say_text(std::string_view text, Where where);
  void nuance_text(std::string_view id, std::string_view text, Where where);
  bool claim_text(std::string_view id, std::string_view sentence, bool holds,
                  std::string_view evidence, Where where);

  bool quick_;
  int failed_ = 0;
};

}  // namespace lab
