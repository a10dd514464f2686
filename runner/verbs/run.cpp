#include "verbs/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>

#include "lab/core/error.hpp"

namespace runner {

std::vector<std::string> remembered(const std::string& page) {
  static const std::string kHeading = "\n## What makes it a senior answer\n";
  static const std::regex kBold(R"(\n- \*\*([^*]+[.?!])\*\*)");
  const std::size_t begin = page.find(kHeading);
  if (begin == page.npos) return {};
  const std::size_t end = page.find("\n## ", begin + kHeading.size());
  const std::string section = page.substr(begin, end - begin);
  std::vector<std::string> sentences;
  for (std::sregex_iterator at(section.begin(), section.end(), kBold), last;
       at != last && sentences.size() < 3; ++at) {
    // Markdown breaks lines where it likes, and code has backquotes.
    std::string sentence = std::regex_replace((*at)[1].str(), std::regex(R"(\s+)"), " ");
    std::erase(sentence, '`');
    sentences.push_back(std::move(sentence));
  }
  return sentences;
}

void run(const Lab& lab, const Place& place, std::span<const std::string> flags) {
  std::ifstream page(lab.source(place) / "README.md");
  const auto sentences = remembered(
      {std::istreambuf_iterator<char>(page), std::istreambuf_iterator<char>()});
  setenv("LAB_REMEMBER", fmt::format("{}", fmt::join(sentences, "\n")).c_str(), 1);

  std::string program = lab.program(place);
  std::vector<char*> argv{program.data()};
  std::vector<std::string> copies(flags.begin(), flags.end());
  for (std::string& flag : copies) argv.push_back(flag.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  throw lab::Error("start " + program, std::strerror(errno));
}

}  // namespace runner
