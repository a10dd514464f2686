// kata.hpp: the kata's sources, really compiled, linked and run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lab/os/process.hpp"
#include "tdd.hpp"

namespace lab25 {

class Kata {
 public:
  // Works in the run's folder with the compiler in $CXX, or c++. Throws lab::Absent
  // without one. The properties are tried up to `largest`.
  explicit Kata(int largest = 3999);

  // Runs a suite ("five_examples") on an implementation ("3_rules"; "" is no code at all).
  TestRun run(const std::string& suite, const std::string& implementation);

  // Whether the suite stays green on each of these texts; they are compiled as one program.
  std::vector<bool> stays_green(const std::string& suite,
                                const std::vector<std::string>& sources);

  // What the suite printed when it ran last.
  const std::string& output() const { return output_; }

  static std::string text(const std::string& file);  // of a file of the kata

 private:
  std::filesystem::path object(const std::filesystem::path& source);
  // Links a suite with what it tests, if that exists, into `program`: how the linker ended.
  lab::Exit link(const std::string& suite, const std::filesystem::path& implementation,
                 const std::filesystem::path& program);

  std::filesystem::path folder_;
  std::string compiler_;
  std::string largest_;
  std::string output_;
};

}  // namespace lab25
