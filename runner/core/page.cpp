#include "core/page.hpp"

#include <regex>
#include <string_view>

namespace runner {

namespace {

// What stands between this heading and the next one of its rank.
std::string section(const std::string& page, std::string_view heading) {
  const std::string line = "\n## " + std::string(heading) + "\n";
  const std::size_t begin = page.find(line);
  if (begin == page.npos) return {};
  const std::size_t text = begin + line.size() - 1;  // with the line break before it
  return page.substr(text, page.find("\n## ", text) - text);
}

// Markdown breaks lines where it likes, and marks code and what is bold.
std::string plain(std::string text) {
  std::erase_if(text, [](char byte) { return byte == '`' || byte == '*'; });
  text = std::regex_replace(text, std::regex(R"(\s+)"), " ");
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string spoken_answer(const std::string& page) {
  const std::string text = section(page, "The answer in 30 seconds");
  const std::size_t table = text.find("\n|");
  return plain(text.substr(0, table));
}

std::vector<std::string> remembered(const std::string& page) {
  static const std::regex kBold(R"(\n- \*\*([^*]+[.?!])\*\*)");
  const std::string text = section(page, "What makes it a senior answer");
  std::vector<std::string> sentences;
  for (std::sregex_iterator at(text.begin(), text.end(), kBold), last;
       at != last && sentences.size() < 3; ++at) {
    sentences.push_back(plain((*at)[1].str()));
  }
  return sentences;
}

}  // namespace runner
