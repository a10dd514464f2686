// record.hpp: an event as the reading side has it: whole, and its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/arena.hpp"

namespace lab {

struct Record {
  using Kind = trace::detail::Kind;
  using Value = std::variant<std::int64_t, double, bool, std::string>;
  struct Field {
    std::string key;
    Value value;
  };

  Kind kind = Kind::instant;
  EventId id = 0;
  EventId cause = 0;
  EventId link = 0;
  std::uint64_t nanoseconds = 0;  // steady clock
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  double value = 0;
  std::string name{};
  std::string lane{};
  std::string file{};  // from the project's root
  unsigned line = 0;
  std::vector<Field> args{};

  // The field's text; empty if there is none.
  std::string text(std::string_view key) const;
};

// The cells of a table's text, row by row.
std::vector<std::vector<std::string>> cells(std::string_view text);

// Empties the rings of an arena: the one reader that each ring has.
class Drain {
 public:
  explicit Drain(Arena& arena) : arena_(arena) {}

  // All that was published since the last call, in the order of time. (A thread that is
  // held up between taking its time stamp and publishing can come one call late.)
  std::vector<Record> read();

  // Events lost so far, in all processes.
  std::uint64_t dropped() const;

 private:
  Arena& arena_;
};

}  // namespace lab
