#include "studio/answers.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/steps.hpp"
#include "studio/mock.hpp"
#include "studio/plan.hpp"

namespace runner {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kLargestResult = 8u << 20;

Json about(const Lab& lab, const Place& place) {
  return {{"number", lab.number},          {"folder", lab.folder},
          {"question", lab.question},      {"section", lab.section},
          {"common", lab.common},          {"hard", lab.hard},
          {"written", lab.written(place)}, {"claims", lab.claims}};
}

struct Result {
  std::int64_t when = 0;
  Json json{};
};

// A JSON object in a file of ours, and when it was written; null if it is none.
Result read_result(const fs::path& file) {
  struct stat status {};
  if (file.extension() != ".json" || stat(file.c_str(), &status) != 0) return {};
  if (static_cast<std::uintmax_t>(status.st_size) > kLargestResult) return {};
  Json json = Json::parse(read_text(file).value_or(""), nullptr, false);
  if (!json.is_object()) return {};
  return {status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1'000'000,
          std::move(json)};
}

std::map<std::string, Result> results_in(const fs::path& folder) {
  std::map<std::string, Result> results;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    Result result = read_result(entry.path());
    if (!result.json.is_null()) results[entry.path().stem()] = std::move(result);
  }
  return results;
}

}  // namespace

Json StudioAnswers::catalog() const {
  std::map<std::string, const RunCard*> last;
  for (const RunCard* card : store_.newest_first()) last.emplace(card->lab, card);
  std::map<std::string, int> proven;
  const Json verdicts = ledger();
  for (const Json& entry : verdicts["entries"]) {
    proven[entry["lab"]] += entry["holds"] == true ? 1 : 0;
  }
  auto due = drill_.due();
  const Progress progress = plan_.progress();
  const Interviews interviews = plan_.interviews();
  Json labs = Json::array();
  for (const Lab& one : catalog_.labs()) {
    Json json = about(one, place_);
    json["seen"] = progress.run.contains(one.number);
    json["walked"] = progress.walked.contains(one.number);
    json["answered"] = interviews.last(one.number) != nullptr;
    const auto run = last.find(one.number);
    const bool recorded = run != last.end();
    json["proven"] = recorded ? Json(proven[one.number]) : Json();
    json["due"] = due.contains(one.number) ? Json(due[one.number]) : Json();
    json["last_run"] = recorded ? Json(run->second->id) : Json();
    std::error_code none;
    const auto size = fs::file_size(sample_of(place_, one.number), none);
    json["sample"] = !none && size > 0;
    labs.push_back(std::move(json));
  }
  return {{"labs", labs}};
}

Json StudioAnswers::lab(const Lab& lab) const {
  Json steps = Json::array();
  const auto sources = lab.written(place_) ? sources_of(place_.root, lab.source(place_))
                                           : std::vector<SourceFile>{};
  for (const Step& step : read_steps(sources).steps) {
    const std::string name = fs::path(step.file).filename();
    const auto lines = static_cast<int>(step.code.size());
    steps.push_back({{"number", step.number},
                     {"text", step.text},
                     {"file", name},
                     {"line", step.line},
                     {"until", std::max(step.line, step.code_line + lines - 1)}});
  }
  return {{"lab", about(lab, place_)},
          {"describe", facts_.describe(lab)},
          {"readme", read_text(lab.source(place_) / "README.md").value_or("")},
          {"files", shown_files(place_, lab)},
          {"steps", steps}};
}

Json StudioAnswers::runs() const {
  Json runs = Json::array();
  for (const RunCard* card : store_.newest_first()) runs.push_back(card->json());
  return {{"runs", runs}};
}

Json StudioAnswers::ledger() const {
  Json entries = Json::array();
  std::set<std::string> seen;
  for (const RunCard* card : store_.newest_first()) {
    for (const Json& claim : card->ledger) {
      if (!seen.insert(card->lab + " " + claim["id"].get<std::string>()).second) continue;
      Json entry = {{"lab", card->lab}};
      entry.update(claim);
      entry["run"] = card->id;
      entry["when"] = card->began;
      entries.push_back(std::move(entry));
    }
  }
  return {{"entries", entries}};
}

Json StudioAnswers::mock() const {
  return mock_.state();
}

Json StudioAnswers::plan() const {
  return plan_.today();
}

Json StudioAnswers::bench() const {
  std::map<std::string, Result> newest;
  Json benches = Json::array();
  for (const fs::path& folder : {bench_, place_.root / "build" / "bench"}) {
    for (auto& [name, result] : results_in(folder)) {
      if (text_in(result.json, "schema") == "underloop/peers/1") {
        Result& known = newest[text_in(result.json, "lab")];
        if (result.when > known.when) known = std::move(result);
      } else if (result.json.contains("benchmarks")) {  // as Google Benchmark has it
        benches.push_back({{"name", name},
                           {"when", result.when},
                           {"context", result.json.value("context", Json::object())},
                           {"benchmarks", result.json["benchmarks"]}});
      }
    }
  }
  Json results = Json::array();
  for (auto& [lab, result] : newest) {
    results.push_back(
        {{"lab", lab}, {"when", result.when}, {"result", std::move(result.json)}});
  }
  return {{"results", results}, {"benches", benches}};
}

}  // namespace runner
