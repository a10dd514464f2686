// Tests that are green and prove nothing, and what finds them.
#include "scenes/scenes.hpp"
#include "world/suites.hpp"

namespace lab24 {

namespace {

std::string exit_of(const SuiteRun& run) {
  return fmt::format("exit {}", run.exit.code);
}

}  // namespace

void trust(lab::Story& story, const Knobs& knobs) {
  story.say(
      "The same expectation fails in a test, in a test that forgets to wait, and without "
      "a runner. Only the first should be reported. Then tests that share a list run in "
      "{} random orders.",
      *knobs.orders);
  story.picture(lab::Picture::tree, {"Who notices; red: a test failed"});
  const SuiteRun waits = run_suite("untrusted", {"--gtest_filter=Waiting.IsDone"});
  const SuiteRun forgets = run_suite("untrusted", {"--gtest_filter=Waiting.IsForgotten"});
  const SuiteRun alone = run_suite("no_runner", {});

  lab::Table table{
      "One failing expectation", {"where it fails", "tests failed", "exit"}, {}};
  table.rows = {{"a runner", std::to_string(waits.failed.size()), exit_of(waits)},
                {"a test that forgets to wait", std::to_string(forgets.failed.size()),
                 exit_of(forgets)},
                {"an assertion without a runner", "nobody counts", exit_of(alone)}};
  lab::Table grid{"Who notices; red: a test failed", {"test run", "kind", "light"}, {}};
  grid.rows = {{"a failing expectation", "", ""},
               {"a runner", "a failing expectation", colour(waits.green())},
               {"forgot to wait", "a failing expectation", colour(forgets.green())},
               {"no runner", "a failing expectation", colour(alone.exit.ok())}};
  const auto shuffled = [&](const char* name, const char* filter) {
    int red = 0;
    grid.rows.push_back({name, "", ""});
    for (int seed = 1; seed <= *knobs.orders; ++seed) {
      const SuiteRun run = run_suite(
          "untrusted",
          {filter, "--gtest_shuffle", fmt::format("--gtest_random_seed={}", seed)});
      red += !run.green();
      if (seed <= 10)
        grid.rows.push_back(
            {fmt::format("{}, seed {}", name, seed), name, colour(run.green())});
    }
    return red;
  };
  const bool in_order = run_suite("untrusted", {"--gtest_filter=Shared.*"}).green();
  const int shared = shuffled("one list for all", "--gtest_filter=Shared.*");
  const int own = shuffled("a list for each", "--gtest_filter=Own.*");
  story.table(table);
  story.table({"Shuffled orders that were red",
               {"tests", "red"},
               {{"one list for all", std::to_string(shared)},
                {"a list for each", std::to_string(own)}}});
  story.table(grid);

  story.claim("24.3",
              waits.failed.size() == 1 && waits.exit.code == 1 && forgets.green() &&
                  alone.exit.code == 0 && alone.passed.empty(),
              "a runner reported the failure: exit {}; without a runner: exit {}",
              waits.exit.code, alone.exit.code);
  story.claim("24.3", in_order && shared > 0 && shared < *knobs.orders && own == 0,
              "one list for all: {} of {} shuffled orders red; a list for each: {}",
              shared, *knobs.orders, own);
  story.nuance("24.3",
               "A test that forgets to wait is always green. Mocha 12 says \"passing\"; "
               "`node --test` fails the file, but not the test.");
  story.takeaway(
      "Trust a test only if you have seen it red, and if it passes alone and in any "
      "order. To repeat a red order, keep its seed.");
}

}  // namespace lab24
