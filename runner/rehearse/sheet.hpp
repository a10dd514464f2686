// sheet.hpp: `./lab sheet [LAB...]`, each question as one printed page: what one says, the
// picture, three points that make it a senior answer, the usual wrong answer, the code for the
// whiteboard.
//
//   DIR/05_backpressure.html   opens without a network, prints on A4 and on Letter
//   DIR/05_backpressure.pdf    with --pdf, as Chromium prints it
//
// Lifetime  A sheet is written beside its place and then put there: whoever opens it finds the
//           old one or the new one. Ctrl-C ends Chromium, and leaves the sheets that are done.
// Errors    A lab that is none, or an impossible DIR or paper, throws Usage before anything is
//           written. What cannot be written throws lab::Error.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/catalog.hpp"

namespace runner {

struct SheetOptions {
  std::vector<std::string> labs{};  // none: all
  std::filesystem::path out = "sheets";
  bool pdf = false;
  std::string paper = "a4";
};

// The labs that were typed, each once, in the order of the catalogue; all if none was.
[[nodiscard]] std::vector<Lab> labs_of_sheets(const Catalog& catalog,
                                              const std::vector<std::string>& typed);

// "file:///home/a%20b/05.html"
[[nodiscard]] std::string file_url(const std::filesystem::path& file);

// The first Chromium or Chrome of these folders, which a colon separates, as in $PATH.
[[nodiscard]] std::optional<std::filesystem::path> browser_in(std::string_view folders);

// Exit code 0; 77 if there is no Chromium for --pdf; or 128 and the signal that ended it. A lab
// without a recorded run has a sheet without a picture, which is told.
int sheet(const Catalog& catalog, const Place& place, const SheetOptions& options);

}  // namespace runner
