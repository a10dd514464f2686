// steps.hpp: the `// Step 3: ` comments through a lab's files, each with its code.
//
// A step's code begins under its comment (or on the comment's own line, when it stands
// behind code) and goes to the end of the block or paragraph, to the private part of a
// class, to the next step, or kLongest lines on, whichever comes first.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace runner {

struct SourceFile {
  std::string name;  // as a person would open it: labs/05_backpressure/pipe.cpp
  std::string text;
};

struct Step {
  static constexpr std::size_t kLongest = 40;

  int number = 0;
  std::string file{};
  int line = 0;        // of the comment
  std::string text{};  // without "Step 3: ", in one line
  int code_line = 0;   // of code[0]
  std::vector<std::string> code{};
  bool cut = false;  // the code goes on
};

struct Steps {
  std::vector<Step> steps{};          // by number
  std::vector<std::string> faults{};  // each "file:line: what is wrong"
};

// Every way in which steps go stale is a fault: a number that is missing, double or
// badly written; a name in `backticks` that no longer occurs in the lab's code; a
// README that speaks of a step that is not there.
Steps read_steps(const std::vector<SourceFile>& sources, const SourceFile& readme = {});

// The .hpp and .cpp files of a lab, of its folders too, and its README (empty if there is none).
std::vector<SourceFile> sources_of(const std::filesystem::path& root,
                                   const std::filesystem::path& folder);
SourceFile readme_of(const std::filesystem::path& root,
                     const std::filesystem::path& folder);

}  // namespace runner
