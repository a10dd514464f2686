#include "scenes/scenes.hpp"

#include <algorithm>
#include <sstream>

#include "lab/core/trace.hpp"
#include "mutants.hpp"
#include "world/kata.hpp"

namespace lab25 {

namespace trace = lab::trace;

namespace {

std::string colour(const TestRun& run) {
  if (!run.built) return "red, cannot be linked";
  return fmt::format("{}, {} of {} pass", run.green() ? "green" : "red", run.passed,
                     run.passed + run.failed);
}

// One light for each line of a test: "ok 4 is IV".
void add_lights(lab::Table& grid, const std::string& step, const TestRun& run,
                const std::string& output) {
  grid.rows.push_back({step + ":", "", ""});
  if (!run.built) grid.rows.push_back({step + ": no program", step + ":", "red"});
  std::istringstream tests(run.built ? output : "");
  for (std::string test; std::getline(tests, test);) {
    const bool passed = test.starts_with("ok ");
    grid.rows.push_back({step + ": " + test.substr(passed ? 3 : 7), step + ":",
                         passed ? "green" : "red"});
  }
}

int lines(const std::string& implementation) {
  const std::string text = Kata::text(implementation + ".cpp");
  return static_cast<int>(std::ranges::count(text, '\n'));
}

}  // namespace

void cycle(lab::Story& story, const Knobs&) {
  story.say(
      "Five tests come first, then code in three steps. The first two steps should be "
      "red, and the others green.");
  story.picture(lab::Picture::tree, {"Five tests, step by step"});
  Kata kata;
  Cycle cycle;
  cycle.on_state([](bool green, lab::Where where) {
    trace::state("tests", green ? "green" : "red", 0, where);
  });
  lab::Table table{"The kata", {"step", "lines", "tests", "objection"}, {}};
  lab::Table grid{"Five tests, step by step", {"test", "step", "light"}, {}};
  // Step 8: the kata, step by step, with the referee watching.
  const auto step = [&](const char* name, Change change, const char* implementation) {
    const TestRun run = kata.run("five_examples", implementation);
    const Objection objection = cycle.ran(change, run);
    trace::counter("tests that pass", run.passed);
    add_lights(grid, name, run, kata.output());
    table.rows.push_back({name,
                          *implementation ? std::to_string(lines(implementation)) : "0",
                          colour(run), std::string(to_string(objection))});
    return std::pair(run, objection);
  };
  const auto [first, no_objection] = step("five tests, no code", Change::test, "");
  const std::string complaint = kata.output();
  const auto [stub, stub_objection] =
      step("a function that returns \"\"", Change::code, "1_stub");
  const auto [minimal, minimal_objection] =
      step("a table of the examples", Change::code, "2_table");
  const auto [rules, rules_objection] =
      step("thirteen rules", Change::structure, "3_rules");
  story.table(table);
  story.table(grid);

  // The control: another team writes the code first.
  Cycle backwards;
  const Objection early = backwards.ran(Change::code, TestRun{});
  Cycle late;
  const Objection never_red = late.ran(Change::test, rules);

  story.claim(
      "25.1",
      no_objection == Objection::none && !first.green() &&
          complaint.find("roman") != complaint.npos &&
          early == Objection::code_before_test,
      "with tests and no code, the program could not be linked. Control: with code "
      "and no test, the referee objects: {}",
      to_string(early));
  story.claim(
      "25.2",
      stub.failed == 5 && stub.passed == 0 && never_red == Objection::test_never_failed,
      "{} of 5 tests failed on an empty function. Control: if a new test passes at once, "
      "the referee objects: {}",
      stub.failed, to_string(never_red));
  story.claim(
      "25.3",
      minimal.passed == 5 && minimal.failed == 0 && minimal_objection == Objection::none,
      "{} of 5 tests pass with the least code, a table of five entries", minimal.passed);
  story.claim("25.4",
              rules.passed == 5 && rules_objection == Objection::none &&
                  rules.tests_checksum == first.tests_checksum,
              "{} lines became {}, and the unchanged tests stayed green: {} of 5",
              lines("2_table"), lines("3_rules"), rules.passed);
  story.takeaway(
      "Work in small steps: red, green, refactor. Then you know which step broke a "
      "test.");
}

void examples(lab::Story& story, const Knobs& knobs) {
  story.say(
      "Two more suites test both solutions: one example per rule, and two properties. "
      "Expect them to refuse the table.");
  story.picture(lab::Picture::tree, {"Three suites, two solutions; red: a test failed"});
  constexpr const char* kFirst = "five_examples";
  Kata kata(*knobs.largest);
  lab::Table table{"Who passes", {"suite", "the table", "the rules"}, {}};
  lab::Table counts{"Tests that pass", {"suite and code", "passed"}, {}};
  lab::Table grid{
      "Three suites, two solutions; red: a test failed", {"code", "suite", "light"}, {}};
  std::vector<bool> table_passes, rules_pass;
  std::string counterexample;
  for (const std::string suite : {kFirst, "example_per_rule", "properties"}) {
    const TestRun minimal = kata.run(suite, "2_table");
    if (suite == "properties") counterexample = kata.output();
    const TestRun rules = kata.run(suite, "3_rules");
    table.rows.push_back({suite, colour(minimal), colour(rules)});
    std::string spoken = suite;
    std::ranges::replace(spoken, '_', ' ');
    grid.rows.push_back({spoken, "", ""});
    for (const auto& [code, run] :
         {std::pair{"the table", minimal}, std::pair{"the rules", rules}}) {
      const std::string name = fmt::format("{}, {}", suite, code);
      if (suite != kFirst) counts.rows.push_back({name, std::to_string(run.passed)});
      grid.rows.push_back(
          {fmt::format("{}, {}", spoken, code), spoken, run.green() ? "green" : "red"});
    }
    table_passes.push_back(minimal.green());
    rules_pass.push_back(rules.green());
  }
  story.table(table);
  story.table(counts);
  story.table(grid);
  while (counterexample.ends_with('\n')) counterexample.pop_back();
  story.claim(
      "25.3",
      table_passes == std::vector<bool>{true, false, false} &&
          rules_pass == std::vector<bool>{true, true, true},
      "the table passes only its five examples, and a property refuted it at once "
      "({}). Control: the rules pass all three suites",
      counterexample);
  story.nuance("25.3",
               "As long as a table passes, the examples do not yet require the rule.");
  story.takeaway(
      "Examples check the cases that you thought of. A property checks the general "
      "rule.");
}

void mutants(lab::Story& story, const Knobs& knobs) {
  constexpr const char* kSuites[] = {"five_examples", "example_per_rule", "properties"};
  story.say(
      "We plant one fault in each of 15 copies of the code and run three suites on each. "
      "The five examples should miss some of them.");
  story.picture(lab::Picture::tree,
                {"Fifteen mutants, three suites; red: a test failed"});
  Kata kata(*knobs.largest);
  const std::vector<Mutant> planted = mutants_of(Kata::text("3_rules.cpp"));
  std::vector<std::string> sources;
  for (const Mutant& mutant : planted) sources.push_back(mutant.source);

  lab::Table table{"Fifteen mutants and what the tests say",
                   {"mutant", "five examples", "one per rule", "properties"},
                   {}};
  lab::Table grid{"Fifteen mutants, three suites; red: a test failed",
                  {"suite", "mutant", "light"},
                  {}};
  std::vector<std::vector<bool>> green;
  for (const char* suite : kSuites) green.push_back(kata.stays_green(suite, sources));
  std::vector<int> noticed(green.size());
  for (std::size_t i = 0; i < planted.size(); ++i) {
    std::vector<std::string> row = {planted[i].name};
    grid.rows.push_back({planted[i].name, "", ""});
    for (std::size_t suite = 0; suite < green.size(); ++suite) {
      row.push_back(green[suite][i] ? "green" : "red");
      noticed[suite] += !green[suite][i];
      grid.rows.push_back(
          {fmt::format("{}: {}", planted[i].name, table.columns[suite + 1]),
           planted[i].name, row.back()});
    }
    table.rows.push_back(row);
  }
  story.table(table);
  story.table(grid);
  story.table({"Mutants that each suite noticed",
               {"suite", "of 15"},
               {{"five examples", std::to_string(noticed[0])},
                {"an example for each rule", std::to_string(noticed[1])},
                {"two properties", std::to_string(noticed[2])}}});
  const auto of = [&](std::string_view part, std::size_t suite) {
    const auto at = std::ranges::find_if(planted, [&](const Mutant& mutant) {
      return mutant.name.find(part) != mutant.name.npos;
    });
    return at != planted.end() &&
           green[suite][static_cast<std::size_t>(at - planted.begin())];
  };
  const int all = static_cast<int>(planted.size());
  story.claim(
      "25.4",
      of("{500", 0) && !of("{900", 0) && noticed[0] < noticed[1] && noticed[1] < all &&
          noticed[2] == all,
      "the five examples noticed {} of {} faults, one example per rule {}, and two "
      "properties {}",
      noticed[0], all, noticed[1], noticed[2]);
  story.nuance("25.4", "Coverage would praise the five tests: they run every line.");
  story.takeaway(
      "After a refactoring, green means only that what the tests check still holds.");
}

}  // namespace lab25
