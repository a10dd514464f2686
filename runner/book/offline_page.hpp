// offline_page.hpp: the studio's page as a file that opens without a studio, from disk too.
//
//   the page --> asks for /api/lab/05 --> web/src/offline.ts --> an answer that came along
//
// A browser lets a file:// page load no module and fetch nothing. So the answers stand in the
// page itself (whole_page), or in classic scripts beside it (linked_page, answers_script).
//
// Security  An answer may hold any bytes: none of them ends the element or the script that it
//           stands in, and what is not UTF-8 becomes U+FFFD, as a browser would read it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace runner {

// By the path that the page asks for, decoded: "/api/source?path=labs/05_x/main.cpp".
using OfflineAnswers = std::map<std::string, std::string>;

struct OfflinePage {
  std::string route;  // what it shows where the address names nothing: "lab/05"
  std::string title;
  std::string about{};        // in a sentence or two, for who cannot run scripts
  std::int64_t recorded = 0;  // Unix ms
};

// What the page is made of, as web/build.mjs leaves it.
struct PageAssets {
  std::string script;
  std::string style;

  // Throws Usage where the page is not built.
  static PageAssets of(const std::filesystem::path& web);
};

// web/dist, or $UNDERLOOP_WEB.
[[nodiscard]] std::filesystem::path web_folder(const std::filesystem::path& root);

// One file, with everything inside.
[[nodiscard]] std::string whole_page(const OfflinePage& page,
                                     const OfflineAnswers& answers,
                                     const PageAssets& assets);

// One page of many, with book.js and book.css beside it. `scripts` are loaded at once, the
// page asks for others when it needs them.
[[nodiscard]] std::string linked_page(const OfflinePage& page,
                                      const std::vector<std::string>& scripts);

// What is not UTF-8 in it becomes U+FFFD.
[[nodiscard]] std::string as_utf8(const std::string& text);

// A script that hands these answers to the page.
[[nodiscard]] std::string answers_script(const OfflineAnswers& answers);

}  // namespace runner
