// where.hpp: a line of the source.
#pragma once

namespace lab {

// The line that emitted an event, or that decided something: a concept which reports to an
// observer hands its own line on, so that "why?" is answered there and not in the observer.
// (Not std::source_location: clang 14 has none.)
struct Where {
  const char* file = "";
  unsigned line = 0;

  // The caller's line, also as the default argument of a function.
  static constexpr Where here(const char* file = __builtin_FILE(),
                              unsigned line = __builtin_LINE()) {
    return {file, line};
  }
};

}  // namespace lab
