#include "facts/answers.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "core/read_text.hpp"
#include "core/steps.hpp"

namespace runner {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kLargestResult = 8u << 20;

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

Json catalog_entry(const Lab& lab, const Place& place) {
  return {{"number", lab.number},          {"folder", lab.folder},
          {"question", lab.question},      {"section", lab.section},
          {"common", lab.common},          {"hard", lab.hard},
          {"written", lab.written(place)}, {"claims", lab.claims}};
}

Json lab_answer(const Lab& lab, const Place& place, LabFacts& facts) {
  Json steps = Json::array();
  const auto sources = lab.written(place) ? sources_of(place.root, lab.source(place))
                                          : std::vector<SourceFile>{};
  for (const Step& step : read_steps(sources).steps) {
    // As shown_files() has it: "scenes/cures.cpp".
    const std::string name = fs::path(step.file).lexically_relative("labs/" + lab.folder);
    const auto lines = static_cast<int>(step.code.size());
    steps.push_back({{"number", step.number},
                     {"text", step.text},
                     {"file", name},
                     {"line", step.line},
                     {"until", std::max(step.line, step.code_line + lines - 1)}});
  }
  return {{"lab", catalog_entry(lab, place)},
          {"describe", facts.describe(lab)},
          {"readme", read_text(lab.source(place) / "README.md").value_or("")},
          {"files", shown_files(place, lab)},
          {"steps", steps}};
}

std::vector<Json> ledger_entries(const RunCard& card) {
  std::vector<Json> entries;
  for (const Json& claim : card.ledger) {
    Json entry = {{"lab", card.lab}};
    entry.update(claim);
    entry["run"] = card.id;
    entry["when"] = card.began;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<fs::path> bench_folders(const Place& place, const fs::path& data) {
  return {data / "bench", place.root / "build" / "bench"};
}

Json bench_answer(const std::vector<fs::path>& folders) {
  std::map<std::string, Result> newest;
  Json benches = Json::array();
  for (const fs::path& folder : folders) {
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
