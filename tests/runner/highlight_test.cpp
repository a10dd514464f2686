#include "core/highlight.hpp"

#include <gmock/gmock.h>

namespace runner {
namespace {

using testing::ElementsAre;
using Kind = Token::Kind;

std::vector<std::pair<Kind, std::string>> tokens(CppLexer& lexer, std::string_view line) {
  std::vector<std::pair<Kind, std::string>> result;
  for (const Token& token : lexer.line(line)) {
    if (token.kind != Kind::space)
      result.emplace_back(token.kind, std::string(token.text));
  }
  return result;
}

TEST(CppLexer, TellsKeywordsNamesNumbersTextsAndComments) {
  CppLexer lexer;
  EXPECT_THAT(tokens(lexer, R"(return f("a\"b", 'c', 1'000); // done)"),
              ElementsAre(std::pair(Kind::keyword, "return"), std::pair(Kind::name, "f"),
                          std::pair(Kind::mark, "("), std::pair(Kind::text, R"("a\"b")"),
                          std::pair(Kind::mark, ","), std::pair(Kind::text, "'c'"),
                          std::pair(Kind::mark, ","), std::pair(Kind::number, "1'000"),
                          std::pair(Kind::mark, ")"), std::pair(Kind::mark, ";"),
                          std::pair(Kind::comment, "// done")));
}

TEST(CppLexer, CommentsAndRawStringsGoOnInTheNextLine) {
  CppLexer lexer;
  EXPECT_THAT(tokens(lexer, "a /* b"),
              ElementsAre(std::pair(Kind::name, "a"), std::pair(Kind::comment, "/* b")));
  EXPECT_THAT(
      tokens(lexer, "return */ c"),
      ElementsAre(std::pair(Kind::comment, "return */"), std::pair(Kind::name, "c")));
  EXPECT_THAT(tokens(lexer, "R\"x({"), ElementsAre(std::pair(Kind::text, "R\"x({")));
  EXPECT_THAT(
      tokens(lexer, ")\" })x\" d"),
      ElementsAre(std::pair(Kind::text, ")\" })x\""), std::pair(Kind::name, "d")));
}

TEST(CppLexer, LosesNoByteOfALine) {
  for (const std::string_view line : {"#include <fmt/format.h>", "  \t x  ", "\"open",
                                      "'", "R\"", "/*/", "é ü §", "0x1Fu", "#", "a#b"}) {
    CppLexer lexer;
    std::string whole;
    for (const Token& token : lexer.line(line)) whole += token.text;
    EXPECT_EQ(whole, line);
  }
}

TEST(Highlight, AddsNothingWithoutColour) {
  CppLexer lexer;
  const auto tokens = lexer.line("return 1;");
  EXPECT_EQ(highlighted(tokens, lab::Terminal(true, false, 80)), "return 1;");
  EXPECT_EQ(highlighted(tokens, lab::Terminal(true, true, 80)),
            "\033[35mreturn\033[0m \033[33m1\033[0m;");
}

}  // namespace
}  // namespace runner
