#include "book/recorded_lab.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/page.hpp"
#include "core/read_text.hpp"

namespace runner {

namespace fs = std::filesystem;

namespace {

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t modified_ms(const fs::path& file) {
  using namespace std::chrono;
  std::error_code none;
  const auto when = file_clock::to_sys(fs::last_write_time(file, none));
  return none ? 0 : duration_cast<milliseconds>(when.time_since_epoch()).count();
}

// "labs/05_backpressure/pipe.cpp" of "labs/05_backpressure/pipe.cpp:12".
std::string file_of(const Json& event) {
  std::string source = text_in(event, "src");
  const auto args = event.find("args");
  if (args != event.end() && args->is_object() && !text_in(*args, "src").empty())
    source = text_in(*args, "src");
  return source.substr(0, source.rfind(':'));
}

struct Recording {
  RunCard card{};
  std::string events{};
  std::set<std::string> files{};  // that its events come from
};

// What the end of a run says of itself.
void note_end(RunCard& card, const Json& event) {
  const auto args = event.find("args");
  if (text_in(event, "cat") != "run" || text_in(event, "name") != "end") return;
  if (args == event.end() || !args->is_object()) return;
  const Json code = args->value("exit", Json());
  if (code.is_number_integer()) card.exit = code.get<int>();
}

std::optional<Recording> read_recording(const Lab& lab, const fs::path& file) {
  const auto bytes = read_text(file);
  if (!bytes || bytes->empty()) return std::nullopt;
  const std::string text = as_utf8(*bytes);
  Recording made;
  double first = 0, last = 0;  // µs
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const Json event = Json::parse(line, nullptr, false);
    if (!event.is_object()) continue;
    made.events.append(line) += '\n';
    made.card.count(event);
    made.files.insert(file_of(event));
    note_end(made.card, event);
    const Json when = event.value("ts", Json());
    if (!when.is_number()) continue;
    last = std::max(last, when.get<double>());
    if (first == 0) first = when.get<double>();
  }
  if (made.card.events == 0) return std::nullopt;
  made.card.lab = lab.number;
  made.card.began = modified_ms(file);
  made.card.id = fmt::format("{}-{}-0", lab.number, made.card.began);
  made.card.ms = static_cast<std::int64_t>((last - first) / 1000);
  return made;
}

std::string source_path(const std::string& file) {
  return "/api/source?path=" + file;
}

void add_source(OfflineAnswers& answers, const Place& place, const std::string& file) {
  if (auto text = shown_source(place, file)) answers[source_path(file)] = *text;
}

}  // namespace

RecordedLab recorded_lab(const Lab& lab, const Place& place, LabFacts& facts) {
  RecordedLab made{.lab = lab, .page = page_of(lab, place)};
  made.facts["/api/lab/" + lab.number] = text_of(lab_answer(lab, place, facts));
  for (const std::string& name : shown_files(place, lab))
    add_source(made.code, place, "labs/" + lab.folder + "/" + name);
  if (auto recording = read_recording(lab, sample_of(place, lab.number))) {
    made.run = std::move(recording->card);
    made.events["/api/runs/" + made.run->id] = std::move(recording->events);
    for (const std::string& file : recording->files)
      add_source(file.starts_with("common/") ? made.shared_code : made.code, place, file);
  }
  made.entry = catalog_entry(lab, place);
  made.entry["proven"] = made.run ? Json(made.proven()) : Json();
  made.entry["due"] = nullptr;
  made.entry["last_run"] = made.run ? Json(made.run->id) : Json();
  made.entry["sample"] = false;
  return made;
}

OfflineAnswers shared_answers(const std::vector<RecordedLab>& labs, const Json& bench) {
  Json catalog = Json::array(), runs = Json::array(), ledger = Json::array();
  for (const RecordedLab& lab : labs) {
    catalog.push_back(lab.entry);
    if (!lab.run) continue;
    runs.push_back(lab.run->json());
    for (Json& entry : ledger_entries(*lab.run)) ledger.push_back(std::move(entry));
  }
  return {{"/api/catalog", text_of({{"labs", catalog}})},
          {"/api/runs", text_of({{"runs", runs}})},
          {"/api/ledger", text_of({{"entries", ledger}})},
          {"/api/bench", text_of(bench)}};
}

std::int64_t recorded_at(const std::vector<RecordedLab>& labs) {
  std::int64_t newest = 0;
  for (const RecordedLab& lab : labs)
    newest = std::max(newest, lab.run ? lab.run->began : 0);
  return newest;
}

OfflinePage page_about(const RecordedLab& lab, std::string_view kind) {
  return {.route = fmt::format("{}/{}", kind, lab.lab.number),
          .title = fmt::format("{}. {} · Underloop", lab.lab.number, lab.lab.question),
          .about = lab.page.spoken,
          .recorded = lab.run ? lab.run->began : 0};
}

std::string whole_lab_page(const RecordedLab& lab, std::string_view kind,
                           const PageAssets& assets) {
  OfflineAnswers answers =
      shared_answers({lab}, {{"results", Json::array()}, {"benches", Json::array()}});
  for (const auto* more : {&lab.facts, &lab.events, &lab.code, &lab.shared_code})
    answers.insert(more->begin(), more->end());
  return whole_page(page_about(lab, kind), answers, assets);
}

}  // namespace runner
