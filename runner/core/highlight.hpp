// highlight.hpp: C++ in words of a few kinds: enough to colour it and to count braces.
//
// Left out  Anything that needs a parser: macros, templates, what a name means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lab/core/terminal.hpp"

namespace runner {

struct Token {
  enum class Kind { space, name, keyword, number, text, comment, directive, mark };
  Kind kind;
  std::string_view text;  // valid as long as the line
};

// Reads a file line by line: a comment or a raw string may go on in the next line.
class CppLexer {
 public:
  std::vector<Token> line(std::string_view line);

 private:
  Token next(std::string_view rest, bool first);
  Token until(std::string_view rest, std::string_view end, Token::Kind kind,
              std::size_t from);

  std::string open_;  // what ends the comment or raw string that we are in
  Token::Kind open_kind_ = Token::Kind::comment;
};

// The line with colours, if the terminal has any.
std::string highlighted(const std::vector<Token>& tokens, const lab::Terminal& terminal);

}  // namespace runner
