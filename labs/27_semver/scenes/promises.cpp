// promises.cpp: one program, linked once, and the releases that come after.
#include <fmt/ranges.h>

#include "scenes/scenes.hpp"
#include "world/releases.hpp"

namespace lab27 {

using lab::Picture;
using lab::Story;

namespace {

lab::Table table_of(const char* title) {
  return {title, {"installed", "program", "what happens"}, {}};
}

void add(lab::Table& table, std::string installed, std::string program,
         const Meeting& meeting) {
  table.rows.push_back({std::move(installed), std::move(program), meeting.said});
}

}  // namespace

void patch(Story& story, const Knobs&) {
  story.say(
      "The program shop was linked with price 1.2.0. 95 cents less 10 % are 85.5 cents, "
      "which 1.2.0 cuts off to 85. Then 1.2.1 is installed. The result should change, "
      "and the functions should not.");
  story.picture(Picture::nodes, {"shop", "price 1.2.0", "price 1.2.1"});
  const Releases releases;
  const Meeting before = releases.start("shop", "1.2.0");
  const Meeting after = releases.start("shop", "1.2.1");
  lab::Table table = table_of("A patch");
  add(table, "1.2.0", "shop", before);
  add(table, "1.2.1", "shop", after);
  story.table(table);

  const auto functions = releases.functions_of("1.2.1");
  const bool same = functions == releases.functions_of("1.2.0");
  const bool minor_differs = functions != releases.functions_of("1.3.0");
  story.claim(
      "27.4",
      before.said == "85 cents" && after.said == "86 cents" && same && minor_differs,
      "the same program printed {} with 1.2.0 and {} with 1.2.1; the functions {} ({}). "
      "Control: those of 1.3.0 {}",
      before.said, after.said, same ? "are the same" : "differ",
      fmt::join(functions, ", "), minor_differs ? "differ" : "are the same too");
  story.nuance(
      "27.4",
      "The fix still breaks a caller that relied on 85: with enough users, every "
      "behaviour is somebody's API.");
  story.takeaway(
      "A patch changes a result that was wrong, and leaves the functions as they were.");
}

void minor(Story& story, const Knobs&) {
  story.say(
      "1.3.0 adds a function. The program shop, which was linked with 1.2.0, should run "
      "as before. The program tax_shop was linked with 1.3.0 and needs the new function. "
      "It should fail where 1.2.0 is installed.");
  story.picture(Picture::nodes, {"shop", "tax_shop", "price 1.3.0", "price 1.2.0"});
  const Releases releases;
  const Meeting old_program = releases.start("shop", "1.3.0");
  const Meeting new_program = releases.start("tax_shop", "1.3.0");
  const Meeting backwards = releases.start("tax_shop", "1.2.0");
  lab::Table table = table_of("A minor release");
  add(table, "1.3.0", "shop", old_program);
  add(table, "1.3.0", "tax_shop", new_program);
  add(table, "1.2.0", "tax_shop", backwards);
  story.table(table);

  const bool added = releases.functions_of("1.3.0").contains("price_with_tax") &&
                     !releases.functions_of("1.2.0").contains("price_with_tax");
  story.claim(
      "27.3",
      old_program.said == "86 cents" && new_program.ran && added && !backwards.ran,
      "the old program ran with 1.3.0 ({}) and so did the new one ({}). Control: with "
      "1.2.0 the new one ended with \"{}\"",
      old_program.said, new_program.said, backwards.said);
  story.takeaway(
      "Minor releases are compatible in one direction only. That is why ^1.3.0 has a "
      "lower bound: earlier releases lack the new function.");
}

void major(Story& story, const Knobs&) {
  story.say(
      "2.0.0 renames the function that shop calls. The file's name has the major "
      "number, so shop should not find it. Then 2.0.0 gets the name of version 1, and "
      "so does 3.0.0, where an argument's meaning changed.");
  story.picture(Picture::nodes, {"shop", "price 1.2.0", "price 2.0.0", "price 3.0.0"});
  const Releases releases;
  const Meeting same_major = releases.start("shop", "1.2.0");
  const Meeting next_major = releases.start("shop", "2.0.0");
  const Meeting renamed = releases.start_disguised("shop", "2.0.0", "1");
  const Meeting misread = releases.start_disguised("shop", "3.0.0", "1");
  lab::Table table = table_of("A major release");
  add(table, "1.2.0", "shop", same_major);
  add(table, "2.0.0", "shop", next_major);
  add(table, "2.0.0, called 1", "shop", renamed);
  add(table, "3.0.0, called 1", "shop", misread);
  story.table(table);

  story.claim("27.2", same_major.ran && !next_major.ran && !renamed.ran,
              "with 2.0.0 the program did not start: \"{}\". Nor did it with 2.0.0 under "
              "the name of version 1: \"{}\". Control: it ran with 1.2.0",
              next_major.said, renamed.said);
  story.nuance(
      "27.2",
      "Nothing enforces the promise. With 3.0.0 under the name of version 1 the "
      "program ran and printed {}: a function that keeps its name and changes its "
      "meaning breaks callers silently.",
      misread.said);
  story.takeaway(
      "A new major number is a warning: read the changes first. Nobody checks that "
      "authors change the number when they should.");
}

}  // namespace lab27
