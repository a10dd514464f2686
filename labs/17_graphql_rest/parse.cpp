#include <algorithm>
#include <charconv>
#include <string_view>

#include "graphql_rest.hpp"

namespace lab17 {

namespace {

constexpr std::string_view kWord =
    "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = kWord.substr(0, 10);

struct Parser {
  Document& document;
  std::string_view text = document.text;
  std::string_view token{};
  std::size_t at = 0;          // of the token
  const char* kind = "<EOF>";  // or Name, Int, and "" for a punctuator
  int depth = 0;
  std::set<std::string> spreads{};

  // Step 2: a function for each rule of the grammar, which looks one token ahead.
  void definitions() {
    if (text.size() > 64 << 10) fail("The query is longer than 64 KiB");
    advance();
    do {
      if (skip("fragment")) {
        fragment();
        continue;
      }
      if (token != "{" && token != "query") fail("Unexpected {}", found());
      if (!document.query.empty()) fail("A second query is not in the subset");
      if (skip("query") && is("Name")) advance();
      document.query = set();
    } while (!is("<EOF>"));
  }

  void fragment() {
    if (token == "on") fail("Unexpected {}", found());
    Fragment made{at};
    const std::string its_name = name();
    expect("on");
    made.type = name();
    spreads.clear();
    made.selections = set();
    made.spreads = spreads;
    if (!document.fragments.emplace(its_name, made).second)
      refuse(made.at, "There can be only one fragment named \"{}\".", its_name);
  }

  std::vector<Selection> set() {
    if (++depth > 100) fail("The query is nested too deep");
    std::vector<Selection> made;
    expect("{");
    do made.push_back(selection());
    while (!skip("}"));
    --depth;
    return made;
  }

  Selection selection() {
    Selection made{at, skip("...")};
    if (made.is_spread && (token == "on" || !is("Name")))
      fail("Inline fragments are not in the subset");
    made.key = made.name = name();
    if (made.is_spread) spreads.insert(made.name);
    if (made.is_spread) return made;
    if (skip(":")) made.name = name();
    if (skip("(")) {
      do argument(made.arguments);
      while (!skip(")"));
    }
    if (token == "{") made.selections = set();
    return made;
  }

  void argument(Arguments& arguments) {
    const std::string its_name = name();
    expect(":");
    if (!is("Int")) fail("Unexpected {}", found());
    std::int32_t value = 0;
    if (std::from_chars(token.begin(), token.end(), value).ec != std::errc())
      fail("Numbers of more than 32 bits are not in the subset");
    if (!arguments.emplace(its_name, value).second)
      refuse(at, "There can be only one argument named \"{}\".", its_name);
    advance();
  }

  // Step 3: an error says what was expected, what was found, and where.
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> what, Args&&... args) const {
    refuse(at, "Syntax Error: {}.", fmt::format(what, std::forward<Args>(args)...));
  }
  bool is(std::string_view wanted) const { return kind == wanted; }
  std::string found() const {
    if (is("<EOF>")) return kind;
    return fmt::format("{}{}\"{}\"", kind, is("") ? "" : " ", token);
  }
  bool skip(std::string_view wanted) {
    const bool there = token == wanted;
    if (there) advance();
    return there;
  }
  void expect(std::string_view wanted) {
    if (!skip(wanted)) fail("Expected \"{}\", found {}", wanted, found());
  }
  std::string name() {
    if (!is("Name")) fail("Expected Name, found {}", found());
    std::string its_text(token);
    advance();
    return its_text;
  }

  // The next token. Commas, blanks and "# comments" only separate.
  void advance() {
    const auto to = [this](std::size_t place) { at = std::min(place, text.size()); };
    for (to(at + token.size());; to(text.find_first_of("\r\n", at))) {
      to(text.find_first_not_of(" \t\r\n,", at));
      if (at == text.size() || text[at] != '#') break;
    }
    const auto rest = text.substr(at);
    const bool minus = rest.starts_with('-');
    token = rest.substr(0, rest.find_first_not_of(kWord, minus));
    kind = rest.empty() ? "<EOF>" : token.empty() ? "" : "Name";
    if (minus || token.find_first_of(kDigits) == 0) {
      kind = "Int";
      const auto digits = token.substr(minus);
      if (digits.empty() || digits.find_first_not_of(kDigits) != digits.npos ||
          (digits[0] == '0' && digits.size() > 1))
        fail("Invalid number");
    } else if (is("")) {
      token = rest.substr(0, rest.starts_with("...") ? 3 : 1);
      if (token.find_first_of("{}():!$&=@[]|") != 0 && token != "...")
        fail("Unexpected character");
    }
  }
};

}  // namespace

Document parse(const std::string& text) {
  Document document{text};
  Parser{document}.definitions();
  return document;
}

}  // namespace lab17
