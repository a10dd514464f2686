#include "rehearse/cards.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "fake_place.hpp"

namespace runner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Day kDay = std::chrono::year(2026) / 11 / 29;

// Anki's reader, as far as this deck needs it: headers, then cards of three fields.
struct Deck {
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> cards;
};

Deck read_deck(const std::string& text) {
  Deck deck;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) {
      EXPECT_TRUE(deck.cards.empty()) << "a header behind a card";
      deck.headers.push_back(line.substr(1));
      continue;
    }
    std::vector<std::string> fields(1);
    for (const char byte : line) {
      EXPECT_NE(byte, '"') << "it would need quoting";
      if (byte == '\t') fields.emplace_back();
      if (byte != '\t') fields.back() += byte;
    }
    deck.cards.push_back(fields);
  }
  return deck;
}

DrillItem followup(const std::string& question, const std::string& answer) {
  Lab lab{};
  lab.number = "05";
  lab.folder = "05_backpressure";
  return {.id = "05-x", .lab = lab, .question = question, .answer = answer};
}

TEST(Cards, HaveAFrontABackAndTags) {
  const Deck deck =
      read_deck(cards_head() + card_line(followup("Why?", "Because."), "", kDay));
  EXPECT_THAT(deck.headers, ElementsAre("separator:tab", "html:true", "notetype:Basic",
                                        "deck:Underloop", "tags column:3"));
  ASSERT_EQ(deck.cards.size(), 1u);
  EXPECT_THAT(deck.cards[0],
              ElementsAre("Why?", "Because.", "underloop lab05 backpressure"));
}

TEST(Cards, TellWhichRunTheAnswerIsFrom) {
  DrillItem item = followup("Which is first?", "");
  item.kind = DrillItem::Kind::scenario;
  item.play.scene = "one";
  item.items = {"a", "b"};
  item.why = "b was queued first.";
  const Deck deck = read_deck(card_line(item, "b > a", kDay));
  ASSERT_EQ(deck.cards.size(), 1u);
  EXPECT_EQ(deck.cards[0][0], "Which is first?<br>· a<br>· b");
  EXPECT_THAT(deck.cards[0][1],
              AllOf(StartsWith("<b>b &gt; a</b>"), HasSubstr("b was queued first."),
                    HasSubstr("Read from a run on 2026-11-29: ./lab run 5 --scene one")));
}

TEST(Cards, KeepCodeAsCodeAndOnOneLine) {
  const std::string code = "What is printed?\nif (a < b && c > \"d\") {\n\tf();\r\n}";
  EXPECT_EQ(card_text(code),
            "<pre>What is printed?<br>if (a &lt; b &amp;&amp; c &gt; &quot;d&quot;) {<br>"
            "  f();<br>}</pre>");
  for (const std::string hostile :
       {"#deck:Evil", "a\tb\tc", "\n\n", "\"quoted", "<script>alert(1)</script>"}) {
    const Deck deck = read_deck(card_line(followup(hostile, hostile), "", kDay));
    ASSERT_EQ(deck.cards.size(), 1u) << hostile;
    EXPECT_EQ(deck.cards[0].size(), 3u) << hostile;
    EXPECT_THAT(deck.cards[0][0], Not(HasSubstr("<script"))) << hostile;
  }
}

TEST(Cards, OfALabThatIsNotThereAreLeftOutAndTold) {
  FakePlace fake;
  fake.write("labs/05_second_thing/README.md",
             "# 5\n\n## The answer in 30 seconds\n\nIt slows.\n");
  fake.write("labs/05_second_thing/drill.json", R"([
      {"id": "05-order", "kind": "scenario", "question": "Which?",
       "play": {"scene": "one", "row": "order"}, "predict": "order", "items": ["a", "b"]}])");
  const auto file = fake.place().root / "deck.txt";
  EXPECT_EQ(cards(fake.catalog(), fake.place(), {.file = file, .lab = "5"}), 1);
  std::ifstream stream(file);
  const Deck deck = read_deck({std::istreambuf_iterator<char>(stream), {}});
  ASSERT_EQ(deck.cards.size(), 1u);
  EXPECT_EQ(deck.cards[0][1], "It slows.");
  EXPECT_ANY_THROW(cards(fake.catalog(), fake.place(),
                         {.file = fake.place().root / "no/such/deck.txt", .lab = "5"}));
}

}  // namespace
}  // namespace runner
