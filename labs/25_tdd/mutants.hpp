// mutants.hpp: small faults planted in a source text, one in each copy.
//
//   {500, "D"},    a rule is removed
//   >=             becomes >
//   +=             becomes =
//
// A test suite that stays green on a mutant does not pin what was changed.
//
// Cost      One copy of the text for each mutant.
// Source    DeMillo, Lipton, Sayward: Hints on Test Data Selection (1978).
// Left out  Mutants that mean the same as the original: look at each that survives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lab25 {

struct Mutant {
  std::string name;  // "without {500, \"D\"}", ">= became >"
  std::string source;
};

std::vector<Mutant> mutants_of(std::string_view source);

}  // namespace lab25
