#include "facts/card.hpp"

#include <algorithm>

namespace runner {

namespace {

constexpr std::size_t kMostClaims = 200;

}  // namespace

std::string text_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

bool is_run_id(std::string_view text) {
  return text.size() > 2 && text.size() < 64 && text[2] == '-' &&
         std::ranges::all_of(
             text, [](char byte) { return (byte >= '0' && byte <= '9') || byte == '-'; });
}

// A claim that failed once has failed, however often it holds after that.
void RunCard::count(const Json& event) {
  ++events;
  const std::string kind = text_in(event, "cat");
  const auto found = event.find("args");
  if (found == event.end() || !found->is_object()) return;
  if (kind != "claim" && kind != "nuance") return;
  const std::string claim = text_in(*found, "id");
  const auto entry = std::ranges::find_if(
      ledger, [&](const Json& known) { return known["id"] == claim; });
  if (kind == "nuance") {
    if (entry != ledger.end()) (*entry)["nuance"] = text_in(event, "name");
    return;
  }
  const bool holds = found->value("holds", Json()) == true;
  const bool held = entry == ledger.end() || (*entry)["holds"] == true;
  claims += entry == ledger.end() ? 1 : 0;
  failed += held && !holds ? 1 : 0;
  const Json verdict = {{"id", claim},
                        {"claim", text_in(event, "name")},
                        {"holds", holds},
                        {"evidence", text_in(*found, "evidence")},
                        {"nuance", nullptr}};
  if (entry == ledger.end()) {
    if (ledger.size() < kMostClaims) ledger.push_back(verdict);
  } else if ((*entry)["holds"] == true) {
    const Json nuance = (*entry)["nuance"];
    *entry = verdict;
    (*entry)["nuance"] = nuance;
  }
}

void RunCard::count_anew() {
  claims = failed = 0;
  events = 0;
  ledger = Json::array();
}

Json RunCard::json() const {
  Json json = {
      {"run", id}, {"lab", lab}, {"began", began}, {"ms", nullptr}, {"exit", nullptr}};
  if (ms) json["ms"] = *ms;
  if (exit) json["exit"] = *exit;
  json["knobs"] = knobs;
  json["claims"] = claims;
  json["failed"] = failed;
  json["events"] = events;
  json["live"] = live;
  json["until_stopped"] = until_stopped;
  json["why"] = why.empty() ? Json() : Json(why);
  return json;
}

std::string RunCard::text() const {
  Json all = json();
  all["ledger"] = ledger;
  return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

RunCard RunCard::parse(const std::string& id, std::string_view text) {
  const Json json = Json::parse(text);
  RunCard card{.id = id, .lab = json.at("lab"), .began = json.at("began")};
  if (!json.at("ms").is_null()) card.ms = json.at("ms").get<std::int64_t>();
  if (!json.at("exit").is_null()) card.exit = json.at("exit").get<int>();
  card.knobs = json.at("knobs");
  card.claims = json.at("claims");
  card.failed = json.at("failed");
  card.events = json.at("events");
  card.why = text_in(json, "why");
  for (const Json& claim : json.at("ledger")) {
    // Each of these must be there: who reads the ledger relies on it.
    card.ledger.push_back({{"id", claim.at("id").get<std::string>()},
                           {"claim", claim.at("claim").get<std::string>()},
                           {"holds", claim.at("holds").get<bool>()},
                           {"evidence", claim.at("evidence").get<std::string>()},
                           {"nuance", claim.at("nuance")}});
  }
  return card;
}

}  // namespace runner
