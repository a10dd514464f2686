#include "studio_store.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "lab/error.hpp"

namespace runner {

namespace fs = std::filesystem;

namespace {

std::int64_t unix_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() < 64 && std::ranges::all_of(text, [](char byte) {
    return (byte >= '0' && byte <= '9') || byte == '-';
  });
}

}  // namespace

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
  return json;
}

fs::path RunStore::usual_folder() {
  const char* data = std::getenv("XDG_DATA_HOME");
  const char* home = std::getenv("HOME");
  const fs::path base =
      data && *data ? fs::path(data) : fs::path(home ? home : "/tmp") / ".local/share";
  return base / "underloop" / "runs";
}

RunStore::RunStore(fs::path folder, Limits limits)
    : folder_(std::move(folder)), limits_(limits) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (!error) fs::permissions(folder_, fs::perms::owner_all, error);
  if (error) throw lab::Error("keep runs in " + folder_.string(), error.message());
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() == ".json") load(entry.path());
  }
}

// A card that cannot be read is passed over: it is not worth the other runs.
void RunStore::load(const fs::path& file) try {
  std::ifstream in(file);
  const Json json = Json::parse(in);
  RunCard card{.id = file.stem(), .lab = json.at("lab"), .began = json.at("began")};
  if (!is_id(card.id)) return;
  if (!json.at("ms").is_null()) card.ms = json.at("ms").get<std::int64_t>();
  if (!json.at("exit").is_null()) card.exit = json.at("exit").get<int>();
  card.knobs = json.at("knobs");
  card.claims = json.at("claims");
  card.failed = json.at("failed");
  card.events = json.at("events");
  card.ledger = json.at("ledger");
  card.why =
      card.ms ? json.at("why").get<std::string>() : "its studio ended before it did";
  cards_.emplace(card.id, std::move(card));
} catch (const Json::exception&) {
}

RunCard& RunStore::begin(const std::string& lab, Json knobs) {
  make_room();
  std::int64_t began = unix_ms();
  std::string id;
  for (int i = 0; id.empty() || find(id); ++i)
    id = fmt::format("{}-{}-{}", lab, began, i);
  RunCard card{
      .id = id, .lab = lab, .began = began, .knobs = std::move(knobs), .live = true};
  save(card);
  return cards_.emplace(id, std::move(card)).first->second;
}

// Beside it first, so that a card is never half written.
void RunStore::save(const RunCard& card) {
  const fs::path file = folder_ / (card.id + ".json");
  const fs::path fresh = folder_ / (card.id + ".new");
  std::ofstream out(fresh);
  Json json = card.json();
  json["ledger"] = card.ledger;
  json["why"] = card.why;
  out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
  out.close();
  if (!out) throw lab::Error("write " + fresh.string(), "no room, or no right to");
  fs::rename(fresh, file);
}

void RunStore::make_room() {
  std::error_code none;
  std::uintmax_t bytes = 0;
  std::size_t kept = 0;
  for (const RunCard* card : newest_first()) {
    const auto size = fs::file_size(events(*card), none);
    bytes += none ? 0 : size;
    if (card->live || (++kept < limits_.runs && bytes <= limits_.bytes)) continue;
    fs::remove(events(*card), none);
    fs::remove(folder_ / (card->id + ".json"), none);
    cards_.erase(cards_.find(card->id));
  }
}

const RunCard* RunStore::find(std::string_view id) const {
  const auto found = cards_.find(id);
  return found == cards_.end() ? nullptr : &found->second;
}

fs::path RunStore::events(const RunCard& card) const {
  return folder_ / (card.id + ".ndjson");
}

std::vector<const RunCard*> RunStore::newest_first() const {
  std::vector<const RunCard*> cards;
  for (const auto& [id, card] : cards_) cards.push_back(&card);
  std::ranges::sort(cards, [](const RunCard* a, const RunCard* b) {
    return std::pair(a->began, a->id) > std::pair(b->began, b->id);
  });
  return cards;
}

}  // namespace runner
