// recorded_lab.hpp: all that a page without a studio shows of a lab.
//
// The run is the one that the build recorded (build/<preset>/samples): a quick run of all
// scenes. Its events stay as they are; a line that is no event is left out.
#pragma once

#include <optional>

#include "book/offline_page.hpp"
#include "core/page.hpp"
#include "facts/answers.hpp"

namespace runner {

struct RecordedLab {
  Lab lab;
  Page page{};                   // its text
  std::optional<RunCard> run{};  // nothing: it was not built, or could not run here
  Json entry{};                  // of the list of all labs

  // Apart, because a page that shows one may never show the other.
  OfflineAnswers facts{};
  OfflineAnswers events{};
  OfflineAnswers code{};
  OfflineAnswers shared_code{};  // under common/, as far as the run leads there

  int proven() const { return run ? run->claims - run->failed : 0; }
};

[[nodiscard]] RecordedLab recorded_lab(const Lab& lab, const Place& place,
                                       LabFacts& facts);

// What is asked about all labs: /api/catalog, runs, ledger and bench.
[[nodiscard]] OfflineAnswers shared_answers(const std::vector<RecordedLab>& labs,
                                            const Json& bench);

// When the newest of these runs was recorded, in Unix ms; 0: none was.
[[nodiscard]] std::int64_t recorded_at(const std::vector<RecordedLab>& labs);

// The page of a lab for each route: "lab/05" shows the lab, "sheet/05" its sheet.
[[nodiscard]] OfflinePage page_about(const RecordedLab& lab, std::string_view kind);

// One file that shows this lab and nothing else: ./lab sheet writes it.
[[nodiscard]] std::string whole_lab_page(const RecordedLab& lab, std::string_view kind,
                                         const PageAssets& assets);

}  // namespace runner
