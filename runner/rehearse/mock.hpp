// mock.hpp: `./lab mock`, an interview that you hold with yourself.
//
//   question -> your answer, aloud, against the clock -> what one must say, as a checklist
//            -> a follow-up -> a prediction that really runs -> the next question
//
// The checklist is the page's own: its spoken answer, its senior points, its wrong answer.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/catalog.hpp"

namespace runner {

struct MockOptions {
  int minutes = 30;   // no new question after that
  int seconds = 120;  // for an answer
  std::string section{};
  std::string lab{};
  std::optional<unsigned> seed{};  // else every interview is another
};

// The numbers of a checklist as typed, such as "1 3" or "all"; nothing if it is none.
[[nodiscard]] std::optional<std::set<std::size_t>> parse_checks(std::string_view typed,
                                                                std::size_t of);

// Exit code 0, or 128 and the signal that ended it.
int mock(const Catalog& catalog, const Place& place, const MockOptions& options);

}  // namespace runner
