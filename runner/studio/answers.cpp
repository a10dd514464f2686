#include "studio/answers.hpp"

#include <map>
#include <set>

#include "studio/mock.hpp"
#include "studio/plan.hpp"

namespace runner {

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
    Json json = catalog_entry(one, place_);
    json["seen"] = progress.run.contains(one.number);
    json["walked"] = progress.walked.contains(one.number);
    json["answered"] = interviews.last(one.number) != nullptr;
    const auto run = last.find(one.number);
    const bool recorded = run != last.end();
    json["proven"] = recorded ? Json(proven[one.number]) : Json();
    json["due"] = due.contains(one.number) ? Json(due[one.number]) : Json();
    json["last_run"] = recorded ? Json(run->second->id) : Json();
    std::error_code none;
    const auto size = std::filesystem::file_size(sample_of(place_, one.number), none);
    json["sample"] = !none && size > 0;
    labs.push_back(std::move(json));
  }
  return {{"labs", labs}};
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
    for (Json& entry : ledger_entries(*card)) {
      if (!seen.insert(card->lab + " " + entry["id"].get<std::string>()).second) continue;
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

}  // namespace runner
