// page.hpp: what the program reads from a question's page, labs/NN_name/README.md. The text
// stands there and nowhere else, so that no second copy can drift.
#pragma once

#include <string>
#include <vector>

namespace runner {

// The answer as one says it: the words under "The answer in 30 seconds", in one line and
// without Markdown. Empty if the page has none.
[[nodiscard]] std::string spoken_answer(const std::string& page);

// The three sentences to remember: the first bold ones of "What makes it a senior answer".
[[nodiscard]] std::vector<std::string> remembered(const std::string& page);

}  // namespace runner
