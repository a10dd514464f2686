#include "rehearse/sitting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/aside.hpp"
#include "core/read_text.hpp"
#include "core/write_text.hpp"

namespace runner {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Phase = MockPhase;

constexpr std::array kPhases{"none",   "asked",   "type",  "check",
                             "follow", "predict", "report"};

Json json_of(const Ticked& ticked) {
  return {{"said", ticked.said}, {"senior", ticked.senior}, {"wrong", ticked.wrong}};
}

Ticked ticked_of(const Json& json) {
  return {json.at("said").get<std::set<std::size_t>>(),
          json.at("senior").get<std::set<std::size_t>>(), json.at("wrong").get<bool>()};
}

Json json_of(const std::optional<bool>& maybe) {
  return maybe ? Json(*maybe) : Json();
}

std::optional<bool> maybe_of(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<bool>());
}

Json json_of(const Answered& answered) {
  return {{"interview", interview_text(answered.interview)},
          {"senior_missed", answered.senior_missed},
          {"predicted", json_of(answered.predicted)}};
}

const Lab& known_lab(const Catalog& catalog, const std::string& number) {
  const Lab* lab = catalog.find(number);
  if (!lab) throw std::invalid_argument("there is no lab " + number);
  return *lab;
}

Answered answered_of(const Json& json, const Catalog& catalog) {
  Answered answered{{},
                    parse_interview(json.at("interview").get<std::string>()),
                    json.at("senior_missed").get<std::vector<std::string>>(),
                    maybe_of(json.at("predicted"))};
  answered.lab = known_lab(catalog, answered.interview.lab);
  return answered;
}

Phase phase_of(const std::string& name) {
  const auto found = std::ranges::find(kPhases, name);
  if (found == kPhases.end()) throw std::invalid_argument("there is no such phase");
  return static_cast<Phase>(found - kPhases.begin());
}

// Throws what Json throws, or std::invalid_argument.
SittingState state_of(const Json& json, const Catalog& catalog) {
  SittingState state;
  state.phase = phase_of(json.at("phase").get<std::string>());
  state.options = {.minutes = json.at("minutes").get<int>(),
                   .seconds = json.at("seconds").get<int>(),
                   .section = json.at("section").get<std::string>(),
                   .lab = json.at("lab").get<std::string>()};
  state.seed = json.at("seed").get<unsigned>();
  state.began = json.at("began").get<std::int64_t>();
  state.ended = json.at("ended").get<std::int64_t>();
  state.asked_at = json.at("asked_at").get<std::int64_t>();
  state.asked = json.at("asked").get<std::vector<std::string>>();
  for (const std::string& number : state.asked) known_lab(catalog, number);
  state.took = json.at("took").get<int>();
  state.typed = json.at("typed").get<std::string>();
  state.ticked = ticked_of(json.at("ticked"));
  if (const Json& before = json.at("before"); !before.is_null())
    state.before = parse_interview(before.get<std::string>());
  if (const Json& next = json.at("follow_up"); !next.is_null())
    state.follow_up = FollowUp{next.at("question"), next.at("answer")};
  state.item = json.at("item").get<std::string>();
  if (const Json& told = json.at("prediction"); !told.is_null())
    state.prediction = Prediction{maybe_of(told.at("right")), told.at("answer"),
                                  told.at("because"), told.at("run")};
  for (const Json& done : json.at("done"))
    state.done.push_back(answered_of(done, catalog));
  const bool asks = state.phase != Phase::none && state.phase != Phase::report;
  if (asks && state.asked.empty()) throw std::invalid_argument("it has no question");
  const bool graded = state.phase == Phase::follow || state.phase == Phase::predict;
  if (graded && state.done.empty()) throw std::invalid_argument("it has no answer");
  return state;
}

}  // namespace

std::string word(Phase phase) {
  return kPhases.at(static_cast<std::size_t>(phase));
}

std::string sitting_text(const SittingState& state) {
  Json done = Json::array();
  for (const Answered& one : state.done) done.push_back(json_of(one));
  Json json = {{"phase", word(state.phase)},
               {"minutes", state.options.minutes},
               {"seconds", state.options.seconds},
               {"section", state.options.section},
               {"lab", state.options.lab},
               {"seed", state.seed},
               {"began", state.began},
               {"ended", state.ended},
               {"asked_at", state.asked_at},
               {"asked", state.asked},
               {"took", state.took},
               {"typed", state.typed},
               {"ticked", json_of(state.ticked)},
               {"before", nullptr},
               {"follow_up", nullptr},
               {"item", state.item},
               {"prediction", nullptr},
               {"done", done}};
  if (state.before) json["before"] = interview_text(*state.before);
  if (state.follow_up)
    json["follow_up"] = {{"question", state.follow_up->question},
                         {"answer", state.follow_up->answer}};
  if (state.prediction)
    json["prediction"] = {{"right", json_of(state.prediction->right)},
                          {"answer", state.prediction->answer},
                          {"because", state.prediction->because},
                          {"run", state.prediction->run}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<SittingState> parse_sitting(std::string_view text, const Catalog& catalog) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    return state_of(json, catalog);
  } catch (const Json::exception&) {
  } catch (const std::invalid_argument&) {
  }
  return std::nullopt;
}

MockSitting::MockSitting(const Place& place, const Catalog& catalog, fs::path folder,
                         Now now)
    : place_(place), catalog_(catalog), folder_(std::move(folder)), now_(std::move(now)) {
  const fs::path file = folder_ / "mock.json";
  const auto text = read_text(file);
  if (!text) return;
  if (auto state = parse_sitting(*text, catalog)) {
    state_ = std::move(*state);
    return;
  }
  set_aside(file);
  fs::remove(file);
}

const Lab& MockSitting::lab() const {
  return *catalog_.find(state_.asked.back());
}

std::int64_t MockSitting::left() const {
  const std::int64_t end = state_.asked_at + std::int64_t{1000} * state_.options.seconds;
  return std::max<std::int64_t>(end - now_(), 0);
}

std::int64_t MockSitting::lasted() const {
  return (state_.phase == Phase::report ? state_.ended : now_()) - state_.began;
}

bool MockSitting::is_over() const {
  return lasted() >= std::int64_t{60'000} * state_.options.minutes;
}

void MockSitting::expect(Phase phase, const char* step) const {
  if (state_.phase == phase) return;
  throw Usage(fmt::format("{} makes no sense now: the interview is at {}", step,
                          word(state_.phase)));
}

void MockSitting::become(SittingState next) {
  write_text(folder_ / "mock.json", sitting_text(next), "the interview cannot be kept");
  state_ = std::move(next);
}

// Of the question that is asked now, or of the next one.
Random MockSitting::random(const SittingState& state) const {
  return random_of(state.seed, state.asked.size());
}

void MockSitting::ask(SittingState& next) const {
  const auto labs = askable(catalog_, place_, next.options.section, next.options.lab);
  const std::set<std::string> asked(next.asked.begin(), next.asked.end());
  Random chosen = random(next);
  const Lab* lab = is_over() && !next.asked.empty()
                       ? nullptr
                       : next_question(labs, interviews(), asked, chosen);
  if (!lab) return finish(next);
  next.phase = Phase::asked;
  next.asked.push_back(lab->number);
  next.asked_at = now_();
  next.took = 0;
  next.typed.clear();
  next.ticked = {};
  next.before.reset();
  next.follow_up.reset();
  next.item.clear();
  next.prediction.reset();
}

void MockSitting::finish(SittingState& next) const {
  next.phase = Phase::report;
  next.ended = now_();
}

void MockSitting::begin(const MockOptions& options) {
  if (state_.phase != Phase::none && state_.phase != Phase::report)
    throw Usage("an interview goes on; end it first");
  SittingState next{.options = options,
                    .seed = options.seed ? *options.seed : std::random_device()(),
                    .began = now_()};
  next.options.seed.reset();
  ask(next);
  become(std::move(next));
}

void MockSitting::said() {
  expect(Phase::asked, "said");
  SittingState next = state_;
  const auto took = static_cast<int>((now_() - state_.asked_at + 500) / 1000);
  next.took = std::clamp(took, 0, state_.options.seconds);
  next.phase = Phase::type;
  become(std::move(next));
}

void MockSitting::draft(std::string typed) {
  expect(Phase::type, "a draft");
  if (typed.size() > kLongestAnswer) throw Usage("that answer is too long to be kept");
  SittingState next = state_;
  next.typed = std::move(typed);
  become(std::move(next));
}

void MockSitting::draft(const Ticked& ticked) {
  expect(Phase::check, "a draft");
  Answered answered{lab(), {}, {}, {}};
  runner::grade(answered, page_of(lab(), place_), ticked);  // refuses what is not there
  SittingState next = state_;
  next.ticked = ticked;
  become(std::move(next));
}

void MockSitting::compare(std::string typed) {
  expect(Phase::type, "compare");
  if (typed.size() > kLongestAnswer) throw Usage("that answer is too long to be kept");
  SittingState next = state_;
  next.typed = std::move(typed);
  next.phase = Phase::check;
  become(std::move(next));
}

void MockSitting::grade(const Ticked& ticked) {
  expect(Phase::check, "grade");
  const Page page = page_of(lab(), place_);
  Answered answered{lab(),
                    {.day = today(),
                     .lab = lab().number,
                     .seconds = state_.took,
                     .typed = state_.typed},
                    {},
                    {}};
  runner::grade(answered, page, ticked);
  SittingState next = state_;
  next.ticked = ticked;
  Interviews kept = interviews();
  if (const Interview* last = kept.last(lab().number)) next.before = *last;
  Random chosen = random(state_);
  next.follow_up = any_follow_up(page, chosen);
  if (const auto item = any_scenario(lab(), place_, chosen)) next.item = item->id;
  kept.add(answered.interview);
  next.done.push_back(std::move(answered));
  if (next.follow_up) {
    next.phase = Phase::follow;
  } else {
    predict_or_ask(next);
  }
  become(std::move(next));
}

void MockSitting::predict_or_ask(SittingState& next) const {
  if (next.item.empty()) return ask(next);
  next.phase = Phase::predict;
}

void MockSitting::follow_up_seen() {
  expect(Phase::follow, "that");
  SittingState next = state_;
  predict_or_ask(next);
  become(std::move(next));
}

// Of another item, it is no business of this interview.
void MockSitting::predicted(const std::string& item, Prediction prediction) {
  if (state_.phase != Phase::predict || state_.item != item || state_.prediction) return;
  SittingState next = state_;
  next.done.back().predicted = prediction.right;
  next.prediction = std::move(prediction);
  become(std::move(next));
}

void MockSitting::next() {
  expect(Phase::predict, "the next question");
  SittingState next = state_;
  ask(next);
  become(std::move(next));
}

void MockSitting::end() {
  if (state_.phase == Phase::none || state_.phase == Phase::report)
    throw Usage("no interview goes on");
  SittingState next = state_;
  finish(next);
  become(std::move(next));
}

void MockSitting::close() {
  expect(Phase::report, "that");
  become({});
}

}  // namespace runner
