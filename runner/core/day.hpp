// day.hpp: a day of the calendar, in local time.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace runner {

using Day = std::chrono::sys_days;  // a date, whatever the time zone

// $UNDERLOOP_TODAY, such as 2026-11-29, says another: for who plans ahead, and for tests.
Day today();

std::string day_text(Day day);                    // "2026-11-29"
bool parse_day(std::string_view text, Day& day);  // false if it is no date

}  // namespace runner
