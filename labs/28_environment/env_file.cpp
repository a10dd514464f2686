#include "env_file.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <unordered_set>

namespace lab28 {

namespace {

bool blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f';
}
bool letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}
bool in_name(char byte) {
  return letter(byte) || (byte >= '0' && byte <= '9');
}

std::string with_newlines(std::string_view text) {  // "\r\n" and "\r" become "\n"
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!pair) result += text[i] == '\r' ? '\n' : text[i];
  }
  return result;
}

// One pass over the text; a line that is refused is left by throwing its problem.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  EnvFile run() {
    for (; !rest_.empty(); take_line()) {
      const int line = line_;
      try {
        skip_blanks();
        if (rest_.empty() || rest_[0] == '\n' || rest_[0] == '#') continue;
        std::string name = take_name();
        std::string value = take_value();
        add({std::move(name), std::move(value), line});
      } catch (const char* what) {
        file_.problems.push_back({line, what});
      }
    }
    return std::move(file_);
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && blank(rest_[0])) rest_.remove_prefix(1);
  }
  void take_line() {
    const auto end = rest_.find('\n');
    line_ += end != std::string_view::npos;
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  }

  std::string take_name() {
    if (rest_.starts_with("export") && rest_.size() > 6 && blank(rest_[6])) {
      const std::string_view word = rest_;
      rest_.remove_prefix(6);
      skip_blanks();
      if (rest_.empty() || !letter(rest_[0])) rest_ = word;  // a variable called export
    }
    const auto size = std::ranges::find_if_not(rest_, in_name) - rest_.begin();
    const std::string name(rest_.substr(0, static_cast<std::size_t>(size)));
    if (name.empty() || !letter(name[0])) throw "this is not NAME=value";
    rest_.remove_prefix(name.size());
    skip_blanks();
    if (rest_.empty() || rest_[0] != '=') throw "this is not NAME=value";
    rest_.remove_prefix(1);
    return name;
  }

  // Step 8: a quote opens a value that ends at the same quote, maybe lines later.
  std::string take_value() {
    skip_blanks();
    if (rest_.empty() || std::string_view("'\"`").find(rest_[0]) == rest_.npos) {
      return take_bare();
    }
    const char quote = rest_[0];
    const auto end = rest_.find(quote, 1);
    if (end == rest_.npos) throw "the quote is never closed";
    std::string value(rest_.substr(1, end - 1));
    if (value.ends_with('\\')) throw "a backslash before the closing quote";
    line_ += static_cast<int>(std::ranges::count(value, '\n'));
    rest_.remove_prefix(end + 1);
    skip_blanks();
    if (!rest_.empty() && rest_[0] != '\n' && rest_[0] != '#') {
      throw "something follows the closing quote";
    }
    return checked(quote == '"' ? expanded(value) : value);
  }

  std::string take_bare() {
    std::string_view value = rest_.substr(0, rest_.find_first_of("#\n"));
    rest_.remove_prefix(value.size());
    while (!value.empty() && blank(value.back())) value.remove_suffix(1);
    return checked(std::string(value));
  }

  static std::string checked(std::string value) {
    if (value.find('\0') != value.npos) throw "a variable cannot hold a zero byte";
    return value;
  }

  static std::string expanded(std::string_view value) {
    std::string result;
    for (std::size_t i = 0; i < value.size(); ++i) {
      // No value ends with a backslash: take_value() has refused it.
      const char next = value[i] == '\\' ? value[i + 1] : '\0';
      const bool known = next == 'n' || next == 'r';
      result += !known ? value[i] : next == 'n' ? '\n' : '\r';
      i += known;
    }
    return result;
  }

  void add(EnvFile::Entry entry) {
    if (!names_.insert(entry.name).second) throw "this name is set twice";
    file_.entries.push_back(std::move(entry));
  }

  std::string_view rest_;
  int line_ = 1;
  std::unordered_set<std::string> names_;
  EnvFile file_;
};

}  // namespace

EnvFile parse_env_file(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
  if (text.find('\r') == text.npos) return Parser(text).run();
  const std::string lines = with_newlines(text);
  return Parser(lines).run();
}

// Through a stream buffer, so that a folder, too, is only a file that cannot be read.
std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace lab28
