#include "mutants.hpp"

#include <regex>

namespace lab25 {

namespace {

struct Fault {
  std::regex pattern;
  std::string replacement;
  std::string name;  // $1 is the pattern's first group
};

const std::vector<Fault>& faults() {
  static const std::vector<Fault> kFaults = {
      {std::regex(R"re((\{\d+, "[A-Z]+"\}),?\s*)re"), "", "without $1"},
      {std::regex(">="), ">", ">= became >"},
      {std::regex(R"(\+=)"), "=", "+= became ="},
  };
  return kFaults;
}

}  // namespace

// Step 5: one change at a time, so that a red test names the line that it pins.
std::vector<Mutant> mutants_of(std::string_view source) {
  const std::string text(source);
  std::vector<Mutant> mutants;
  for (const Fault& fault : faults()) {
    for (std::sregex_iterator at(text.begin(), text.end(), fault.pattern), end; at != end;
         ++at) {
      const auto place = static_cast<std::size_t>(at->position());
      std::string mutant = text;
      mutant.replace(place, static_cast<std::size_t>(at->length()), fault.replacement);
      mutants.push_back({at->format(fault.name), std::move(mutant)});
    }
  }
  return mutants;
}

}  // namespace lab25
