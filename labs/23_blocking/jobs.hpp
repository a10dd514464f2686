// jobs.hpp: four ways to keep a loop's thread busy, as plain functions; and, of those that
// can be cut, the same in pieces.
//
// Threads   Any; each call has its own state.
// Errors    A file that cannot be read throws lab::Error; what is no JSON, std::exception.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace lab23 {

// Adds up numbers that each depend on the one before: nothing a compiler could shorten.
class Sum {
 public:
  explicit Sum(std::uint64_t steps) : left_(steps) {}

  bool advance();  // a few microseconds' worth; false: done
  std::uint64_t result() const { return value_; }

 private:
  std::uint64_t left_;
  std::uint64_t value_ = 1;
};

std::uint64_t sum(std::uint64_t steps);

// Reads a file to its end with plain read(2) calls; answers its bytes.
std::uint64_t read_file(const std::filesystem::path& path);

// Whether a text of so many a and a ! is all (a+)+, asked of std::regex, and of RE2.
bool matches_backtracking(std::size_t letters);
bool matches_linear(std::size_t letters);

// [{"i":0},{"i":1},...], the elements of which are counted by building all of them.
std::string long_json(std::size_t elements);
std::uint64_t parse_json(std::string_view text);

// The same document, read a few KiB at a time.
class JsonPieces {
 public:
  explicit JsonPieces(std::string_view text);  // the text must outlive this
  ~JsonPieces();

  bool advance();
  std::uint64_t result() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What takes about so much CPU time on this machine (a regular expression: so much, or up to
// twice as much), by the best of a few tries.
std::uint64_t steps_for(std::chrono::nanoseconds time);
std::size_t letters_for(std::chrono::nanoseconds time);
std::size_t elements_for(std::chrono::nanoseconds time);

}  // namespace lab23
