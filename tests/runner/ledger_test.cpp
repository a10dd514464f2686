#include "core/ledger.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "fake_place.hpp"

namespace runner {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Outcome = Entry::Outcome;
using Verdict = Claim::Verdict;

const Lab kLab{.number = "01",
               .folder = "01_first",
               .question = "What is first?",
               .section = "One",
               .common = "",
               .hard = "",
               .claims = 2};

Entry read(const std::vector<std::string>& lines, const RunExit& exit = {},
           const Lab& lab = kLab) {
  RunReader reader;
  for (const std::string& line : lines) reader.line(line);
  return reader.finish(lab, exit, 1500ms);
}

std::vector<std::string> ids(const Entry& entry) {
  std::vector<std::string> ids;
  for (const Claim& claim : entry.claims) ids.push_back(claim.id);
  return ids;
}

TEST(Ledger, AWholeRunWithEveryClaimIsProof) {
  const Entry entry =
      read({claim_line("01.2", true), claim_line("01.1", true), end_line(2)});
  EXPECT_EQ(entry.outcome, Outcome::proven);
  EXPECT_THAT(ids(entry), ElementsAre("01.1", "01.2"));
  EXPECT_THAT(entry.claims[0].evidence, ElementsAre("3 of 3"));
  EXPECT_THAT(entry.notes, IsEmpty());
}

TEST(Ledger, AClaimThatWasNeverMadeIsMissingAndFails) {
  const Entry entry = read({claim_line("01.1", true), end_line(1)});
  EXPECT_EQ(entry.outcome, Outcome::failed);
  EXPECT_EQ(entry.claims[1].id, "01.2");
  EXPECT_EQ(entry.claims[1].verdict, Verdict::missing);
}

TEST(Ledger, AMissingClaimIsToldWithWhatTheRunSaidOfItInstead) {
  const auto nuance = [](std::string_view id, std::string_view text) {
    return fmt::format(R"({{"name":"{}","cat":"nuance","args":{{"id":"{}"}}}})", text,
                       id);
  };
  const Entry entry = read({claim_line("01.1", true), nuance("01.1", "Mostly."),
                            nuance("01.2", "It takes root."), end_line(1)});
  EXPECT_EQ(entry.claims[1].verdict, Verdict::missing);
  EXPECT_EQ(entry.claims[1].sentence, "It takes root.");
  EXPECT_NE(entry.claims[0].sentence, "Mostly.");
}

TEST(Ledger, AClaimMadeTwiceHoldsOnlyIfItHeldEachTime) {
  for (const bool first : {true, false}) {
    const Entry entry = read({claim_line("01.1", first, "the first time"),
                              claim_line("01.1", !first, "the second time"),
                              claim_line("01.2", true), end_line(2)},
                             {.code = 1});
    EXPECT_EQ(entry.claims[0].verdict, Verdict::fails);
    EXPECT_THAT(entry.claims[0].evidence,
                ElementsAre(first ? "the second time" : "the first time"));
  }
}

TEST(Ledger, AClaimMadeTwiceKeepsTheEvidenceOfBoth) {
  const Entry entry = read({claim_line("01.1", true, "one"), claim_line("01.2", true),
                            claim_line("01.1", true, "two"), end_line(2)});
  EXPECT_EQ(entry.outcome, Outcome::proven);
  EXPECT_THAT(entry.claims[0].evidence, ElementsAre("one", "two"));
}

TEST(Ledger, AClaimBeyondTheCataloguesCountFails) {
  const Entry entry = read({claim_line("01.1", true), claim_line("01.2", true),
                            claim_line("01.3", true), end_line(3)});
  EXPECT_EQ(entry.outcome, Outcome::failed);
  EXPECT_THAT(entry.notes, ElementsAre(HasSubstr("01.3 is not in the catalogue")));
}

TEST(Ledger, TheTenthClaimComesAfterTheNinth) {
  Lab lab = kLab;
  lab.claims = 11;
  const Entry entry =
      read({claim_line("01.10", true), claim_line("01.9", true)}, {}, lab);
  EXPECT_EQ(entry.claims[8].id, "01.9");
  EXPECT_EQ(entry.claims[9].id, "01.10");
  EXPECT_EQ(entry.claims[10].id, "01.11");
}

TEST(Ledger, ARunThatBreaksOffProvesNothing) {
  const std::vector<std::string> lines = {claim_line("01.1", true),
                                          claim_line("01.2", true)};
  const Entry broken = read(lines, {.code = 0});
  EXPECT_EQ(broken.outcome, Outcome::failed);
  EXPECT_THAT(broken.notes, Contains(HasSubstr("it broke off")));

  const Entry killed = read(lines, {.signal = SIGSEGV});
  EXPECT_EQ(killed.outcome, Outcome::failed);
  EXPECT_THAT(killed.notes, Contains("it was killed by signal 11 (Segmentation fault)"));

  const Entry hung = read(lines, {.signal = SIGTERM, .timed_out = true});
  EXPECT_EQ(hung.outcome, Outcome::failed);
  EXPECT_THAT(hung.notes, Contains(HasSubstr("deadline")));
}

TEST(Ledger, ClaimsThatGotLostAreNoticed) {
  const Entry entry =
      read({claim_line("01.1", true), claim_line("01.2", true), end_line(3)});
  EXPECT_EQ(entry.outcome, Outcome::failed);
  EXPECT_THAT(entry.notes, Contains("it made 3 claims, but 2 arrived"));
}

TEST(Ledger, AnExitCodeWithoutAFailedClaimIsAFailure) {
  const Entry entry =
      read({claim_line("01.1", true), claim_line("01.2", true), end_line(2, 1)},
           {.code = 1, .errors = "lab 1: it went wrong\n"});
  EXPECT_EQ(entry.outcome, Outcome::failed);
  EXPECT_THAT(entry.notes, Contains("lab 1: it went wrong"));
  EXPECT_EQ(read({claim_line("01.1", true), claim_line("01.2", true), end_line(2, 1)},
                 {.code = 1})
                .outcome,
            Outcome::failed);
}

TEST(Ledger, ALabThatLacksSomethingIsAbsentNotFailed) {
  const Entry entry =
      read({end_line(0, 77)},
           {.code = 77, .errors = "noise\nneeds redis: apt install redis\n"});
  EXPECT_EQ(entry.outcome, Outcome::absent);
  EXPECT_THAT(entry.notes, ElementsAre("needs redis: apt install redis"));
}

TEST(Ledger, NamesTheLineThatIsNotAnEvent) {
  const Entry entry = read({claim_line("01.1", true), "Segmentation fault?\x1b[31m",
                            claim_line("01.2", true), end_line(2)});
  EXPECT_EQ(entry.outcome, Outcome::failed);
  ASSERT_EQ(entry.notes.size(), 1u);
  EXPECT_EQ(entry.notes[0], "line 2 is not an event: Segmentation fault??[31m");
}

TEST(Ledger, NoLineHoweverBrokenIsTakenForProofOrStopsTheReader) {
  const std::string deep(100'000, '[');
  for (const std::string& line :
       {std::string("{"), std::string("[]"), std::string("null"), std::string("7"),
        std::string("\xff\xfe"), std::string("\0{}", 3), deep,
        std::string(R"({"cat":"claim"})"), std::string(R"({"cat":"claim","args":[]})"),
        std::string(R"({"cat":"claim","args":{"id":7,"holds":true}})"),
        std::string(R"({"cat":"claim","args":{"id":"01.1","holds":"true"}})"),
        std::string(R"({"cat":"claim","args":{"id":"","holds":true}})"),
        std::string(R"({"cat":"run","name":"end"})")}) {
    const Entry entry = read({claim_line("01.1", true), claim_line("01.2", true), line});
    EXPECT_EQ(entry.outcome, Outcome::failed) << line.substr(0, 80);
  }
  // These carry no claim, and do no harm.
  for (const char* line :
       {R"({"cat":7,"args":{}})", R"({"ph":"M","name":"x"})", "{}", ""}) {
    const Entry entry =
        read({claim_line("01.1", true), line, claim_line("01.2", true), end_line(2)});
    EXPECT_EQ(entry.outcome, Outcome::proven) << line;
  }
}

TEST(Ledger, TellsTheFirstBrokenLinesAndCountsTheRest) {
  std::vector<std::string> lines(10, "garbage");
  const Entry entry = read(lines, {.code = 1});
  EXPECT_THAT(entry.notes, Contains("and 7 more such lines"));
}

TEST(Ledger, TheExitCodeIsTheWorstOfItsLabs) {
  Ledger ledger;
  EXPECT_EQ(ledger.exit_code(), 0);
  ledger.add({.lab = kLab, .outcome = Outcome::proven});
  EXPECT_EQ(ledger.exit_code(), 0);
  ledger.add({.lab = kLab, .outcome = Outcome::absent});
  EXPECT_EQ(ledger.exit_code(), 77);
  ledger.add({.lab = kLab, .outcome = Outcome::failed});
  EXPECT_EQ(ledger.exit_code(), 1);
}

TEST(Ledger, TotalsCountEveryVerdict) {
  Ledger ledger;
  ledger.add(read({claim_line("01.1", true), end_line(1)}));
  ledger.add(read({claim_line("01.1", true), claim_line("01.2", false), end_line(2, 1)},
                  {.code = 1}));
  EXPECT_EQ(ledger.totals(),
            "2 of 4 claims in 2 labs hold · 1 failed · 1 missing · 3.0 s");
}

TEST(Ledger, JsonHasEveryClaimWithItsVerdict) {
  Ledger ledger;
  ledger.add(read({claim_line("01.1", true), end_line(1)}));
  const auto json = nlohmann::json::parse(ledger.json());
  EXPECT_EQ(json["exit"], 1);
  EXPECT_EQ(json["totals"]["holds"], 1);
  EXPECT_EQ(json["totals"]["missing"], 1);
  EXPECT_EQ(json["labs"][0]["name"], "first");
  EXPECT_EQ(json["labs"][0]["claims"][1]["verdict"], "missing");
}

TEST(Ledger, JsonIsValidWhateverALabWrote) {
  Ledger ledger;
  ledger.add(read({claim_line("01.1", true)}, {.code = 1, .errors = "\xff\xfe \x01"}));
  EXPECT_TRUE(nlohmann::json::accept(ledger.json()));
}

TEST(Ledger, AMarkdownCellCannotBreakItsTable) {
  Ledger ledger;
  ledger.add(read({claim_line("01.1", true, "a | b *c* <d>"), end_line(1)}));
  EXPECT_THAT(ledger.markdown(), HasSubstr(R"(a \| b \*c\* \<d\> | holds |)"));
}

TEST(Ledger, TextIsPlainWithoutColourAndFitsTheWidth) {
  const Entry entry = read(
      {claim_line("01.1", true, std::string(300, 'x') + " \\u001b[31m"), end_line(1)});
  const std::string text = ledger_text(entry, lab::Terminal(true, false, 80));
  EXPECT_THAT(text, HasSubstr("✔ 01.1"));
  EXPECT_THAT(text, HasSubstr("– 01.2"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(ledger_text(entry, lab::Terminal(true, true, 80)), HasSubstr("\033[32m✔"));
}

}  // namespace
}  // namespace runner
