#include "drill/item.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "core/page.hpp"
#include "lab/core/error.hpp"

namespace runner {

namespace {

using Json = nlohmann::ordered_json;
using Kind = DrillItem::Kind;
using Predict = DrillItem::Predict;

constexpr std::size_t kMostItems = 9;  // so that one digit names each

// What is wrong, without the place; parse_drill() adds it.
struct Fault {
  std::string what;
};

template <class... Args>
[[noreturn]] void fault(fmt::format_string<Args...> format, Args&&... args) {
  throw Fault{fmt::format(format, std::forward<Args>(args)...)};
}

std::string text_at(const Json& object, const char* key, bool needed) {
  const auto found = object.find(key);
  if (found == object.end()) {
    if (needed) fault("has no {}", key);
    return {};
  }
  if (!found->is_string() || found->get_ref<const std::string&>().empty()) {
    fault("{} is not a text", key);
  }
  return found->get<std::string>();
}

std::vector<std::string> texts(const Json& list, std::string_view key) {
  std::vector<std::string> result;
  for (const Json& text : list) {
    if (!text.is_string()) fault("{} is not a list of texts", key);
    result.push_back(text.get<std::string>());
  }
  return result;
}

void only(const Json& object, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, key) == known.end()) fault("what is {}?", key);
  }
}

// A knob's value as it is typed behind its flag.
std::string typed(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number()) fault("a knob's value is a number or a text");
  return value.dump();
}

Play parse_play(const Json& object) {
  if (!object.is_object()) fault("play is not an object");
  only(object,
       {"scene", "knobs", "table", "row", "column", "pick", "claim", "event", "arg"});
  Play play{.scene = text_at(object, "scene", true),
            .table = text_at(object, "table", false),
            .column = text_at(object, "column", false),
            .pick = text_at(object, "pick", false),
            .claim = text_at(object, "claim", false),
            .event = text_at(object, "event", false),
            .arg = text_at(object, "arg", false)};
  if (const auto row = object.find("row"); row != object.end()) {
    if (row->is_string()) {
      play.row = {row->get<std::string>()};
    } else if (row->is_array() && !row->empty()) {
      play.row = texts(*row, "row");
    } else {
      fault("row is neither a text nor a list of texts");
    }
  }
  if (const auto knobs = object.find("knobs"); knobs != object.end()) {
    if (!knobs->is_object()) fault("knobs is not an object");
    for (const auto& [name, value] : knobs->items()) {
      if (name.empty() || name[0] == '-') fault("{} is no knob's name", name);
      play.knobs[name] = typed(value);
    }
  }
  const int places =
      !play.row.empty() + !play.pick.empty() + !play.claim.empty() + !play.event.empty();
  const bool only_row = places == 0 && !play.column.empty();  // of a table that has one
  if (places != 1 && !only_row) fault("play needs one of row, pick, claim and event");
  if (!play.pick.empty() && play.pick != "least" && play.pick != "most") {
    fault("pick is least or most");
  }
  if (!play.pick.empty() && play.column.empty()) fault("pick needs a column");
  if (play.event.empty() != play.arg.empty()) fault("event and arg go together");
  return play;
}

Predict parse_predict(const Json& object) {
  constexpr std::array<std::pair<std::string_view, Predict>, 4> kNames = {
      {{"order", Predict::order},
       {"number", Predict::number},
       {"choice", Predict::choice},
       {"outcome", Predict::outcome}}};
  const std::string name = text_at(object, "predict", true);
  for (const auto& [known, predict] : kNames) {
    if (name == known) return predict;
  }
  fault("predict is order, number, choice or outcome");
}

void check_items(const DrillItem& item) {
  const bool listed = item.predict == Predict::order || item.predict == Predict::choice;
  if (!listed && !item.items.empty()) fault("only an order and a choice have items");
  if (!listed) return;
  if (item.items.size() < 2 || item.items.size() > kMostItems) {
    fault("items are 2 to {}", kMostItems);
  }
  for (const std::string& one : item.items) {
    if (std::ranges::count(item.items, one) != 1) fault("{} is there twice", one);
    if (one.size() == 1 && one[0] >= '0' && one[0] <= '9') {  // it would be a place
      fault("'{}' cannot be an item: predict a number instead", one);
    }
  }
}

DrillItem parse_scenario(const Json& object, DrillItem item) {
  only(object, {"id", "kind", "question", "play", "predict", "items", "within", "why"});
  item.kind = Kind::scenario;
  if (!object.contains("play")) fault("has no play");
  item.play = parse_play(object.at("play"));
  item.predict = parse_predict(object);
  if (const auto items = object.find("items"); items != object.end()) {
    if (!items->is_array()) fault("items is not a list");
    item.items = texts(*items, "items");
  }
  check_items(item);
  item.why = text_at(object, "why", false);
  if ((item.predict == Predict::outcome) != !item.play.claim.empty()) {
    fault("an outcome is whether a claim holds: it needs one, and nothing else has one");
  }
  if (const auto within = object.find("within"); within != object.end()) {
    if (item.predict != Predict::number) fault("only a number can be within something");
    if (!within->is_number() || *within < 0 || *within > 100) {
      fault("within is a percentage");
    }
    item.within = within->get<double>();
  }
  return item;
}

DrillItem parse_item(const Json& object, const Lab& lab) {
  if (!object.is_object()) fault("is not an object");
  DrillItem item{.id = text_at(object, "id", true), .lab = lab};
  const bool plain = std::ranges::all_of(item.id, [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
  });
  if (!plain || !item.id.starts_with(lab.number + "-")) {
    fault("its id must be {}-some-words", lab.number);
  }
  item.question = text_at(object, "question", true);
  const std::string kind = text_at(object, "kind", true);
  if (kind == "scenario") return parse_scenario(object, std::move(item));
  if (kind != "followup") fault("kind is scenario or followup");
  only(object, {"id", "kind", "question", "answer"});
  item.answer = text_at(object, "answer", true);
  return item;
}

}  // namespace

std::vector<std::string> Play::flags() const {
  std::vector<std::string> words = {"--scene", scene};
  for (const auto& [name, value] : knobs) {
    words.push_back("--" + name);
    words.push_back(value);
  }
  return words;
}

std::vector<DrillItem> parse_drill(std::string_view text, const Lab& lab,
                                   std::string_view origin) {
  const auto refuse = [&](const std::string& why) {
    throw lab::Error(fmt::format("read {}", origin), why);
  };
  const Json list = Json::parse(text, nullptr, false);
  if (!list.is_array()) refuse("it is not a JSON list");
  std::vector<DrillItem> items;
  std::set<std::string> ids;
  for (const Json& object : list) {
    std::string name = fmt::format("item {}", items.size() + 1);
    if (object.is_object() && object.contains("id") && object["id"].is_string()) {
      name = object["id"].get<std::string>();
    }
    try {
      items.push_back(parse_item(object, lab));
      if (!ids.insert(name).second) fault("is there twice");
    } catch (const Fault& wrong) {
      refuse(name + ": " + wrong.what);
    }
  }
  return items;
}

std::vector<DrillItem> drill_of(const Lab& lab, const Place& place) {
  std::vector<DrillItem> items;
  if (const std::string answer = page_of(lab, place).spoken; !answer.empty()) {
    items.push_back({.id = lab.number + "-answer",
                     .lab = lab,
                     .question = lab.question,
                     .answer = answer});
  }
  if (std::ifstream file(lab.source(place) / "drill.json"); file) {
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::ranges::move(parse_drill(text, lab, "labs/" + lab.folder + "/drill.json"),
                      std::back_inserter(items));
  }
  return items;
}

}  // namespace runner
