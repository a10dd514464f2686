// env_file.hpp: a parser for .env files. It reads what dotenv reads, and refuses what
// dotenv guesses.
//
//   line    = [ "export " ] NAME "=" value [ "#" comment ]
//   value   = 'as it is' | `as it is` | "with \n and \r" | bare, up to "#", trimmed
//
// Quoted values may span lines. Nothing is expanded: $HOME stays $HOME.
//
// Errors    None are thrown. A line that is refused is in `problems`; the others are read.
// Cost      Linear in the text.
// Source    dotenv 18 (npm). Node's --env-file and bash differ from it: see the page.
// Left out  "NAME: value", names that no shell can export, a quote escaped inside quotes,
//           a name that is set twice: each is a problem here.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lab28 {

struct EnvFile {
  struct Entry {
    std::string name;
    std::string value;
    int line;  // of the name
    bool operator==(const Entry&) const = default;
  };
  struct Problem {
    int line;
    std::string what;  // "the quote is never closed"
  };

  std::vector<Entry> entries;  // in the file's order, each name once
  std::vector<Problem> problems;
};

EnvFile parse_env_file(std::string_view text);

// All of a file; nothing of one that cannot be read.
std::string contents(const std::filesystem::path& path);

}  // namespace lab28
