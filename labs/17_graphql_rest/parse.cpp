#include <fmt/format.h>

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
  std::size_t at = 0;  // of the token
  enum class Kind : std::uint8_t { name, number, punctuator, end } kind = Kind::end;
  int depth = 0;
  std::set<std::string> spreads{};

  // Step 2: a function for each rule of the grammar, which looks one token ahead.
  void definitions() {
    if (text.size() > 64 << 10) fail("The query is longer than 64 KiB");
    advance();
    do {
      if (token == "fragment") {
        fragment();
        continue;
      }
      if (token != "{" && token != "query") fail("Unexpected " + found());
      if (!document.query.empty()) fail("A second query is not in the subset");
      if (skip("query") && kind == Kind::name) advance();
      document.query = set();
    } while (kind != Kind::end);
  }

  void fragment() {
    Fragment made{.type = {}, .at = at};
    advance();
    if (token == "on") fail("Unexpected " + found());
    const std::string its_name = name();
    expect("on");
    made.type = name();
    spreads.clear();
    made.selections = set();
    made.spreads = spreads;
    if (!document.fragments.emplace(its_name, made).second)
      throw Problem{fmt::format("There can be only one fragment named \"{}\".", its_name),
                    made.at};
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
    Selection made{.name = {}, .key = {}, .at = at};
    made.is_spread = skip("...");
    if (made.is_spread && token == "on") fail("Inline fragments are not in the subset");
    made.key = made.name = name();
    if (made.is_spread) {
      spreads.insert(made.name);
      return made;
    }
    if (skip(":")) made.name = name();
    if (skip("(")) {
      do argument(made.arguments);
      while (!skip(")"));
    }
    if (token == "{") made.selections = set();
    return made;
  }

  void argument(Arguments& arguments) {
    const std::size_t begin = at;
    const std::string its_name = name();
    expect(":");
    if (kind != Kind::number) fail("Unexpected " + found());
    std::int32_t value = 0;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), value);
    if (read.ec != std::errc())
      throw Problem{
          "Int cannot represent non 32-bit signed integer value: " + std::string(token),
          at};
    advance();
    if (!arguments.emplace(its_name, value).second)
      throw Problem{fmt::format("There can be only one argument named \"{}\".", its_name),
                    begin};
  }

  // Step 3: an error says what was expected, what was found, and where.
  [[noreturn]] void fail(const std::string& what) const {
    throw Problem{"Syntax Error: " + what + ".", at};
  }
  std::string found() const {
    if (kind == Kind::end) return "<EOF>";
    const char* what = kind == Kind::name ? "Name " : kind == Kind::number ? "Int " : "";
    return fmt::format("{}\"{}\"", what, token);
  }
  bool skip(std::string_view wanted) {
    if (token != wanted) return false;
    advance();
    return true;
  }
  void expect(std::string_view wanted) {
    if (!skip(wanted)) fail(fmt::format("Expected \"{}\", found {}", wanted, found()));
  }
  std::string name() {
    if (kind != Kind::name) fail("Expected Name, found " + found());
    std::string its_text(token);
    advance();
    return its_text;
  }

  // The next token: as much as belongs together. Commas, blanks, "# comments" are nothing.
  void advance() {
    const auto to = [this](std::size_t place) { at = std::min(place, text.size()); };
    for (to(at + token.size());; to(text.find_first_of("\r\n", at))) {
      to(text.find_first_not_of(" \t\r\n,", at));
      if (at == text.size() || text[at] != '#') break;
    }
    const auto rest = text.substr(at);
    const auto first = rest.substr(0, 1);
    kind = first.empty()                                       ? Kind::end
           : first == "-" || first.find_first_of(kDigits) == 0 ? Kind::number
           : first.find_first_of(kWord) == 0                   ? Kind::name
                                                               : Kind::punctuator;
    token = rest.substr(0, rest.find_first_not_of(kWord, first == "-"));
    if (kind == Kind::punctuator) {
      token = rest.substr(0, rest.starts_with("...") ? 3 : 1);
      if (token.find_first_of("{}():!$&=@[]|") != 0 && token != "...")
        fail("Unexpected character");
    }
    if (kind != Kind::number) return;
    const auto digits = token.substr(first == "-");
    if (digits.empty() || digits.find_first_not_of(kDigits) != digits.npos ||
        (digits[0] == '0' && digits.size() > 1))
      fail("Invalid number");
  }
};

}  // namespace

Document parse(const std::string& text) {
  Document document{.text = text};
  Parser{document}.definitions();
  return document;
}

}  // namespace lab17
