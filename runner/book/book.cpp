#include "book/book.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>

#include "lab/core/terminal.hpp"

namespace runner {

namespace {

// Who publishes a book need not tell the name of their machine and where their programs lie.
void forget_machine(Json& bench) {
  for (Json& one : bench["benches"]) {
    Json kept = Json::object();
    for (const char* key : {"num_cpus", "load_avg"}) {
      if (one["context"].contains(key)) kept[key] = one["context"][key];
    }
    one["context"] = std::move(kept);
  }
}

void add_page(BookFiles& files, const OfflinePage& page,
              const std::vector<std::string>& scripts) {
  files[file_of_route(page.route)] = linked_page(page, scripts);
}

void add_lab(BookFiles& files, const RecordedLab& lab) {
  const std::string base = "data/" + lab.lab.number;
  files[base + ".js"] = answers_script(lab.facts);
  files[base + "-code.js"] = answers_script(lab.code);
  if (lab.run) files[base + "-run.js"] = answers_script(lab.events);
  std::vector<std::string> scripts = {"data/all.js", base + ".js", base + "-code.js"};
  if (lab.run) scripts.push_back(base + "-run.js");
  for (const char* kind : {"lab", "sheet"})
    add_page(files, page_about(lab, kind), scripts);
}

std::vector<RecordedLab> read_labs(const Catalog& catalog, const Place& place) {
  const bool shows = lab::Terminal::of_stdout().interactive();
  LabFacts facts(place);
  std::vector<RecordedLab> labs;
  for (const Lab& lab : catalog.labs()) {
    if (shows) {
      fmt::print("\r\033[K{} of {}: {}", labs.size() + 1, catalog.labs().size(),
                 lab.name());
      std::fflush(stdout);
    }
    labs.push_back(recorded_lab(lab, place, facts));
  }
  if (shows) fmt::print("\r\033[K");
  return labs;
}

std::string told(const std::vector<RecordedLab>& labs, const BookFiles& files,
                 const std::filesystem::path& folder) {
  std::size_t bytes = 0, runs = 0;
  int claims = 0, proven = 0;
  for (const auto& [name, text] : files) bytes += text.size();
  for (const RecordedLab& lab : labs) {
    if (!lab.run) continue;
    ++runs;
    claims += lab.run->claims;
    proven += lab.proven();
  }
  return fmt::format(
      "{} pages, {} recorded runs, {} of {} claims hold, {:.1f} MB.\nOpen {}",
      labs.size(), runs, proven, claims, static_cast<double>(bytes) / 1e6,
      (folder / "index.html").string());
}

}  // namespace

std::string file_of_route(std::string_view route) {
  const std::string_view page = route.substr(0, route.find('/'));
  const std::string_view lab = route.substr(std::min(route.size(), page.size() + 1));
  if (page.empty()) return "index.html";
  if (page == "lab") return fmt::format("{}.html", lab);
  return lab.empty() ? fmt::format("{}.html", page)
                     : fmt::format("{}-{}.html", page, lab);
}

BookFiles book_files(const std::vector<RecordedLab>& labs, Json bench,
                     const PageAssets& assets) {
  forget_machine(bench);
  BookFiles files = {{"book.js", assets.script},
                     {"book.css", assets.style},
                     {".nojekyll", ""}};  // GitHub Pages takes the files as they are
  OfflineAnswers shared = shared_answers(labs, bench), common;
  auto measured = shared.extract("/api/bench");
  files["data/bench.js"] = answers_script({{measured.key(), measured.mapped()}});
  files["data/all.js"] = answers_script(shared);
  for (const RecordedLab& lab : labs) {
    add_lab(files, lab);
    common.insert(lab.shared_code.begin(), lab.shared_code.end());
  }
  files["data/common.js"] = answers_script(common);

  OfflinePage page{
      .route = "",
      .title = "Underloop: thirty backend questions, answered by running them",
      .about =
          "Each question of a senior Node.js backend interview is a small "
          "program. What it did stands here, recorded.",
      .recorded = recorded_at(labs)};
  add_page(files, page, {"data/all.js"});
  page.route = "ledger";
  page.title = "The ledger: every claim with its evidence · Underloop";
  add_page(files, page, {"data/all.js"});
  page.route = "compare";
  page.title = "Side by side: what was measured · Underloop";
  add_page(files, page, {"data/all.js", "data/bench.js"});
  return files;
}

int book(const Catalog& catalog, const Place& place, const BookOptions& options) {
  check_book_folder(options.folder);
  const PageAssets assets = PageAssets::of(web_folder(place.root));
  const auto labs = read_labs(catalog, place);
  const BookFiles files =
      book_files(labs, bench_answer(bench_folders(place, data_folder())), assets);
  publish_book(options.folder, files);
  std::vector<std::string> without;
  for (const RecordedLab& lab : labs) {
    if (!lab.run && lab.lab.written(place)) without.push_back(lab.lab.typed());
  }
  if (!without.empty()) {
    fmt::print(
        stderr,
        "lab: without a recorded run: {}; ./lab doctor tells what is missing here\n",
        fmt::join(without, ", "));
  }
  fmt::print("{}\n", told(labs, files, options.folder));
  return 0;
}

}  // namespace runner
