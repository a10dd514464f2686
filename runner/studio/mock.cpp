#include "studio/mock.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rehearse/data.hpp"

namespace runner {

namespace {

using Phase = MockPhase;

std::int64_t now_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

// A whole number of the message; what is not there is `otherwise`.
int number_in(const Json& message, const char* key, int least, int most, int otherwise) {
  const auto found = message.find(key);
  if (found == message.end()) return otherwise;
  if (!found->is_number_integer() || *found < least || *found > most)
    throw Usage(fmt::format("{} is a number from {} to {}", key, least, most));
  return found->get<int>();
}

std::string text_or_none(const Json& message, const char* key) {
  const auto found = message.find(key);
  if (found == message.end() || found->is_null()) return "";
  if (!found->is_string()) throw Usage(fmt::format("{} is a text", key));
  return found->get<std::string>();
}

std::set<std::size_t> numbers_in(const Json& message, const char* key) {
  const auto found = message.find(key);
  if (found == message.end() || !found->is_array())
    throw Usage(fmt::format("{} is a list of numbers", key));
  std::set<std::size_t> numbers;
  for (const Json& one : *found) {
    if (!one.is_number_unsigned())
      throw Usage(fmt::format("{} is a list of numbers", key));
    numbers.insert(one.get<std::size_t>());
  }
  return numbers;
}

Ticked ticked_in(const Json& message) {
  const auto wrong = message.find("wrong");
  if (wrong == message.end() || !wrong->is_boolean())
    throw Usage("wrong is true or false");
  return {numbers_in(message, "said"), numbers_in(message, "senior"), wrong->get<bool>()};
}

MockOptions options_in(const Json& message) {
  MockOptions options;
  options.minutes = number_in(message, "minutes", 1, 600, options.minutes);
  options.seconds = number_in(message, "seconds", 5, 3600, options.seconds);
  options.section = text_or_none(message, "section");
  options.lab = text_or_none(message, "lab");
  if (const auto seed = message.find("seed"); seed != message.end()) {
    if (!seed->is_number_unsigned()) throw Usage("seed is a number");
    options.seed = seed->get<unsigned>();
  }
  return options;
}

Json json_of(const Interview& interview) {
  return {
      {"day", day_text(interview.day)}, {"days_ago", (today() - interview.day).count()},
      {"seconds", interview.seconds},   {"points", points_text(interview)},
      {"score", interview.score()},     {"wrong", interview.wrong},
      {"typed", interview.typed}};
}

Json json_of(const WeakPoint& weak) {
  return {{"lab", weak.lab.number},
          {"question", weak.lab.question},
          {"text", weak.text},
          {"claim", weak.claim},
          {"command", weak.command}};
}

std::vector<std::string> sections_of(const Catalog& catalog) {
  std::vector<std::string> sections;
  for (const Lab& lab : catalog.labs()) {
    if (std::ranges::find(sections, lab.section) == sections.end())
      sections.push_back(lab.section);
  }
  return sections;
}

}  // namespace

StudioMock::StudioMock(const Place& place, const Catalog& catalog, StudioDrill& drill,
                       std::filesystem::path folder)
    : place_(place),
      catalog_(catalog),
      drill_(drill),
      folder_(std::move(folder)),
      sitting_(place, catalog, folder_, now_ms) {
}

Json StudioMock::state() {
  const SittingState& state = sitting_.state();
  Json json = {{"is", "mock"},
               {"phase", word(state.phase)},
               {"minutes", state.options.minutes},
               {"seconds", state.options.seconds},
               {"section", state.options.section},
               {"sections", sections_of(catalog_)},
               {"notices", damage_in(folder_)}};
  if (state.phase == Phase::none) return json;
  Json done = Json::array();
  for (const Answered& one : state.done) {
    Json answer = json_of(one.interview);
    answer["lab"] = one.lab.number;
    answer["question"] = one.lab.question;
    done.push_back(std::move(answer));
  }
  json["done"] = std::move(done);
  if (state.phase == Phase::report) {
    tell_report(json);
  } else {
    tell_question(json);
  }
  return json;
}

void StudioMock::tell_question(Json& json) {
  const SittingState& state = sitting_.state();
  json["number"] = state.asked.size();
  json["lab"] = sitting_.lab().number;
  json["question"] = sitting_.lab().question;
  json["left_ms"] = state.phase == Phase::asked ? sitting_.left() : 0;
  json["last_question"] = sitting_.is_over();
  json["took"] = state.took;
  json["typed"] = state.typed;
  if (state.phase != Phase::asked && state.phase != Phase::type) tell_check(json);
  if (state.follow_up && state.phase >= Phase::follow)
    json["follow_up"] = {{"question", state.follow_up->question},
                         {"answer", state.follow_up->answer}};
  if (state.phase != Phase::predict) return;
  json["item"] = drill_.asked(state.item);
  if (!state.prediction) return;
  const auto& [right, answer, because, run] = *state.prediction;
  json["prediction"] = {{"right", right ? Json(*right) : Json()},
                        {"answer", answer},
                        {"because", because},
                        {"run", run}};
}

void StudioMock::tell_check(Json& json) const {
  const SittingState& state = sitting_.state();
  const Page page = page_of(sitting_.lab(), place_);
  json["spoken"] = page.spoken;
  json["must_say"] = page.must_say;
  json["senior"] = page.senior;
  json["wrong_answer"] = page.wrong;
  json["ticked"] = {{"said", state.ticked.said},
                    {"senior", state.ticked.senior},
                    {"wrong", state.ticked.wrong}};
  if (state.phase == Phase::check) return;
  json["graded"] = json_of(state.done.back().interview);
  json["before"] = state.before ? json_of(*state.before) : Json();
}

void StudioMock::tell_report(Json& json) const {
  const auto [well, weak] = report_of(sitting_.state().done, place_);
  Json points = Json::array();
  for (const WeakPoint& one : weak) points.push_back(json_of(one));
  json["report"] = {{"lasted_minutes", (sitting_.lasted() + 59'999) / 60'000},
                    {"well", well},
                    {"weak", points},
                    {"file", (folder_ / "interviews.ndjson").string()}};
}

Json StudioMock::obey(const Json& message) {
  const std::string step = text_or_none(message, "step");
  if (step == "begin") {
    sitting_.begin(options_in(message));
  } else if (step == "close") {
    sitting_.close();
  } else {
    const auto asked = static_cast<int>(sitting_.state().asked.size());
    if (number_in(message, "question", 1, 1000, 0) != asked)
      throw Usage("that question is no longer asked");
    take(step, message);
  }
  return state();
}

void StudioMock::take(const std::string& step, const Json& message) {
  if (step == "said") return sitting_.said();
  if (step == "draft" && message.contains("typed"))
    return sitting_.draft(text_or_none(message, "typed"));
  if (step == "draft") return sitting_.draft(ticked_in(message));
  if (step == "compare") return sitting_.compare(text_or_none(message, "typed"));
  if (step == "grade") return sitting_.grade(ticked_in(message));
  if (step == "follow") return sitting_.follow_up_seen();
  if (step == "next") return sitting_.next();
  if (step == "end") return sitting_.end();
  throw Usage("a step is begin, said, draft, compare, grade, follow, next, end or close");
}

void StudioMock::hear(const Json& verdict) {
  const auto text = [&](const char* key) {
    const auto found = verdict.find(key);
    return found != verdict.end() && found->is_string() ? found->get<std::string>() : "";
  };
  Prediction prediction{{}, text("answer"), text("because"), text("run")};
  if (const Json& right = verdict["right"]; right.is_boolean()) {
    prediction.right = right.get<bool>();
  } else {
    prediction.because = text("why");
  }
  sitting_.predicted(verdict["item"].get<std::string>(), std::move(prediction));
}

}  // namespace runner
