// page.hpp: what the program reads from a question's page, labs/NN_name/README.md. The text
// stands there and nowhere else, so that no second copy can drift.
#pragma once

#include <string>
#include <vector>

#include "core/catalog.hpp"

namespace runner {

struct FollowUp {
  std::string question;
  std::string answer;
};

// Each text is in one line and without Markdown. What a page does not have is empty.
struct Page {
  std::string spoken;                  // the answer as one says it
  std::vector<std::string> must_say;   // its sentences, as the page proves them
  std::vector<std::string> proven_by;  // the first claim of each: "14.1", or ""
  std::vector<std::string> senior;  // the bold sentences of what makes it a senior answer
  std::string wrong;                // the usual wrong answer, in its own words
  std::vector<FollowUp> follow_ups;  // what they ask next
};

[[nodiscard]] Page parse_page(const std::string& text);

// The lab's; all empty if there is none.
[[nodiscard]] Page page_of(const Lab& lab, const Place& place);

}  // namespace runner
