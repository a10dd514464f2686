#include "drill/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace runner {

namespace {

constexpr double kLeastEasiness = 1.3;
constexpr double kMostEasiness = 10;  // only a damaged file has more
constexpr int kFirst = 1;
constexpr int kSecond = 6;

double easier(double easiness, int grade) {
  const double missing = 5 - grade;
  return std::clamp(easiness + 0.1 - missing * (0.08 + missing * 0.02), kLeastEasiness,
                    kMostEasiness);
}

int next_interval(const Schedule& known) {
  if (known.repetitions == 1) return kFirst;
  if (known.repetitions == 2) return kSecond;
  // A hair less, so that 6 * 1.5 is 9 however the product is rounded.
  const double days = std::ceil(known.interval * known.easiness - 1e-9);
  return static_cast<int>(std::min<double>(days, kLongestInterval));
}

}  // namespace

Schedule after(const Schedule& before, int grade, Day today) {
  if (grade < 0 || grade > 5) throw std::invalid_argument("a grade is 0 to 5");
  Schedule next = before;
  if (grade < 3) {
    next.repetitions = 0;
    next.interval = kFirst;
  } else if (before.interval > 0 && today < before.due) {
    return before;
  } else {
    ++next.repetitions;
    next.easiness = easier(before.easiness, grade);
    next.interval = next_interval(next);
  }
  next.due = today + std::chrono::days(next.interval);
  return next;
}

}  // namespace runner
