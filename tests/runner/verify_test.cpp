#include "verbs/verify.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "core/lab_process.hpp"
#include "fake_place.hpp"
#include "lab/core/error.hpp"

namespace runner {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using Outcome = Entry::Outcome;

std::string tells(const std::vector<std::string>& lines) {
  std::string script;
  for (const std::string& line : lines) script += "echo '" + line + "'\n";
  return script;
}

Entry verified(const FakePlace& fake, const Lab& lab,
               std::chrono::milliseconds deadline = 20s) {
  return verify_lab(lab, fake.place(), deadline, [](auto) {});
}

bool alive(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string id, name, state;
  stat >> id >> name >> state;
  return stat && state != "Z";
}

TEST(Verify, ReadsTheLinesOfTheLabsProgramRunQuickly) {
  const FakePlace fake;
  const Lab lab = fake.lab(
      "1", "test \"$*\" = '--quick --json' || exit 2\n" +
               tells({claim_line("01.1", true), claim_line("01.2", true), end_line(2)}));
  EXPECT_EQ(verified(fake, lab).outcome, Outcome::proven);
}

TEST(Verify, ReadsALastLineThatHasNoEnd) {
  const FakePlace fake;
  const Lab lab = fake.lab(
      "5", tells({claim_line("05.1", true)}) + "printf '%s' '" + end_line(1) + "'");
  EXPECT_EQ(verified(fake, lab).outcome, Outcome::proven);
}

TEST(Verify, ALabThatHangsIsEndedAndFails) {
  const FakePlace fake;
  const Lab lab =
      fake.lab("5", tells({claim_line("05.1", true), end_line(1)}) + "exec sleep 1000");
  const Entry entry = verified(fake, lab, 200ms);
  EXPECT_EQ(entry.outcome, Outcome::failed);
  EXPECT_THAT(entry.notes, Contains(HasSubstr("deadline")));
}

TEST(Verify, ALabThatDiesFails) {
  const FakePlace fake;
  const Lab lab =
      fake.lab("5", tells({claim_line("05.1", true), end_line(1)}) + "kill -KILL $$");
  const Entry entry = verified(fake, lab);
  EXPECT_EQ(entry.outcome, Outcome::failed);
  EXPECT_THAT(entry.notes, Contains("it was killed by signal 9 (Killed)"));
}

TEST(Verify, ALabWhoseProgramIsNotThereFails) {
  const FakePlace fake;
  Lab lab = fake.lab("5", "exit 0");
  std::filesystem::remove(lab.program(fake.place()));
  const Entry entry = verified(fake, lab);
  EXPECT_EQ(entry.outcome, Outcome::failed);
  EXPECT_THAT(entry.notes, Contains(HasSubstr("No such file")));
}

TEST(Verify, ManyLinesAtOnceAllArrive) {
  const FakePlace fake;
  const Lab lab = fake.lab(
      "5",
      "i=0; while [ $i -lt 20000 ]; do echo '{\"cat\":\"say\"}'; i=$((i+1)); done\n" +
          tells({claim_line("05.1", true), end_line(1)}));
  EXPECT_EQ(verified(fake, lab).outcome, Outcome::proven);
}

TEST(Verify, TheExitCodeSaysWhatTheLabsSaid) {
  const FakePlace fake;
  fake.lab("1", tells({end_line(0, 77)}) + "exit 77");
  fake.lab("5", tells({claim_line("05.1", true), end_line(1)}));
  const Catalog catalog = fake.catalog();
  EXPECT_EQ(verify(catalog, fake.place(), {.labs = {"5"}}), 0);
  EXPECT_EQ(verify(catalog, fake.place(), {}), 77);
  fake.lab("10", "exit 3");
  EXPECT_EQ(verify(catalog, fake.place(), {}), 1);
  EXPECT_THROW(verify(catalog, fake.place(), {.labs = {"7"}}), Usage);
}

TEST(Verify, WritesTheLedgerAsMarkdown) {
  const FakePlace fake;
  fake.lab("5", tells({claim_line("05.1", true, "7 of 7"), end_line(1)}));
  const std::string file = fake.place().root / "ledger.md";
  EXPECT_EQ(verify(fake.catalog(), fake.place(), {.markdown = file}), 0);
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(text, HasSubstr("| 05.1 | it is so | 7 of 7 | holds |"));
}

TEST(Verify, RefusesAMarkdownFileItCannotWriteBeforeItRunsAnything) {
  const FakePlace fake;
  fake.lab("5", "touch " + (fake.place().root / "it-ran").string());
  EXPECT_THROW(verify(fake.catalog(), fake.place(), {.markdown = "/nonexistent/x.md"}),
               lab::Error);
  EXPECT_FALSE(exists(fake.place().root / "it-ran"));
}

TEST(LabProcess, LeavesNoChildBehindWhenItGoes) {
  const FakePlace fake;
  const Lab lab = fake.lab("5", "echo $$; exec sleep 1000");
  pid_t pid = 0;
  {
    LabProcess process(lab.program(fake.place()), {});
    while (pid == 0 && process.pump(5s, [&](std::string_view line) {
      pid = std::stoi(std::string(line));
    })) {
    }
    ASSERT_TRUE(alive(pid));
  }
  EXPECT_FALSE(alive(pid));
}

TEST(LabProcess, CutsALineThatIsTooLong) {
  const FakePlace fake;
  const Lab lab = fake.lab("5", "head -c 9000000 /dev/zero | tr '\\0' x; echo; echo end");
  LabProcess process(lab.program(fake.place()), {});
  std::size_t longest = 0;
  std::string last;
  while (process.pump(5s, [&](std::string_view line) {
    longest = std::max(longest, line.size());
    last = line;
  })) {
  }
  EXPECT_LT(longest, LabProcess::kLongestLine + 70'000);
  EXPECT_EQ(last, "end");
}

TEST(LabProcess, KeepsTheEndOfWhatItComplained) {
  const FakePlace fake;
  const Lab lab = fake.lab(
      "5", "head -c 100000 /dev/zero | tr '\\0' x >&2; echo the end >&2; exit 3");
  LabProcess process(lab.program(fake.place()), {});
  while (process.pump(5s, [](std::string_view) {})) {
  }
  EXPECT_EQ(process.exit_code(), 3);
  EXPECT_EQ(process.errors().size(), LabProcess::kErrorsKept);
  EXPECT_TRUE(process.errors().ends_with("the end\n"));
}

TEST(LabProcess, ReturnsEarlyWhenSomethingElseIsReady) {
  const FakePlace fake;
  const Lab lab = fake.lab("5", "exec sleep 1000");
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  LabProcess process(lab.program(fake.place()), {});
  EXPECT_TRUE(process.pump(
      1h, [](std::string_view) {}, ends[0]));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace runner
