#include "core/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <optional>
#include <set>
#include <sstream>

#include "core/highlight.hpp"

namespace runner {

namespace {

using Kind = Token::Kind;

struct Line {
  std::string_view text;
  std::vector<Token> tokens;
};

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r';
  };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  CppLexer lexer;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back({line, lexer.line(line)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The line's `//` comment without its slashes; nothing if it has none.
std::optional<std::string_view> comment_of(const Line& line) {
  if (line.tokens.empty()) return std::nullopt;
  const Token& last = line.tokens.back();
  if (last.kind != Kind::comment || !last.text.starts_with("//")) return std::nullopt;
  return trimmed(last.text.substr(2));
}

bool only_comment(const Line& line) {
  return std::ranges::all_of(line.tokens, [](const Token& token) {
    return token.kind == Kind::comment || token.kind == Kind::space;
  });
}

std::size_t column_of_comment(const Line& line) {
  return line.text.size() - line.tokens.back().text.size();
}

struct Mark {
  int number = 0;  // 0: badly written
  std::string_view text{};
};

// What a comment says if it is a step's: "Step 3: ..." and nothing else.
std::optional<Mark> mark_of(const Line& line) {
  const auto comment = comment_of(line);
  if (!comment || !(comment->starts_with("Step") || comment->starts_with("step"))) {
    return std::nullopt;
  }
  std::string_view rest = trimmed(comment->substr(4));
  const bool spaced = comment->starts_with("Step ");
  int number = 0;
  const auto [end, error] =
      std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc{}) return std::nullopt;  // "Step by step" is prose
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (!spaced || number < 1 || !rest.starts_with(": ")) return Mark{};
  return Mark{number, trimmed(rest.substr(2))};
}

// Follows braces to tell where the block or the paragraph ends that a step stands over. Of a
// class it is what others may use.
class Extent {
 public:
  enum class Answer { more, last, over };  // over: the line belongs to it no more

  Answer take(const Line& line) {
    const bool blank = trimmed(line.text).empty();
    if (blank && depth_ == 0 && started_) return Answer::over;
    if (depth_ == 1 && trimmed(line.text) == "private:") return Answer::over;
    const int before = depth_;
    std::string_view last;
    for (const Token& token : line.tokens) {
      if (token.kind == Kind::space || token.kind == Kind::comment) continue;
      last = token.text;
      if (token.kind != Kind::mark) continue;
      if (std::string_view("{([").find(token.text) != std::string_view::npos) ++depth_;
      if (std::string_view("})]").find(token.text) != std::string_view::npos) --depth_;
      if (depth_ < 0) return Answer::over;
      if (token.text == "{") braces_ = true;
    }
    started_ = started_ || !blank;
    const bool closed = depth_ == 0 && braces_ && (before > 0 || last == "}");
    return closed ? Answer::last : Answer::more;
  }

 private:
  int depth_ = 0;
  bool braces_ = false;
  bool started_ = false;
};

void take_code(Step& step, const std::vector<Line>& lines, std::size_t at,
               bool own_line) {
  while (own_line && at < lines.size() && trimmed(lines[at].text).empty()) ++at;
  step.code_line = static_cast<int>(at) + 1;
  Extent extent;
  for (std::size_t i = at; i < lines.size(); ++i) {
    const bool next_step = (own_line || i > at) && mark_of(lines[i]);
    if (next_step) break;
    const Extent::Answer answer = extent.take(lines[i]);
    if (answer == Extent::Answer::over) break;
    if (step.code.size() == Step::kLongest) {
      step.cut = true;
      break;
    }
    step.code.emplace_back(lines[i].text);
    if (answer == Extent::Answer::last) break;
  }
  while (!step.code.empty() && trimmed(step.code.back()).empty()) step.code.pop_back();
}

Step read_step(const std::string& file, const std::vector<Line>& lines, std::size_t at,
               const Mark& mark) {
  Step step{.number = mark.number,
            .file = file,
            .line = static_cast<int>(at) + 1,
            .text = std::string(mark.text)};
  const bool own_line = only_comment(lines[at]);
  const std::size_t column = column_of_comment(lines[at]);
  std::size_t next = at + 1;
  for (; next < lines.size(); ++next) {  // the comment goes on
    const auto more = comment_of(lines[next]);
    if (!more || !only_comment(lines[next]) || mark_of(lines[next])) break;
    if (column_of_comment(lines[next]) != column) break;
    step.text += " " + std::string(*more);
  }
  take_code(step, lines, own_line ? next : at, own_line);
  return step;
}

std::vector<std::string> backticked(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = 0; (at = text.find('`', at)) != std::string::npos;) {
    const std::size_t end = text.find('`', at + 1);
    if (end == std::string::npos) break;
    names.push_back(text.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return names;
}

// The words of a text that could be names, whatever stands between them.
void add_words(std::string_view text, std::set<std::string, std::less<>>& words) {
  CppLexer lexer;
  for (const Token& token : lexer.line(text)) {
    if (token.kind == Kind::name || token.kind == Kind::keyword)
      words.emplace(token.text);
  }
}

// `uv_timer_...` speaks of every name that begins so.
bool is_in(const std::set<std::string, std::less<>>& words, const std::string& name,
           bool beginning) {
  if (!beginning) return words.contains(name);
  const auto found = words.lower_bound(name);
  return found != words.end() && found->starts_with(name);
}

// Every word in the code of a lab; comments do not count, for they are what may be stale.
std::set<std::string, std::less<>> words_in_code(const std::vector<SourceFile>& sources) {
  std::set<std::string, std::less<>> words;
  for (const SourceFile& source : sources) {
    for (const Line& line : lines_of(source.text)) {
      for (const Token& token : line.tokens) {
        if (token.kind == Kind::comment) continue;
        if (token.kind == Kind::text && token.text.size() > 2) {
          add_words(token.text.substr(1, token.text.size() - 2), words);
        } else {
          words.emplace(token.text);
        }
      }
    }
  }
  return words;
}

void find_stale_names(const std::vector<SourceFile>& sources, Steps& result) {
  const auto words = words_in_code(sources);
  for (const Step& step : result.steps) {
    for (const std::string& name : backticked(step.text)) {
      std::set<std::string, std::less<>> parts;
      add_words(name, parts);
      const auto gone = std::ranges::find_if(parts, [&](const std::string& part) {
        return !is_in(words, part, name.ends_with("..."));
      });
      if (gone == parts.end()) continue;
      result.faults.push_back(
          fmt::format("{}:{}: step {} speaks of `{}`, which is not in the code",
                      step.file, step.line, step.number, name));
    }
  }
}

void find_wrong_numbers(Steps& result) {
  int expected = 1;
  for (const Step& step : result.steps) {
    if (step.number == expected - 1) {
      result.faults.push_back(fmt::format("{}:{}: step {} is there twice", step.file,
                                          step.line, step.number));
      continue;
    }
    if (step.number > expected) {
      result.faults.push_back(fmt::format("{}:{}: step {} comes after step {}", step.file,
                                          step.line, step.number, expected - 1));
    }
    expected = step.number + 1;
  }
}

void find_empty_steps(Steps& result) {
  for (const Step& step : result.steps) {
    if (!step.code.empty() && !step.text.empty()) continue;
    result.faults.push_back(fmt::format("{}:{}: step {} has no {}", step.file, step.line,
                                        step.number,
                                        step.text.empty() ? "words" : "code"));
  }
}

void find_stale_references(const SourceFile& readme, Steps& result) {
  const int last = result.steps.empty() ? 0 : result.steps.back().number;
  int line_number = 0;
  std::istringstream lines(readme.text);
  for (std::string line; std::getline(lines, line);) {
    ++line_number;
    for (std::size_t at = 0; (at = line.find("tep ", at)) != std::string::npos; ++at) {
      int number = 0;
      std::from_chars(line.data() + at + 4, line.data() + line.size(), number);
      if (number <= last) continue;
      result.faults.push_back(fmt::format("{}:{}: speaks of step {}; there are {}",
                                          readme.name, line_number, number, last));
    }
  }
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

Steps read_steps(const std::vector<SourceFile>& sources, const SourceFile& readme) {
  Steps result;
  for (const SourceFile& source : sources) {
    const std::vector<Line> lines = lines_of(source.text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const auto mark = mark_of(lines[i]);
      if (!mark) continue;
      if (mark->number) {
        result.steps.push_back(read_step(source.name, lines, i, *mark));
      } else {
        result.faults.push_back(fmt::format("{}:{}: a step is written `// Step 3: text`",
                                            source.name, i + 1));
      }
    }
  }
  std::ranges::stable_sort(result.steps, {}, &Step::number);
  if (result.steps.empty())
    result.faults.push_back("there are no `// Step 1: ` comments");
  find_wrong_numbers(result);
  find_empty_steps(result);
  find_stale_names(sources, result);
  find_stale_references(readme, result);
  return result;
}

std::vector<SourceFile> sources_of(const std::filesystem::path& root,
                                   const std::filesystem::path& folder) {
  std::vector<SourceFile> sources;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto& path = entry.path();
    if (!entry.is_regular_file()) continue;
    if (path.extension() != ".hpp" && path.extension() != ".cpp") continue;
    sources.push_back({path.lexically_relative(root), read_file(path)});
  }
  std::ranges::sort(sources, {}, &SourceFile::name);
  return sources;
}

SourceFile readme_of(const std::filesystem::path& root,
                     const std::filesystem::path& folder) {
  const auto path = folder / "README.md";
  return {path.lexically_relative(root), read_file(path)};
}

}  // namespace runner
