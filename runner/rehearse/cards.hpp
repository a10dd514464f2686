// cards.hpp: `./lab cards FILE`, all questions as a deck of flash cards.
//
// Format    Anki's text import: header lines that begin with #, then a card a line, with the
//           fields front, back and tags, separated by tabs, in HTML. What could break a line or
//           a field is escaped, so that no quoting is needed.
// Source    https://docs.ankiweb.net/importing/text-files.html
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/catalog.hpp"
#include "core/day.hpp"
#include "drill/item.hpp"

namespace runner {

struct CardsOptions {
  std::filesystem::path file{};
  std::string section{};
  std::string lab{};
};

// Text as HTML on one line. Text of several lines is code, and keeps them.
[[nodiscard]] std::string card_text(std::string_view text);

[[nodiscard]] std::string cards_head();

// A line, with its end. `answer` is what the run of that day said, for a scenario.
[[nodiscard]] std::string card_line(const DrillItem& item, const std::string& answer,
                                    Day day);

// Each scenario is played, and its answer read there; one without an answer is told and left
// out. Exit code 0, 1 if one was left out, or 128 and the signal that ended it.
int cards(const Catalog& catalog, const Place& place, const CardsOptions& options);

}  // namespace runner
