// judge.hpp: what was typed, held against what the run did.
//
// Errors    What cannot be understood is a normal answer (nullopt), never an exception.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drill/item.hpp"

namespace runner {

// SM-2's grades for a prediction; a follow-up is graded by its reader. Below `known` an
// item comes back in the same session (step 7).
namespace grades {
inline constexpr int right = 4;
inline constexpr int wrong = 1;
inline constexpr int known = 4;
}  // namespace grades

// "64 KiB": 64 as written, 65536 in its base unit.
struct Quantity {
  double written;
  double base;
  bool has_unit;
};

std::optional<Quantity> parse_quantity(std::string_view text);

// The item's own items, in an order that tells nothing, another one each `round`.
std::vector<std::string> shown_items(const DrillItem& item, int round);

// A prediction in the words of the trace: places in `shown` become names; an order needs
// each item once. Nothing if it is none.
std::optional<std::string> parse_prediction(const DrillItem& item,
                                            const std::vector<std::string>& shown,
                                            std::string_view typed);

// How to type one: "the numbers in order, such as 2 1 3".
std::string prediction_form(const DrillItem& item, std::size_t shown);

// An answer of the run that this item can be judged by.
bool fits(const DrillItem& item, const std::string& answer);

bool right(const DrillItem& item, const std::string& predicted,
           const std::string& answer);

}  // namespace runner
