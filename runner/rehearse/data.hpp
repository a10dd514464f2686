// data.hpp: `./lab data`, what is kept of you, to take along.
//
//   drill.json, answers.ndjson    what you answered in the drill, and when each comes back
//   interviews.ndjson             what you answered in mock interviews
//   progress                      which labs you have run and walked through
//   plan.json                     until when
//   mock.json                     the interview that goes on in the studio; it stays here
//
// All of it is in one folder, and one file holds it for another machine. Importing loses
// nothing: answers of both machines count, and importing the same file twice changes nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace runner {

// The folder's data as one JSON text.
[[nodiscard]] std::string exported(const std::filesystem::path& folder);

// Takes such a text over. Throws lab::Error, and changes nothing, if it is none.
void import_into(const std::filesystem::path& folder, const std::string& text);

// What cannot be read of it, a sentence each: files that were set aside as damaged, and lines.
[[nodiscard]] std::vector<std::string> damage_in(const std::filesystem::path& folder);

struct DataOptions {
  std::string what{};  // "export" or "import"
  std::filesystem::path file{};
};

// Exit code 0.
int data(const DataOptions& options);

}  // namespace runner
