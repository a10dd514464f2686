#include "drill/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
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

Day today() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return std::chrono::year(local.tm_year + 1900) /
         std::chrono::month(static_cast<unsigned>(local.tm_mon + 1)) /
         std::chrono::day(static_cast<unsigned>(local.tm_mday));
}

std::string day_text(Day day) {
  const std::chrono::year_month_day date = day;
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

bool parse_day(std::string_view text, Day& day) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto number = [&](std::size_t from, std::size_t size) {
    int value = -1;
    const char* end = text.data() + from + size;
    const auto result = std::from_chars(text.data() + from, end, value);
    return result.ptr == end ? value : -1;
  };
  const int month = number(5, 2);
  const int date = number(8, 2);
  if (number(0, 4) < 0 || month < 0 || date < 0) return false;
  const std::chrono::year_month_day whole(
      std::chrono::year(number(0, 4)), std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(date)));
  if (!whole.ok()) return false;
  day = whole;
  return true;
}

}  // namespace runner
