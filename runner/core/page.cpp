#include "core/page.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
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

std::vector<std::string> sentences_of(const std::string& text) {
  std::vector<std::string> sentences;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool ends = std::string_view(".?!").find(text[at]) != std::string_view::npos;
    if (!ends || (at + 1 < text.size() && text[at + 1] != ' ')) continue;
    sentences.push_back(plain(text.substr(begin, at + 1 - begin)));
    begin = at + 1;
  }
  if (std::string rest = plain(text.substr(begin)); !rest.empty())
    sentences.push_back(std::move(rest));
  return sentences;
}

// "14.1, 14.2": the first claim of it.
std::string claim_in(const std::string& cell) {
  static const std::regex kClaim(R"(\b\d\d\.\d+\b)");
  std::smatch found;
  return std::regex_search(cell, found, kClaim) ? found.str() : "";
}

// The sentences of the table behind the answer, and what proves each; without its head.
void read_proofs(const std::string& text, Page& page) {
  std::istringstream lines(text);
  int row = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|') || ++row <= 2) continue;
    const std::size_t end = std::min(line.find('|', 1), line.size());
    page.must_say.push_back(plain(line.substr(1, end - 1)));
    page.proven_by.push_back(claim_in(line.substr(end)));
  }
}

// Calls take(lead, rest) for each paragraph that begins with `before` and a bold lead. If
// what is bold is only the beginning of a sentence, the whole sentence leads.
template <class Take>
void each_lead(const std::string& text, const std::string& before, Take take) {
  static const std::regex kLead(R"(^\*\*([^*]+)\*\*)");
  const std::string mark = "\n" + before + "**";
  for (std::size_t at = text.find(mark); at != text.npos;) {
    const std::size_t next = text.find(mark, at + 1);
    const std::string paragraph =
        text.substr(at + mark.size() - 2, next - at - mark.size() + 2);
    at = next;
    std::smatch parts;
    if (!std::regex_search(paragraph, parts, kLead)) continue;
    std::string lead = plain(parts[1].str()), rest = plain(parts.suffix().str());
    if (lead.empty()) continue;
    if (std::string_view(".?!").find(lead.back()) == std::string_view::npos) {
      const std::string whole = plain(paragraph);
      lead = sentences_of(whole).front();
      rest = plain(whole.substr(lead.size()));
    }
    take(std::move(lead), std::move(rest));
  }
}

std::string quoted(const std::string& text) {
  static const std::regex kQuoted(R"re("\*([^*]+)\*")re");
  std::smatch found;
  return std::regex_search(text, found, kQuoted) ? plain(found[1].str()) : "";
}

}  // namespace

Page parse_page(const std::string& text) {
  Page page;
  const std::string answer = section(text, "The answer in 30 seconds");
  page.spoken = plain(answer.substr(0, answer.find("\n|")));
  read_proofs(answer, page);
  if (page.must_say.empty()) page.must_say = sentences_of(page.spoken);
  page.proven_by.resize(page.must_say.size());
  each_lead(section(text, "What makes it a senior answer"), "- ",
            [&](std::string lead, const std::string&) {
              page.senior.push_back(std::move(lead));
            });
  page.wrong = quoted(section(text, "The usual wrong answer"));
  each_lead(section(text, "They will ask next"), "",
            [&](std::string lead, std::string rest) {
              page.follow_ups.push_back({std::move(lead), std::move(rest)});
            });
  return page;
}

Page page_of(const Lab& lab, const Place& place) {
  std::ifstream file(lab.source(place) / "README.md");
  return parse_page({std::istreambuf_iterator<char>(file), {}});
}

}  // namespace runner
