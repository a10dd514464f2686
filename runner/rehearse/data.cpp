#include "rehearse/data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/aside.hpp"
#include "core/catalog.hpp"
#include "core/place.hpp"
#include "core/progress.hpp"
#include "core/read_text.hpp"
#include "drill/store.hpp"
#include "lab/core/error.hpp"
#include "lab/core/terminal.hpp"
#include "rehearse/interviews.hpp"
#include "rehearse/plan.hpp"

namespace runner {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr const char* kLined[] = {"interviews.ndjson", "progress"};

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::istringstream stream(read_text(file).value_or(""));
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

// Those that are not there yet, at the end.
void add_lines(const fs::path& file, const std::vector<std::string>& lines) {
  const auto there = lines_of(file);
  std::set<std::string> known(there.begin(), there.end());
  std::string text;
  for (const std::string& line : lines) {
    if (line.find('\n') == line.npos && known.insert(line).second) text += line + "\n";
  }
  if (text.empty()) return;
  std::ofstream out(file, std::ios::app);
  out << "\n" << text << std::flush;
  if (!out) throw lab::Error("write " + file.string(), "the disk may be full");
}

}  // namespace

std::string exported(const fs::path& folder) {
  DrillStore store(folder / "drill.json");
  Json all = {{"underloop", kVersion}, {"drill", records_text(store.read())}};
  Json& answers = all["answers"] = Json::array();
  for (const Answer& answer : store.answers()) answers.push_back(answer_text(answer));
  for (const char* name : kLined) all[name] = lines_of(folder / name);
  all["plan"] = read_text(folder / "plan.json").value_or("");
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void import_into(const fs::path& folder, const std::string& text) {
  const auto refuse = [](const std::string& why) {
    throw lab::Error("import what another machine knows", why);
  };
  const Json all = Json::parse(text, nullptr, false);
  if (!all.is_object() || !all.contains("underloop"))
    refuse("this is no file of ./lab data export");
  Records records;
  Answers answers;
  std::map<std::string, std::vector<std::string>> lined;
  std::string plan;
  try {
    if (all["underloop"].get<int>() > kVersion)
      refuse("a later Underloop has written it");
    std::string fault;
    records = parse_records(all.at("drill").get<std::string>(), fault);
    if (!fault.empty()) refuse("its drill is damaged: " + fault);
    for (const std::string line : all.at("answers")) {
      const auto answer = parse_answer(line);
      if (!answer) refuse("one of its answers is damaged");
      answers.insert(*answer);
    }
    for (const char* name : kLined)
      lined[name] = all.at(name).get<std::vector<std::string>>();
    plan = all.at("plan").get<std::string>();
  } catch (const Json::exception& error) {
    refuse(error.what());
  }
  DrillStore(folder / "drill.json").merge(records, answers);
  for (const auto& [name, lines] : lined) add_lines(folder / name, lines);
  if (const fs::path file = folder / "plan.json"; parse_plan(plan) && !exists(file))
    std::ofstream(file) << plan;
}

std::vector<std::string> damage_in(const fs::path& folder) {
  std::vector<std::string> told;
  for (const fs::path& aside : kept_aside(folder)) {
    const std::string name = aside.filename().string();
    told.push_back(
        fmt::format("{} was damaged. What could not be read is kept in {}; what could be "
                    "read goes on. "
                    "Delete that file once you do not need it.",
                    name.substr(0, name.find(".damaged-")), aside.string()));
  }
  const auto tell_lines = [&](const char* name, std::size_t lines) {
    if (lines == 0) return;
    told.push_back(fmt::format(
        "{} has {} that cannot be read. {} there, and all others count.",
        (folder / name).string(), lines == 1 ? "1 line" : fmt::format("{} lines", lines),
        lines == 1 ? "It stays" : "They stay"));
  };
  tell_lines("interviews.ndjson", Interviews(folder / "interviews.ndjson").unreadable());
  const auto answers = lines_of(folder / "answers.ndjson");
  tell_lines("answers.ndjson",
             static_cast<std::size_t>(std::ranges::count_if(
                 answers, [](const std::string& line) { return !parse_answer(line); })));
  tell_lines("progress", read_progress(folder / "progress").unreadable);
  return told;
}

int data(const DataOptions& options) {
  const fs::path folder = data_folder();
  if (options.what.empty()) {
    fmt::print("What is kept of you is in {}\n", folder.string());
    const auto terminal = lab::Terminal::of_stdout();
    for (const std::string& damage : damage_in(folder)) {
      for (const std::string& line : terminal.wrapped(damage, 0))
        fmt::print("{}\n", line);
    }
    return 0;
  }
  if (options.file.empty())
    throw Usage(fmt::format("which file? ./lab data {} FILE", options.what));
  if (options.what == "export") {
    std::ofstream out(options.file);
    out << exported(folder) << std::flush;
    if (!out) throw lab::Error("write " + options.file.string(), "it cannot be written");
    fmt::print("{} has it. On the other machine: ./lab data import FILE\n",
               options.file.string());
    return 0;
  }
  std::ifstream stream(options.file);  // which may be a pipe
  if (!stream) throw lab::Error("read " + options.file.string(), "it cannot be opened");
  import_into(folder, {std::istreambuf_iterator<char>(stream), {}});
  fmt::print("What {} knows is now in {}, too.\n", options.file.string(),
             folder.string());
  return 0;
}

}  // namespace runner
