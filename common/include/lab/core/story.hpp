// story.hpp: what the lab tells: sentences, pictures, claims with their evidence, tables.
//
// A scene speaks before and after: say() what happens and what to expect, name the
// picture() that a person would draw, act, claim(), and close with a takeaway().
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lab/core/trace.hpp"

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

// A sentence of the answer that a lab proves. Each lab has one table of them, in claims.hpp:
// run, ledger, studio and page all show this sentence.
struct Claim {
  std::string_view id;        // "14.3"
  std::string_view sentence;  // whole: "While the breaker is open, calls fail at once."
};

// What a person would draw on a whiteboard for a scene. The feeds of each kind, all of them
// names of the trace:
enum class Picture : std::uint8_t {
  nodes,     // actors, and the flows between them
  sequence,  // lanes, left to right
  ring,      // the lane whose spans are the stations; then the queues that hang at them
  tank,      // the counter that is the level; then counters that are its marks
  machine,   // the lanes of state machines
  slots,     // the lanes of the slots; last the queue in front of them
  strips,    // lanes, one strip each
  bars,    // the title of a table: its first column names the bars, its last their values
  curves,  // counters on one shared scale
  tree,    // the title of a table: a name, its parent, its size
  axis,    // the title of a table: a name, from, to
};

std::string_view to_string(Picture kind);

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
  explicit Story(bool quick = false, std::span<const Claim> claims = {})
      : quick_(quick), claims_(claims) {}

  bool quick() const { return quick_; }

  // Opens a chapter. Program does this for its scenes.
  void scene(std::string_view title, Where where = {__builtin_FILE(), __builtin_LINE()});

  // One sentence, said now.
  template <class... Args>
  void say(Text<std::type_identity_t<Args>...> text, Args&&... args) {
    if (!trace::on()) return;
    say_text(fmt::vformat(text.format, fmt::make_format_args(args...)), text.where);
  }

  // The picture of this scene, and the names that feed it: see Picture.
  void picture(Picture kind, std::initializer_list<std::string_view> feeds = {},
               Where where = {__builtin_FILE(), __builtin_LINE()});

  // Whether a claim of the lab's table held in this run, and the evidence as a result with
  // units ("0 of 100 calls reached the service"). A claim that does not hold makes the lab
  // fail; one that is made more than once holds when it held each time. An id that the
  // table does not have throws std::logic_error.
  template <class... Args>
  bool claim(std::string_view id, bool holds,
             Text<std::type_identity_t<Args>...> evidence, Args&&... args) {
    return claim_text(id, sentence_of(id), holds,
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

  // The one sentence to remember of this scene, after it.
  template <class... Args>
  void takeaway(Text<std::type_identity_t<Args>...> text, Args&&... args) {
    if (!trace::on()) return;
    takeaway_text(fmt::vformat(text.format, fmt::make_format_args(args...)), text.where);
  }

  void table(const Table& table, Where where = {__builtin_FILE(), __builtin_LINE()});

  int claims_failed() const { return failed_; }

 private:
  std::string_view sentence_of(std::string_view id) const;
  void say_text(std::string_view text, Where where);
  void takeaway_text(std::string_view text, Where where);
  void nuance_text(std::string_view id, std::string_view text, Where where);
  bool claim_text(std::string_view id, std::string_view sentence, bool holds,
                  std::string_view evidence, Where where);

  bool quick_;
  std::span<const Claim> claims_;
  int failed_ = 0;
};

}  // namespace lab
