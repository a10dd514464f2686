#include "drill/answer.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "core/lab_process.hpp"
#include "drill/judge.hpp"
#include "lab/core/error.hpp"
#include "lab/core/terminal.hpp"

namespace runner {

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr auto kDeadline = 60s;

std::string text_of(const Json& value) {
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());  // 16.0: 16
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::vector<std::string> texts_of(const Json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const Json& value : *found) texts.push_back(text_of(value));
  return texts;
}

bool readable(int fd) {
  pollfd source = {fd, POLLIN, 0};
  return fd != -1 && ::poll(&source, 1, 0) > 0;
}

// The cell of a table that the item asks for; nothing if there is none, or more than one.
std::optional<std::string> cell_of(const std::vector<std::string>& columns,
                                   const std::vector<std::vector<std::string>>& rows,
                                   const Play& play) {
  if (columns.empty()) return std::nullopt;
  const auto named = std::ranges::find(columns, play.column);
  const std::size_t column = play.column.empty()
                                 ? columns.size() - 1
                                 : static_cast<std::size_t>(named - columns.begin());
  std::optional<std::string> found;
  std::optional<double> best;
  for (const auto& row : rows) {
    if (column >= row.size() || row.size() < play.row.size()) continue;
    if (play.pick.empty()) {
      if (std::equal(play.row.begin(), play.row.end(), row.begin())) {
        if (found) return std::nullopt;
        found = row[column];
      }
      continue;
    }
    const auto value = parse_quantity(row[column]);
    if (!value) continue;
    const bool better =
        !best || (play.pick == "least" ? value->base < *best : value->base > *best);
    if (!better) continue;
    best = value->base;
    found = row[0];
  }
  return found;
}

}  // namespace

void AnswerReader::line(std::string_view line) {
  const Json event = Json::parse(line, nullptr, false);
  if (!event.is_object()) return;
  const std::string category = event.contains("cat") ? text_of(event["cat"]) : "";
  const std::string name = event.contains("name") ? text_of(event["name"]) : "";
  const auto args = event.find("args");
  if (args == event.end() || !args->is_object()) return;
  if (category == "run" && name == "end") {
    ended_ = true;
  } else if (category == "table") {
    Table table{.title = name, .columns = texts_of(*args, "columns"), .rows = {}};
    if (const auto rows = args->find("rows"); rows != args->end() && rows->is_array()) {
      for (const Json& row : *rows) {
        table.rows.push_back(texts_of(Json{{"row", row}}, "row"));
      }
    }
    tables_.push_back(std::move(table));
  } else if (category == "claim") {
    const auto id = args->find("id");
    const auto holds = args->find("holds");
    if (id == args->end() || holds == args->end() || !holds->is_boolean()) return;
    const auto held = held_.try_emplace(text_of(*id), true).first;
    held->second = held->second && holds->get<bool>();
  } else {
    Arguments& last = arguments_[name];
    for (const auto& [key, value] : args->items()) last[key] = text_of(value);
  }
}

std::optional<std::string> AnswerReader::answer(const Play& play) const {
  if (!ended_) return std::nullopt;
  if (!play.event.empty()) {
    const auto event = arguments_.find(play.event);
    if (event == arguments_.end()) return std::nullopt;
    const auto argument = event->second.find(play.arg);
    if (argument == event->second.end()) return std::nullopt;
    return argument->second;
  }
  if (!play.claim.empty()) {
    const auto claim = held_.find(play.claim);
    if (claim == held_.end()) return std::nullopt;
    return claim->second ? "yes" : "no";
  }
  return from_tables(play);
}

std::string AnswerReader::why(const Play& play) const {
  if (!ended_) return "the run broke off";
  if (!play.event.empty()) {
    return fmt::format("no event {} told its {}", play.event, play.arg);
  }
  if (!play.claim.empty()) return "the run did not make claim " + play.claim;
  return "the run has no such cell, or more than one";
}

std::optional<std::string> AnswerReader::from_tables(const Play& play) const {
  std::optional<std::string> found;
  for (const Table& table : tables_) {
    if (!play.table.empty() && table.title != play.table) continue;
    const auto one = cell_of(table.columns, table.rows, play);
    if (one && found && *one != *found) return std::nullopt;
    if (one) found = one;
  }
  return found;
}

namespace {

// Plays the item's scene for that reader; why it could not, or nothing.
std::string run_scene(const DrillItem& item, const Place& place, int other,
                      AnswerReader& reader) {
  std::vector<std::string> flags = item.play.flags();
  flags.insert(flags.begin(), {"--quick", "--json"});
  try {
    LabProcess process(item.lab.program(place), flags);
    const auto deadline = Clock::now() + kDeadline;
    while (process.pump(
        100ms, [&](std::string_view line) { reader.line(line); }, other)) {
      if (readable(other)) return "it was stopped";
      if (Clock::now() > deadline) return "it did not end within a minute";
    }
    // Exit code 1 is a claim that failed: with these knobs that can be the very answer.
    if (process.exit_code() > 1) {
      std::string_view told = process.errors();
      while (told.ends_with('\n')) told.remove_suffix(1);
      return lab::printable(told.substr(told.rfind('\n') + 1));
    }
  } catch (const lab::Error& error) {
    return error.what();
  }
  return "";
}

PlayResult read(const DrillItem& item, const AnswerReader& run) {
  auto answer = run.answer(item.play);
  return {.answer = answer, .why = answer ? "" : run.why(item.play)};
}

}  // namespace

bool SessionRuns::has_played(const DrillItem& item) const {
  return whole_.contains({item.lab.number, item.play.flags()});
}

PlayResult SessionRuns::answer(const DrillItem& item, int other) {
  const Scene scene{item.lab.number, item.play.flags()};
  if (const auto run = whole_.find(scene); run != whole_.end())
    return read(item, run->second);
  AnswerReader run;
  if (std::string why = run_scene(item, place_, other, run); !why.empty())
    return {.answer = std::nullopt, .why = std::move(why)};
  PlayResult result = read(item, run);
  if (run.whole()) whole_.emplace(scene, std::move(run));
  return result;
}

}  // namespace runner
