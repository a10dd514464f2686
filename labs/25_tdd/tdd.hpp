// tdd.hpp: the cycle of test-driven development, as a referee who watches the test runs.
//
//   green --a new test fails--> red --code makes it pass--> green --refactoring--> green
//
// Errors    None are thrown: what breaks the discipline is returned as an objection, and
//           the state goes by the tests all the same.
// Source    K. Beck, Test-Driven Development by Example.
// Left out  How small a step should be. That is felt, not checked.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "lab/core/where.hpp"

namespace lab25 {

// Step 1: what a person changed since the last run of the tests.
enum class Change { test, code, structure };  // structure: refactoring

// Step 2: what the run said. A program that cannot be built is red, too.
struct TestRun {
  bool built = true;
  int passed = 0;
  int failed = 0;
  std::size_t tests_checksum = 0;  // of the tests' text

  bool green() const { return built && failed == 0; }
};

enum class Objection {
  none,
  code_before_test,     // nothing red asked for this code
  test_never_failed,    // a test that has not been red may test nothing
  refactored_on_red,    // behaviour and structure change at once
  behaviour_changed,    // a refactoring turned a test red
  tests_changed_along,  // code and tests moved together, so they prove nothing
};

std::string_view to_string(Objection objection);

class Cycle {
 public:
  using OnState = std::function<void(bool green, lab::Where)>;

  bool green() const { return green_; }
  void on_state(OnState callback) { on_state_ = std::move(callback); }

  // The tests ran after `change`.
  [[nodiscard]] Objection ran(Change change, const TestRun& run);

 private:
  Objection judge(Change change, const TestRun& run) const;
  void now(bool green, lab::Where where = {__builtin_FILE(), __builtin_LINE()});

  bool green_ = true;  // no test, none red
  std::size_t tests_ = 0;
  OnState on_state_;
};

}  // namespace lab25
