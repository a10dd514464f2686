#include "core/day.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <ctime>

namespace runner {

Day today() {
  Day given{};
  if (const char* text = std::getenv("UNDERLOOP_TODAY"); text && parse_day(text, given))
    return given;
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
