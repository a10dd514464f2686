#include "studio/drill.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <tuple>

#include "drill/answer.hpp"
#include "drill/judge.hpp"
#include "drill/mix.hpp"
#include "lab/core/error.hpp"

namespace runner {

namespace {

using Kind = DrillItem::Kind;

constexpr std::size_t kLongestAnswer = 1000;

const char* word(DrillItem::Predict predict) {
  switch (predict) {
    case DrillItem::Predict::order:
      return "order";
    case DrillItem::Predict::number:
      return "number";
    case DrillItem::Predict::choice:
      return "choice";
    case DrillItem::Predict::outcome:
      return "outcome";
  }
  return "";
}

Json json_of(const DrillItem& item, const Record* record, Day today) {
  const bool scenario = item.kind == Kind::scenario;
  Json json = {{"id", item.id},
               {"lab", item.lab.number},
               {"kind", scenario ? "scenario" : "followup"},
               {"question", item.question},
               {"is_due", is_due(record, today)},
               {"new", !record},
               {"due_in", nullptr},
               {"asked", record ? record->asked : 0},
               {"right", record ? record->right : 0}};
  if (record) json["due_in"] = (record->schedule.due - today).count();
  if (!scenario) {
    json["answer"] = item.answer;
    return json;
  }
  const auto shown = shown_items(item, record ? record->asked : 0);
  json["predict"] = word(item.predict);
  json["shown"] = shown;
  json["form"] = prediction_form(item, shown.size());
  json["command"] =
      fmt::format("./lab run {} {}", item.lab.typed(), fmt::join(item.play.flags(), " "));
  return json;
}

// Where in the run the answer stands.
Json place_of(const Play& play) {
  return {{"table", play.table}, {"row", play.row},     {"column", play.column},
          {"pick", play.pick},   {"claim", play.claim}, {"event", play.event},
          {"arg", play.arg}};
}

// What the recorded run answers, or why it does not.
PlayResult answer_of(const DrillItem& item, const RunCard& card,
                     const std::filesystem::path& events) {
  // Exit code 1 is a claim that failed: with these knobs that can be the very answer.
  if (card.exit.value_or(2) > 1 && !card.why.empty()) return {{}, card.why};
  AnswerReader reader;
  std::ifstream file(events);
  for (std::string line; std::getline(file, line);) reader.line(line);
  const auto answer = reader.answer(item.play);
  if (!answer) return {{}, reader.why(item.play)};
  if (!fits(item, *answer)) return {{}, "the run says " + *answer};
  return {answer, ""};
}

}  // namespace

// A lab whose items cannot be read has none: it is not worth the others' page.
std::vector<DrillItem> StudioDrill::all() const {
  std::vector<DrillItem> items;
  for (const Lab& lab : catalog_.labs()) {
    try {
      for (DrillItem& item : drill_of(lab, place_)) items.push_back(std::move(item));
    } catch (const lab::Error&) {
    }
  }
  return items;
}

Json StudioDrill::items() {
  const Records records = store_.read();
  const Day now = today();
  auto items = all();
  // As ./lab drill has it: today's mix, then those that wait longest, then those never asked.
  const auto mix = daily_mix(items, records, {}, now);
  const auto in_mix = [&](const DrillItem& item) {
    return std::ranges::find(mix, item.id, &DrillItem::id) - mix.begin();
  };
  std::ranges::stable_sort(items, {}, [&](const DrillItem& item) {
    const Record* record = known(records, item.id);
    return std::tuple(in_mix(item), !is_due(record, now),
                      record ? record->schedule.due : Day::max());
  });
  Json list = Json::array();
  for (const DrillItem& item : items) {
    list.push_back(json_of(item, known(records, item.id), now));
    list.back()["today"] = in_mix(item) < std::ssize(mix);
  }
  return {{"due", mix.size()}, {"items", list}};
}

std::map<std::string, int> StudioDrill::due() {
  const Records records = store_.read();
  std::map<std::string, int> due;
  for (const DrillItem& item : daily_mix(all(), records, {}, today()))
    ++due[item.lab.number];
  return due;
}

DrillItem StudioDrill::item(const std::string& id) const {
  const auto items = all();
  const auto found = std::ranges::find(items, id, &DrillItem::id);
  if (found == items.end()) throw Usage("there is no such item");
  return *found;
}

Json StudioDrill::asked(const std::string& id) {
  const Records records = store_.read();
  return json_of(item(id), known(records, id), today());
}

std::string StudioDrill::understood(const DrillItem& item, const std::string& typed) {
  if (item.kind != Kind::scenario) throw Usage("that one is graded: grade, 0 to 5");
  if (typed == "?" || typed.empty()) return "";
  const Records records = store_.read();
  const Record* record = known(records, item.id);
  const auto shown = shown_items(item, record ? record->asked : 0);
  const auto said = typed.size() <= kLongestAnswer ? parse_prediction(item, shown, typed)
                                                   : std::nullopt;
  if (!said) throw Usage("that is not it: " + prediction_form(item, shown.size()));
  return *said;
}

void StudioDrill::note(Json& verdict, const std::string& item, int grade) {
  const Record record = store_.note(item, grade, today());
  verdict["due_in"] = (record.schedule.due - today()).count();
  verdict["again"] = grade < grades::known;
}

Json StudioDrill::judge(const DrillItem& item, const std::string& said,
                        const RunCard& card, const std::filesystem::path& events) {
  const PlayResult result = answer_of(item, card, events);
  Json verdict = {{"is", "judged"},    {"item", item.id},   {"run", card.id},
                  {"right", nullptr},  {"said", said},      {"answer", nullptr},
                  {"why", result.why}, {"due_in", nullptr}, {"again", false}};
  verdict["where"] = place_of(item.play);
  if (!result.answer) return verdict;
  const bool is_right = right(item, said, *result.answer);
  verdict["right"] = is_right;
  verdict["answer"] = *result.answer;
  verdict["why"] = nullptr;
  verdict["because"] = item.why;
  note(verdict, item.id, is_right ? grades::right : grades::wrong);
  return verdict;
}

Json StudioDrill::grade(const DrillItem& item, int grade) {
  if (item.kind != Kind::followup) throw Usage("that one is judged by a run: answer");
  if (grade < 0 || grade > 5) throw Usage("grade is 0 to 5");
  Json verdict = {{"is", "judged"},      {"item", item.id},   {"run", nullptr},
                  {"right", grade >= 3}, {"said", nullptr},   {"answer", item.answer},
                  {"why", nullptr},      {"due_in", nullptr}, {"again", false}};
  note(verdict, item.id, grade);
  return verdict;
}

}  // namespace runner
