// jobs.hpp: two ways to keep a loop's thread busy, as plain functions.
//
// Threads   Any; each call has its own state.
// Errors    A file that cannot be read throws lab::Error.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace lab23 {

// Adds up numbers that each depend on the one before: nothing that a compiler could shorten.
class Sum {
 public:
  explicit Sum(std::uint64_t steps) : left_(steps) {}

  bool advance();  // a few microseconds of work; false: done
  std::uint64_t result() const { return value_; }

 private:
  std::uint64_t left_;
  std::uint64_t value_ = 1;
};

std::uint64_t sum(std::uint64_t steps);

// How many steps take about so much CPU time on this machine.
std::uint64_t steps_for(std::chrono::nanoseconds time);

// Reads a file to its end with plain read(2) calls; returns how many bytes it has.
std::uint64_t read_file(const std::filesystem::path& path);

}  // namespace lab23
