// schedule.hpp: when a question comes back. The rule is SM-2.
//
//   grade 0 .. 2  forgotten: it starts again, and is due tomorrow
//   grade 3 .. 5  known: due in 1 day, then 6, then each time `easiness` times later
//
// Units     Days of the calendar, in local time.
// Source    P. A. Wozniak, "Optimization of learning" (1990), algorithm SM-2. Its step 7,
//           asking again until all is known, is the session's (see drill.cpp).
#pragma once

#include "core/day.hpp"

namespace runner {

inline constexpr int kLongestInterval = 3650;

struct Schedule {
  int repetitions = 0;    // right answers in a row
  double easiness = 2.5;  // never below 1.3
  int interval = 0;       // days
  Day due{};

  bool operator==(const Schedule&) const = default;
};

// After an answer on that day. What was known before it was due stays as it is: asking
// for it again and again on one day must not move it to next year.
// A grade outside of 0 .. 5 throws std::invalid_argument.
[[nodiscard]] Schedule after(const Schedule& before, int grade, Day today);

}  // namespace runner
