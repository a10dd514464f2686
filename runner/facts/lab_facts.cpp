#include "facts/lab_facts.hpp"

#include <algorithm>
#include <set>

#include "core/lab_process.hpp"
#include "core/read_text.hpp"
#include "lab/core/knob.hpp"

namespace runner {

namespace fs = std::filesystem;

namespace {

// Everybody waits meanwhile: a program that does not describe itself is not asked soon
// again.
constexpr std::chrono::milliseconds kPatience{5'000};
constexpr std::chrono::milliseconds kAgain{60'000};

const std::set<std::string> kShown = {".cpp", ".hpp", ".mjs", ".json", ".md", ".txt"};

Json ask(const fs::path& program) try {
  const std::vector<std::string> args = {"--describe"};
  LabProcess process(program, args);
  std::string text;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (process.pump(std::chrono::milliseconds(50),
                      [&](std::string_view line) { text.append(line) += '\n'; })) {
    if (std::chrono::steady_clock::now() > until) return nullptr;
  }
  const Json json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json();
} catch (const std::exception&) {
  return nullptr;
}

lab::KnobSpec spec_of(const Json& json) {
  return {.name = json.at("name"),
          .help = "",
          .unit = json.at("unit"),
          .initial = json.at("initial"),
          .least = json.at("least"),
          .most = json.at("most"),
          .whole = json.at("whole"),
          .is_switch = json.at("switch"),
          .choices = json.at("choices")};
}

bool has(const Json& list, const std::string& name) {
  return std::ranges::any_of(list, [&](const Json& one) { return one["name"] == name; });
}

bool flag(const Json& message, const char* key) {
  const auto found = message.find(key);
  if (found == message.end() || found->is_null()) return false;
  if (!found->is_boolean()) throw Usage(std::string(key) + " is true or false");
  return found->get<bool>();
}

}  // namespace

const Json& LabFacts::describe(const Lab& lab) {
  Known& known = known_[lab.number];
  const auto now = std::chrono::steady_clock::now();
  std::error_code error;
  const auto built = fs::last_write_time(lab.program(place_), error);
  if (error) {
    known = {};
  } else if (known.built != built || (known.describe.is_null() && now > known.again)) {
    known = {built, ask(lab.program(place_)), now + kAgain};
  }
  return known.describe;
}

std::string LabFacts::knob_argument(const Json& describe, const std::string& name,
                                    const Json& value) try {
  if (!describe.is_object()) throw Usage("it is not built yet: no knobs are known");
  for (const Json& json : describe.at("knobs")) {
    if (json.at("name") != name) continue;
    const lab::KnobSpec spec = spec_of(json);
    if (value.is_boolean())
      return lab::knob_text(spec,
                            lab::knob_value(spec, value.get<bool>() ? "on" : "off"));
    if (value.is_number_unsigned() && value < spec.choices.size()) {
      return spec.choices[value.get<std::size_t>()];
    }
    if (!value.is_number() && !value.is_string())
      throw Usage(name + ": a number or a text");
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.size() > 64) throw Usage(name + ": that is too long");
    static_cast<void>(lab::knob_value(spec, text));
    return text;
  }
  throw Usage("there is no such knob");
} catch (const std::invalid_argument& error) {
  throw Usage(error.what());
} catch (const Json::exception&) {
  throw Usage("its description cannot be read");
}

std::vector<std::string> LabFacts::arguments(const Lab& lab, const Json& message) {
  std::vector<std::string> args = {"--json"};
  const Json scene = message.value("scene", Json());
  const Json knobs = message.value("knobs", Json());
  const bool live = flag(message, "live");
  const Json& known = describe(lab);
  if (flag(message, "quick")) args.push_back("--quick");
  if (live && known.is_object() && known.value("live", Json()) != true) {
    throw Usage("this lab has no live mode");
  }
  if (live) args.push_back("--live");
  if (!scene.is_null()) {
    if (!scene.is_string() || !known.is_object() ||
        !has(known.value("scenes", Json::array()), scene)) {
      throw Usage("there is no such scene");
    }
    args.insert(args.end(), {"--scene", scene.get<std::string>()});
  }
  if (knobs.is_null()) return args;
  if (!knobs.is_object() || knobs.size() > 64) throw Usage("knobs: an object");
  for (const auto& [name, value] : knobs.items()) {
    args.push_back("--" + name + "=" + knob_argument(known, name, value));
  }
  return args;
}

std::optional<std::string> shown_source(const Place& place, std::string_view path) {
  if (path.find('\0') != path.npos || path.starts_with('/')) return std::nullopt;
  std::error_code error;
  const fs::path root = fs::canonical(place.root, error);
  const fs::path real = fs::canonical(root / path, error);
  if (error || !fs::is_regular_file(real)) return std::nullopt;
  const std::string shown = real.lexically_relative(root).generic_string();
  const bool ours = shown.starts_with("labs/") || shown.starts_with("common/");
  // Equal: no "..", no link on the way.
  if (!ours || shown != path || !kShown.contains(real.extension())) return std::nullopt;
  return read_text(real);
}

std::vector<std::string> shown_files(const Place& place, const Lab& lab) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(lab.source(place), none)) {
    const std::string name = entry.path().lexically_relative(lab.source(place));
    const std::string path = "labs/" + lab.folder + "/" + name;
    if (name != "drill.json" && shown_source(place, path)) names.push_back(name);
  }
  // As one reads a lab: its main.cpp, the concept, then what tells it and plays its world.
  const std::string concept_name = lab.folder.substr(3) + ".";
  std::ranges::sort(names, {}, [&](const std::string& name) {
    const int group = name == "main.cpp"                    ? 0
                      : name.starts_with(concept_name)      ? 1
                      : name.find('/') == std::string::npos ? 2
                                                            : 3;
    return std::pair(group, name);
  });
  return names;
}

}  // namespace runner
