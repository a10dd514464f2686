// The tests: each example prints a line; the program ends with 1 if one failed.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <utility>

#include "roman.hpp"

inline int check(std::initializer_list<std::pair<int, const char*>> examples) {
  bool failed = false;
  for (const auto& [number, numeral] : examples) {
    const bool right = roman(number) == numeral;
    std::printf("%s %d is %s\n", right ? "ok" : "not ok", number, numeral);
    failed = failed || !right;
  }
  return failed;
}
