// book.hpp: `./lab book DIR`, all of it as one static site: each question's page with its
// recorded run, the code with its walk, the ledger, the benchmarks.
//
//   DIR/index.html ledger.html compare.html 05.html sheet-05.html   one file a page
//   DIR/book.js book.css                             the studio's page, for all of them
//   DIR/data/05.js 05-run.js 05-code.js all.js ...   what the pages ask for, in parts
//   DIR/book.json                                    that it is a book, and its files
//
// Lifetime  All is read first. Then the files are written beside DIR, and take its place at
//           once: whoever opens DIR finds the old book or the new one, never a part of one.
//           Ctrl-C while it is written leaves nothing.
// Errors    A DIR that is there and is no book throws Usage, also one to which somebody has
//           added files: they would be lost. What cannot be written throws lab::Error.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "book/recorded_lab.hpp"

namespace runner {

struct BookOptions {
  std::filesystem::path folder{};
};

// By their names in the folder: "data/05.js".
using BookFiles = std::map<std::string, std::string>;

// The name of the file that shows a route of the page: "lab/05" stands in 05.html.
[[nodiscard]] std::string file_of_route(std::string_view route);

// All files of the book, but book.json.
[[nodiscard]] BookFiles book_files(const std::vector<RecordedLab>& labs, Json bench,
                                   const PageAssets& assets);

// Throws Usage if something is there that is no book, or more than a book.
void check_book_folder(const std::filesystem::path& folder);

// Puts these files in the place of the folder, or of the book that is there.
void publish_book(const std::filesystem::path& folder, const BookFiles& files);

// Exit code 0; a lab without a recorded run is told.
int book(const Catalog& catalog, const Place& place, const BookOptions& options);

}  // namespace runner
