// types.cpp: what a program makes of a text.
#include <cstdlib>

#include "environment.hpp"
#include "scenes/scenes.hpp"

namespace lab28 {

namespace {

// What programs without a reader do.
bool truthy(const char* text) {
  return text && *text;
}  // if (process.env.DEBUG)

// The problem that a typed reader has with a text; "" if it has none.
template <class Read>
std::string problem(const char* name, const std::string& text, Read read) {
  Environment env({{{name, {text, "environment"}}}});
  read(env);
  try {
    env.check();
    return "";
  } catch (const InvalidEnvironment& invalid) {
    return invalid.problems().front();
  }
}

}  // namespace

void types(lab::Story& story, const Knobs&) {
  story.say(
      "The same texts are read twice: in the careless way of many programs, and by a "
      "typed reader. The careless way should find a value in each of them. The typed "
      "reader should refuse most.");
  story.picture(lab::Picture::bars, {"What a program makes of it"});

  lab::Table table{
      "What a program makes of it", {"variable", "careless", "typed reader"}, {}};
  int refused = 0, taken = 0;
  for (const char* text : {"false", "0", "no"}) {
    const std::string why =
        problem("DEBUG", text, [](Environment& env) { env.flag("DEBUG"); });
    table.rows.push_back({fmt::format("DEBUG={}", text), truthy(text) ? "true" : "false",
                          why.empty() ? text : "refused"});
    taken += truthy(text);
    refused += !why.empty();
  }
  for (const char* text : {"80a", "", "99999"}) {
    const std::string why =
        problem("PORT", text, [](Environment& env) { env.number("PORT", 1, 65'535); });
    table.rows.push_back({fmt::format("PORT={}", text), std::to_string(std::atoi(text)),
                          why.empty() ? text : "refused"});
    ++taken;  // atoi has a number for every text
    refused += !why.empty();
  }
  story.table(table);

  Environment all({{{"PORT", {"80a", "environment"}}, {"DEBUG", {"0", ".env:4"}}}});
  all.number("PORT", 1, 65'535);
  all.flag("DEBUG");
  all.text("DATABASE_URL");
  std::size_t told = 0;
  try {
    all.check();
  } catch (const InvalidEnvironment& invalid) {
    told = invalid.problems().size();
  }
  story.claim(
      "28.3", taken == 6 && refused == 5 && told == 3,
      "`if (DEBUG)` and atoi made a value of {} of 6 texts, \"no\" and \"80a\" among "
      "them. Control: the typed reader refused {} of them, and reported all {} mistakes "
      "of another service at once",
      taken, refused, told);

  story.nuance(
      "28.3",
      "In Node each read of process.env is a call into C++, and a value that you "
      "assign becomes text: process.env.X = undefined stores \"undefined\". A Worker "
      "gets a copy.");
  story.takeaway(
      "Read the environment once, at the start, into typed values. Refuse to start if "
      "one is wrong.");
}

}  // namespace lab28
