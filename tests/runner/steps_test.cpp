#include "core/steps.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "fake_place.hpp"
#include "verbs/walk.hpp"

namespace runner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Steps read(const std::string& text) {
  return read_steps({{"a.cpp", text}});
}

TEST(Steps, AreSortedByNumberAcrossFiles) {
  const Steps steps = read_steps({{"b.hpp", "// Step 2: then\nint b;\n"},
                                  {"a.cpp", "\n// Step 1: first\nint a;\n"}});
  ASSERT_THAT(steps.steps, SizeIs(2));
  EXPECT_EQ(steps.steps[0].text, "first");
  EXPECT_EQ(steps.steps[0].file, "a.cpp");
  EXPECT_EQ(steps.steps[0].line, 2);
  EXPECT_EQ(steps.steps[0].code_line, 3);
  EXPECT_EQ(steps.steps[1].file, "b.hpp");
  EXPECT_THAT(steps.faults, IsEmpty());
}

TEST(Steps, AFunctionGoesToItsEnd) {
  const Steps steps = read(R"(
// Step 1: ask, and
// then act.
bool ask(int a,
         int b) {
  if (a) {

    return "}" != text(b);  // }
  }
  return '}' == a; /* } */
}

int other;
)");
  ASSERT_THAT(steps.steps, SizeIs(1));
  EXPECT_EQ(steps.steps[0].text, "ask, and then act.");
  EXPECT_EQ(steps.steps[0].code_line, 4);
  EXPECT_THAT(steps.steps[0].code, SizeIs(8));
  EXPECT_EQ(steps.steps[0].code.back(), "}");
}

TEST(Steps, AParagraphGoesToTheBlankLineOrTheEndOfItsBlock) {
  const Steps steps = read(R"(
void f() {
  // Step 1: one
  a();
  Foo b{1};

  c();
  // Step 2: two
  d();
}
void g();
)");
  ASSERT_THAT(steps.steps, SizeIs(2));
  EXPECT_THAT(steps.steps[0].code, ElementsAre("  a();", "  Foo b{1};"));
  EXPECT_THAT(steps.steps[1].code, ElementsAre("  d();"));
}

TEST(Steps, ACommentBehindCodeBelongsToThatLine) {
  const Steps steps = read(R"(
  const auto permit = breaker.try_call();  // Step 1: ask; refused means
                                           // no network
  if (!permit) return false;
  const bool paid = charge();  // Step 2: call
)");
  ASSERT_THAT(steps.steps, SizeIs(2));
  EXPECT_EQ(steps.steps[0].text, "ask; refused means no network");
  EXPECT_EQ(steps.steps[0].code_line, 2);
  EXPECT_THAT(steps.steps[0].code, SizeIs(3));
  EXPECT_THAT(steps.steps[1].code, SizeIs(1));
  EXPECT_THAT(steps.faults, IsEmpty());
}

TEST(Steps, OfAClassShowsWhatOthersMayUse) {
  const Steps steps = read(
      "// Step 1: a\nclass A {\n public:\n  void f();\n\n private:\n  int a_;\n};\n");
  EXPECT_THAT(steps.steps[0].code, ElementsAre("class A {", " public:", "  void f();"));
}

TEST(Steps, LongCodeIsCutAndSaysSo) {
  std::string text = "// Step 1: long\nvoid f() {\n";
  for (std::size_t i = 0; i < Step::kLongest; ++i) text += "  g();\n";
  const Steps steps = read(text + "}\n");
  EXPECT_THAT(steps.steps[0].code, SizeIs(Step::kLongest));
  EXPECT_TRUE(steps.steps[0].cut);
  EXPECT_FALSE(read("// Step 1: short\nint a;\n").steps[0].cut);
}

TEST(Steps, NumbersRunFromOneWithoutGapOrDouble) {
  const auto faults = [](const char* text) { return read(text).faults; };
  EXPECT_THAT(faults("// Step 1: a\nint a;\n\n// Step 3: c\nint c;\n"),
              ElementsAre("a.cpp:4: step 3 comes after step 1"));
  EXPECT_THAT(faults("// Step 2: b\nint b;\n"),
              ElementsAre("a.cpp:1: step 2 comes after step 0"));
  EXPECT_THAT(faults("// Step 1: a\nint a;\n\n// Step 1: b\nint b;\n"),
              ElementsAre("a.cpp:4: step 1 is there twice"));
  EXPECT_THAT(faults("int a;\n"), ElementsAre(HasSubstr("no `// Step 1: ` comments")));
}

TEST(Steps, OneThatIsBadlyWrittenIsNotOverlooked) {
  for (const char* comment :
       {"// Step 2 b", "// step2: b", "// Step 2:b", "// Step 0: b", "// Step2: b"}) {
    const Steps steps =
        read(std::string("// Step 1: a\nint a;\n\n") + comment + "\nint b;\n");
    EXPECT_THAT(steps.faults, ElementsAre(HasSubstr("a.cpp:4: a step is written")))
        << comment;
  }
  EXPECT_THAT(read("// Step 1: a\nint a;\n// Step by step we go\n").faults, IsEmpty());
}

TEST(Steps, OneWithoutWordsOrCodeIsAFault) {
  EXPECT_THAT(read("int a;\n// Step 1: a\n").faults,
              ElementsAre("a.cpp:2: step 1 has no code"));
}

TEST(Steps, ANameInBackticksMustBeInTheCode) {
  const auto faults = [](const std::string& name) {
    return read("// Step 1: see `" + name +
                "`\nint Foo::bar() { return on(\"drain\"); }\n")
        .faults;
  };
  for (const char* there :
       {"bar", "bar()", "Foo::bar", "Foo", "drain", "return", "ba...", ""}) {
    EXPECT_THAT(faults(there), IsEmpty()) << there;
  }
  for (const char* gone : {"baz", "Foo::baz", "ar", "see", "Step", "baz..."}) {
    EXPECT_THAT(faults(gone), ElementsAre(HasSubstr(gone))) << gone;
  }
}

TEST(Steps, AReadmeMayOnlySpeakOfStepsThatAreThere) {
  const std::vector<SourceFile> sources = {{"a.cpp", "// Step 1: a\nint a;\n"}};
  EXPECT_THAT(read_steps(sources, {"README.md", "See step 1.\n"}).faults, IsEmpty());
  EXPECT_THAT(read_steps(sources, {"README.md", "x\nSee Step 1 and step 2.\n"}).faults,
              ElementsAre("README.md:2: speaks of step 2; there are 1"));
}

TEST(Steps, SurviveAnyBytes) {
  for (const std::string& text :
       {std::string("// Step 1: `open\nR\"(never closed"),
        std::string("/* // Step 1: no\n"),
        std::string("// Step 99999999999999999999: x\nint a;"), std::string("\0\xff{", 3),
        std::string("// Step 1: a\r\nint a;\r\n"), std::string("R\"x"),
        std::string("\"")}) {
    EXPECT_NO_THROW(read(text));
  }
  EXPECT_EQ(read("// Step 1: a\r\nint a;\r\n").steps[0].code[0], "int a;");
}

TEST(Walk, ChecksEveryWrittenLab) {
  const FakePlace fake;
  const Lab lab = fake.lab("1", "exit 0");
  EXPECT_EQ(walk(fake.catalog(), fake.place(), {.check = true}), 0);
  fake.write(lab.source(fake.place()) / "main.cpp", "// Step 2: late\nint main() {}\n");
  EXPECT_EQ(walk(fake.catalog(), fake.place(), {.check = true}), 1);
}

std::vector<int> numbers_of(const std::vector<Step>& steps) {
  std::vector<int> numbers;
  for (const Step& step : steps) numbers.push_back(step.number);
  return numbers;
}

TEST(Walk, ShowsTheConceptAndNotTheHarness) {
  const std::string lab = "labs/14_breaker/";
  std::vector<Step> steps = {{.number = 1, .file = lab + "breaker.hpp"},
                             {.number = 2, .file = lab + "breaker.cpp"},
                             {.number = 3, .file = lab + "guards/window.cpp"},
                             {.number = 4, .file = lab + "main.cpp"},
                             {.number = 5, .file = lab + "scenes/outage.cpp"},
                             {.number = 6, .file = lab + "world/service.cpp"}};
  EXPECT_THAT(numbers_of(concept_steps(steps, "14_breaker")), ElementsAre(1, 2, 3));
  steps.erase(steps.begin());
  EXPECT_THAT(numbers_of(concept_steps(steps, "14_breaker")), ElementsAre(2, 3, 4, 5, 6))
      << "two steps are no walk";
}

TEST(Walk, RefusesAWalkThatTakesLongerThanFiveMinutes) {
  const FakePlace fake;
  const Lab lab = fake.lab("1", "exit 0");
  const auto file = lab.source(fake.place()) / "first.cpp";
  const auto steps = [](int count) {
    std::string text;
    for (int i = 1; i <= count; ++i)
      text += fmt::format("// Step {}: s\nint a{};\n", i, i);
    return text;
  };
  fake.write(lab.source(fake.place()) / "main.cpp", "int main() {}\n");
  fake.write(file, steps(9));
  EXPECT_EQ(walk(fake.catalog(), fake.place(), {.check = true}), 0);
  fake.write(file, steps(10));
  EXPECT_EQ(walk(fake.catalog(), fake.place(), {.check = true}), 1);
  std::string longer = "// Step 1: s\nvoid f() {\n";
  for (std::size_t i = 0; i < Step::kLongest; ++i) longer += "  g();\n";
  fake.write(file, longer + "}\n");
  EXPECT_EQ(walk(fake.catalog(), fake.place(), {.check = true}), 1);
}

TEST(Walk, GoesThroughOneLabAtATime) {
  const FakePlace fake;
  fake.lab("1", "exit 0");
  fake.lab("5", "exit 0");
  EXPECT_THROW(walk(fake.catalog(), fake.place(), {.labs = {"1", "5"}}), Usage);
  EXPECT_THROW(walk(fake.catalog(), fake.place(), {}), Usage);
}

TEST(Walk, PrintsPlainTextWhereNoTerminalIs) {
  const FakePlace fake;
  fake.lab("1", "exit 0");
  testing::internal::CaptureStdout();
  EXPECT_EQ(walk(fake.catalog(), fake.place(), {.labs = {"first"}}), 0);
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_THAT(text, HasSubstr("Step 1  it starts"));
  EXPECT_THAT(text, HasSubstr("labs/01_first/main.cpp:1"));
  EXPECT_THAT(text, HasSubstr("2  int main() {}"));
}

}  // namespace
}  // namespace runner
