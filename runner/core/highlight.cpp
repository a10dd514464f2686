#include "core/highlight.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace runner {

namespace {

using Kind = Token::Kind;
using lab::Style;

constexpr std::array<std::string_view, 72> kKeywords = {
    "alignas",   "auto",      "bool",         "break",     "case",     "catch",
    "char",      "class",     "co_await",     "co_return", "co_yield", "concept",
    "const",     "consteval", "constexpr",    "constinit", "continue", "default",
    "delete",    "do",        "double",       "else",      "enum",     "explicit",
    "extern",    "false",     "final",        "float",     "for",      "friend",
    "goto",      "if",        "inline",       "int",       "long",     "mutable",
    "namespace", "new",       "noexcept",     "nullptr",   "operator", "override",
    "private",   "protected", "public",       "requires",  "return",   "short",
    "signed",    "sizeof",    "static",       "struct",    "switch",   "template",
    "this",      "throw",     "true",         "try",       "typedef",  "typename",
    "union",     "unsigned",  "using",        "virtual",   "void",     "volatile",
    "while",     "decltype",  "thread_local", "wchar_t",   "asm",      "static_assert"};

bool is_digit(char byte) {
  return std::isdigit(static_cast<unsigned char>(byte)) != 0;
}

bool in_name(char byte) {
  return std::isalnum(static_cast<unsigned char>(byte)) || byte == '_';
}

std::size_t length(std::string_view text, bool (*belongs)(char)) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, belongs) - text.begin());
}

// "text" or 'c', with its quotes; whole line if it is not closed.
std::size_t quoted(std::string_view rest) {
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == rest[0]) {
      return i + 1;
    }
  }
  return rest.size();
}

Style style_of(const Token& token) {
  switch (token.kind) {
    case Kind::keyword:
      return Style::magenta;
    case Kind::number:
      return Style::yellow;
    case Kind::text:
      return Style::green;
    case Kind::comment:
      return Style::dim;
    case Kind::directive:
      return Style::blue;
    case Kind::name:  // Types and constants begin as house style has it
      return std::isupper(static_cast<unsigned char>(token.text[0])) ? Style::cyan
                                                                     : Style::plain;
    case Kind::space:
    case Kind::mark:
      break;
  }
  return Style::plain;
}

}  // namespace

std::vector<Token> CppLexer::line(std::string_view line) {
  std::vector<Token> tokens;
  bool first = true;  // nothing but spaces so far
  while (!line.empty()) {
    const Token token =
        open_.empty() ? next(line, first) : until(line, open_, open_kind_, 0);
    first = first && token.kind == Kind::space;
    tokens.push_back(token);
    line.remove_prefix(token.text.size());
  }
  return tokens;
}

Token CppLexer::next(std::string_view rest, bool first) {
  const auto token = [&](Kind kind, std::size_t size) {
    return Token{kind, rest.substr(0, size)};
  };
  const char byte = rest[0];
  if (byte == ' ' || byte == '\t' || byte == '\r') {
    return token(Kind::space,
                 length(rest, [](char c) { return c == ' ' || c == '\t' || c == '\r'; }));
  }
  if (rest.starts_with("//")) return token(Kind::comment, rest.size());
  if (rest.starts_with("/*")) return until(rest, "*/", Kind::comment, 2);
  if (rest.starts_with("R\"")) {
    const std::string mark(rest.substr(2, rest.find('(') - 2));
    return until(rest, ")" + mark + "\"", Kind::text, 2);
  }
  if (byte == '"' || byte == '\'') return token(Kind::text, quoted(rest));
  if (byte == '#' && first)
    return token(Kind::directive, 1 + length(rest.substr(1), in_name));
  if (is_digit(byte)) {  // 1'000 and 0x1F and 1e-3, as far as a colour needs it
    return token(Kind::number, length(rest, [](char c) {
                   return in_name(c) || c == '.' || c == '\'';
                 }));
  }
  if (in_name(byte)) {
    const Token name = token(Kind::name, length(rest, in_name));
    const bool reserved = std::ranges::find(kKeywords, name.text) != kKeywords.end();
    return {reserved ? Kind::keyword : Kind::name, name.text};
  }
  return token(Kind::mark, 1);
}

Token CppLexer::until(std::string_view rest, std::string_view end, Kind kind,
                      std::size_t from) {
  const std::string ending(end);  // `end` may be open_, which changes here
  const std::size_t at = rest.find(ending, from);
  const bool closed = at != std::string_view::npos;
  open_ = closed ? "" : ending;
  open_kind_ = kind;
  return {kind, closed ? rest.substr(0, at + ending.size()) : rest};
}

std::string highlighted(const std::vector<Token>& tokens, const lab::Terminal& terminal) {
  std::string line;
  for (const Token& token : tokens) line += terminal.styled(style_of(token), token.text);
  return line;
}

}  // namespace runner
