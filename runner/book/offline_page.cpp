#include "book/offline_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/catalog.hpp"
#include "core/read_text.hpp"

namespace runner {

namespace {

using Json = nlohmann::json;

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size())
    text.replace(at, what.size(), with);
}

// JSON that is safe in a script element and in a script: all of these stand in strings only.
std::string in_script(const Json& json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  replace_all(text, "<", "\\u003c");
  replace_all(text, "\u2028", "\\u2028");
  replace_all(text, "\u2029", "\\u2029");
  return text;
}

std::string in_html(const std::string& bytes) {
  std::string text = as_utf8(bytes);
  replace_all(text, "&", "&amp;");
  replace_all(text, "<", "&lt;");
  replace_all(text, ">", "&gt;");
  replace_all(text, "\"", "&quot;");
  return text;
}

// The page's own code between two tags. Only these end it: a bare `</` may end a regular
// expression.
std::string code_in_script(std::string code) {
  constexpr std::string_view kEnd = "</script";
  const auto same = [](char a, char b) {
    return a == b || (b >= 'a' && b <= 'z' && a == b - 'a' + 'A');
  };
  for (auto at = code.begin();
       (at = std::search(at, code.end(), kEnd.begin(), kEnd.end(), same)) != code.end();)
    at = code.insert(at + 1, '\\');
  replace_all(code, "<!--", "<\\!--");
  return code;
}

std::string style_in_page(std::string style) {
  replace_all(style, "</", "<\\/");
  return style;
}

// `told` is what offline.ts reads; `head` and `end` are the styles and the scripts.
std::string document(const OfflinePage& page, const Json& told, const std::string& head,
                     const std::string& end) {
  return fmt::format(R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>{title}</title>
<meta name="description" content="{about}">
<meta property="og:title" content="{title}">
<meta property="og:description" content="{about}">
<link rel="icon" href="data:,">
{head}
<body>
<div id="app"></div>
<noscript><h1>{title}</h1><p>{about}</p><p>The pictures need JavaScript.</p></noscript>
<script type="application/json" id="underloop">{told}</script>
{end}
</body>
</html>
)",
                     fmt::arg("title", in_html(page.title)),
                     fmt::arg("about", in_html(page.about)), fmt::arg("head", head),
                     fmt::arg("told", in_script(told)), fmt::arg("end", end));
}

Json told_of(const OfflinePage& page, bool book, const OfflineAnswers& answers) {
  return {{"page", page.route},
          {"recorded", page.recorded},
          {"book", book},
          {"answers", Json(answers)}};
}

}  // namespace

std::string as_utf8(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace))
      .get<std::string>();
}

std::filesystem::path web_folder(const std::filesystem::path& root) {
  const char* folder = std::getenv("UNDERLOOP_WEB");
  return folder && *folder ? std::filesystem::path(folder) : root / "web" / "dist";
}

PageAssets PageAssets::of(const std::filesystem::path& web) {
  auto script = read_text(web / "whole.js");
  auto style = read_text(web / "app.css");
  if (!script || !style) {
    throw Usage(
        "the page is not built: npm ci --prefix web && npm run build --prefix web");
  }
  return {std::move(*script), std::move(*style)};
}

std::string whole_page(const OfflinePage& page, const OfflineAnswers& answers,
                       const PageAssets& assets) {
  return document(page, told_of(page, false, answers),
                  fmt::format("<style>{}</style>", style_in_page(assets.style)),
                  fmt::format("<script>{}</script>", code_in_script(assets.script)));
}

std::string linked_page(const OfflinePage& page,
                        const std::vector<std::string>& scripts) {
  std::string end;
  for (const std::string& script : scripts)
    end += fmt::format("<script defer src=\"{}\"></script>\n", in_html(script));
  return document(page, told_of(page, true, {}),
                  R"(<link rel="stylesheet" href="book.css">)",
                  end + R"(<script defer src="book.js"></script>)");
}

std::string answers_script(const OfflineAnswers& answers) {
  return fmt::format(
      "self.underloopAnswers=Object.assign(self.underloopAnswers||{{}},{});\n",
      in_script(Json(answers)));
}

}  // namespace runner
