// engines.cpp: one text, three regular expression engines, patterns with and without ambiguity.
#include "world/engines.hpp"

#include <regex>
#include <vector>

#include "lab/core/text.hpp"
#include "scenes/scenes.hpp"

namespace lab23 {

namespace {

constexpr char kAmbiguous[] = "(a+)+";
constexpr char kPlain[] = "a+";
// Long, with much to choose from, but never two ways to the same place.
constexpr char kLong[] =
    "([a-z]{1,20}\\.){0,5}[a-z0-9!?_-]+@(x|y|z|w)\\.(com|org|net|edu)";

Effort effort(Engine engine, const char* pattern, std::size_t letters) {
  return match(engine, pattern, std::string(letters, 'a') + '!');
}

std::uint64_t looks(const char* pattern, std::size_t letters,
                    Engine engine = Engine::std_regex) {
  return effort(engine, pattern, letters).looks;
}

lab::Table efforts(const std::string& title, const char* pattern,
                   const std::vector<std::size_t>& lengths) {
  lab::Table table{title, {"a's", "RE2, time", "Boost.Regex", "std::regex"}, {}};
  for (const std::size_t letters : lengths) {
    const Effort boost = effort(Engine::boost_regex, pattern, letters);
    table.rows.push_back(
        {std::to_string(letters),
         lab::text::time(effort(Engine::re2, pattern, letters).cpu),
         std::to_string(boost.looks) + (boost.gave_up ? ", gives up" : ""),
         std::to_string(looks(pattern, letters))});
  }
  return table;
}

// Twice the text is at most some twice the work.
bool is_linear(const char* pattern, Engine engine) {
  return looks(pattern, 900, engine) < 3 * looks(pattern, 450, engine);
}

}  // namespace

void engines(Story& story, const Knobs& knobs) {
  const auto most = static_cast<std::size_t>(*knobs.letters);
  story.say(
      "The text aaa...! does not match (a+)+. How often does each engine look at a "
      "letter until it knows? The engines that backtrack should need twice as many "
      "looks for each extra letter, until they give up.");
  story.picture(lab::Picture::bars, {"Ambiguous: (a+)+"});
  story.table(efforts("Ambiguous: (a+)+", kAmbiguous, {8, 16, most}));
  story.table(efforts("Not ambiguous: a+", kPlain, {16, 250, 900}));

  const std::uint64_t before = looks(kAmbiguous, most - 1);
  const std::uint64_t after = looks(kAmbiguous, most);
  bool linear = true;
  for (const char* pattern : {kPlain, kLong})
    linear = linear && is_linear(pattern, Engine::std_regex) &&
             is_linear(pattern, Engine::boost_regex);
  const Effort boost = effort(Engine::boost_regex, kAmbiguous, 100);
  const Effort automaton = effort(Engine::re2, kAmbiguous, 100'000);
  const auto count = [](std::uint64_t looks) {
    return lab::text::count(static_cast<double>(looks));
  };
  story.claim("23.4",
              after > before * 19 / 10 && after < before * 21 / 10 && linear &&
                  boost.looks > 10'000 && !automaton.gave_up,
              "with one letter more std::regex looked {} times at a letter instead of {} "
              "times. Controls: without ambiguity, twice the text took less than 3 times "
              "the work; RE2 took {} for 100,000 letters",
              count(after), count(before), lab::text::time(automaton.cpu));
  story.nuance("23.4",
               "Ambiguity matters, not length. Boost.Regex gives up after {} looks at a "
               "letter. RE2 cannot explode, but it has no back references.",
               count(boost.looks));
  story.takeaway("With an ambiguous pattern, one short string can stop the server.");
}

}  // namespace lab23
