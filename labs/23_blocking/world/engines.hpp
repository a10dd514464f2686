// engines.hpp: three regular expression engines, asked how much work a text is to them.
//
// std::regex and Boost.Regex try one way after another (backtracking); they are given
// iterators that count how often they look at a letter. RE2 walks through the text once,
// in all ways at the same time (an automaton); it takes plain bytes, so its CPU time is
// taken instead.
//
// Threads   None: each call counts for itself, on its thread.
// Limits    std::regex of GCC calls itself for each letter: some ten thousand letters fill the
//           stack. So it is not asked about long texts here.
// Source    RE2's documentation; R. Cox, "Regular Expression Matching Can Be Simple And
//           Fast".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace lab23 {

enum class Engine { std_regex, boost_regex, re2 };

struct Effort {
  bool matched = false;
  bool gave_up = false;            // it threw: "too complex", "out of stack"
  std::uint64_t looks = 0;         // at letters; 0 for RE2
  std::chrono::nanoseconds cpu{};  // of this thread
};

inline constexpr std::size_t kStdRegexLetters = 1000;

// Whether all of the text matches. A std::regex is not asked about more than
// kStdRegexLetters: it gives up.
Effort match(Engine engine, const std::string& pattern, const std::string& text);

}  // namespace lab23
