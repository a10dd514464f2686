#include "tdd.hpp"

namespace lab25 {

std::string_view to_string(Objection objection) {
  switch (objection) {
    case Objection::none:
      return "none";
    case Objection::code_before_test:
      return "code came before a failing test";
    case Objection::test_never_failed:
      return "the new test has never failed";
    case Objection::refactored_on_red:
      return "refactored while a test was red";
    case Objection::behaviour_changed:
      return "the refactoring changed behaviour";
    case Objection::tests_changed_along:
      return "the tests were changed along with it";
  }
  return "";
}

// Step 3: the state follows the tests, whatever the objection is.
Objection Cycle::ran(Change change, const TestRun& run) {
  const Objection objection = judge(change, run);
  tests_ = run.tests_checksum;
  if (run.green()) {
    now(true);
  } else {
    now(false);
  }
  return objection;
}

// Step 4: the order of the three kinds of change. Each rule keeps one question answerable:
// who turned the tests red?
Objection Cycle::judge(Change change, const TestRun& run) const {
  if (change == Change::test) {
    return run.green() ? Objection::test_never_failed : Objection::none;
  }
  if (run.tests_checksum != tests_) return Objection::tests_changed_along;
  if (change == Change::code) {
    return green_ ? Objection::code_before_test : Objection::none;
  }
  if (!green_) return Objection::refactored_on_red;
  return run.green() ? Objection::none : Objection::behaviour_changed;
}

void Cycle::now(bool green, lab::Where where) {
  green_ = green;
  if (on_state_) on_state_(green, where);
}

}  // namespace lab25
