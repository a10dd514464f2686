// item.hpp: the questions of a lab, as its drill.json writes them.
//
//   scenario  a situation whose end is to be predicted. `play` says what to run and where
//             in that run the answer will stand; the answer itself is stored nowhere.
//   followup  a question with its answer, which you grade yourself.
//
// The fields are described in labs/DRILL.md.
//
// Errors    What is wrong with an item throws lab::Error, with the item and the field.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/catalog.hpp"

namespace runner {

// What to run, and where in that run's trace the answer will stand: in a table's cell, in
// the row that has the least or the most, in whether a claim held, or in an event.
struct Play {
  std::string scene;
  std::map<std::string, std::string> knobs{};  // name, and value as typed

  std::string table{};             // its title; "" is the only one with such a row
  std::vector<std::string> row{};  // what the row's first cells are
  std::string column{};            // "" is the last
  std::string pick{};              // "least" or "most": the row that has it in `column`
  std::string claim{};             // its id
  std::string event{};             // its name; the last one counts
  std::string arg{};               // of that event

  std::vector<std::string> flags() const;  // for the lab's program
};

struct DrillItem {
  enum class Kind { scenario, followup };
  enum class Predict { order, number, choice, outcome };

  std::string id;
  Lab lab;
  Kind kind = Kind::followup;
  std::string question{};

  Play play{};
  Predict predict = Predict::outcome;
  std::vector<std::string> items{};  // of an order or a choice, as the trace names them
  double within = 0;                 // percent by which a number may be off
  std::string why{};                 // said after the answer, right or wrong

  std::string answer{};  // of a follow-up
};

// `origin` is what an error calls the text.
std::vector<DrillItem> parse_drill(std::string_view text, const Lab& lab,
                                   std::string_view origin);

// The question itself, "NN-answer", with the spoken answer of its page; and all of
// labs/NN_name/drill.json. What is not there is left out.
std::vector<DrillItem> drill_of(const Lab& lab, const Place& place);

}  // namespace runner
