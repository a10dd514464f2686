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
    if (id == args->end() || text_of(*id) != play_.claim) return;
    if (holds != args->end() && holds->is_boolean()) {
      held_ = held_.value_or(true) && holds->get<bool>();
    }
  } else if (!play_.event.empty() && name == play_.event) {
    const auto arg = args->find(play_.arg);
    if (arg != args->end()) argument_ = text_of(*arg);
  }
}

std::optional<std::string> AnswerReader::answer() const {
  if (!ended_) return std::nullopt;
  if (!play_.event.empty()) return argument_;
  if (!play_.claim.empty()) {
    if (!held_) return std::nullopt;
    return *held_ ? "yes" : "no";
  }
  return from_tables();
}

std::string AnswerReader::why() const {
  if (!ended_) return "the run broke off";
  if (!play_.event.empty()) {
    return fmt::format("no event {} told its {}", play_.event, play_.arg);
  }
  if (!play_.claim.empty()) return "the run did not make claim " + play_.claim;
  return "the run has no such cell, or more than one";
}

std::optional<std::string> AnswerReader::from_tables() const {
  std::optional<std::string> found;
  for (const Table& table : tables_) {
    if (!play_.table.empty() && table.title != play_.table) continue;
    const auto one = from(table);
    if (one && found && *one != *found) return std::nullopt;
    if (one) found = one;
  }
  return found;
}

std::optional<std::string> AnswerReader::from(const Table& table) const {
  if (table.columns.empty()) return std::nullopt;
  const auto named = std::ranges::find(table.columns, play_.column);
  const std::size_t column =
      play_.column.empty() ? table.columns.size() - 1
                           : static_cast<std::size_t>(named - table.columns.begin());
  std::optional<std::string> found;
  std::optional<double> best;
  for (const auto& row : table.rows) {
    if (column >= row.size() || row.size() < play_.row.size()) continue;
    if (play_.pick.empty()) {
      if (std::equal(play_.row.begin(), play_.row.end(), row.begin())) {
        if (found) return std::nullopt;
        found = row[column];
      }
      continue;
    }
    const auto value = parse_quantity(row[column]);
    if (!value) continue;
    const bool better =
        !best || (play_.pick == "least" ? value->base < *best : value->base > *best);
    if (!better) continue;
    best = value->base;
    found = row[0];
  }
  return found;
}

PlayResult play(const DrillItem& item, const Place& place, int other) {
  AnswerReader reader(item.play);
  std::vector<std::string> flags = item.play.flags();
  flags.insert(flags.begin(), {"--quick", "--json"});
  try {
    LabProcess process(item.lab.program(place), flags);
    const auto deadline = Clock::now() + kDeadline;
    while (process.pump(
        100ms, [&](std::string_view line) { reader.line(line); }, other)) {
      if (readable(other)) return {.answer = std::nullopt, .why = "it was stopped"};
      if (Clock::now() > deadline) {
        return {.answer = std::nullopt, .why = "it did not end within a minute"};
      }
    }
    // Exit code 1 is a claim that failed: with these knobs that can be the very answer.
    if (process.exit_code() > 1) {
      std::string_view told = process.errors();
      while (told.ends_with('\n')) told.remove_suffix(1);
      told = told.substr(told.rfind('\n') + 1);
      if (!told.empty()) return {.answer = std::nullopt, .why = lab::printable(told)};
    }
  } catch (const lab::Error& error) {
    return {.answer = std::nullopt, .why = error.what()};
  }
  auto answer = reader.answer();
  return {.answer = answer, .why = answer ? "" : reader.why()};
}

}  // namespace runner
