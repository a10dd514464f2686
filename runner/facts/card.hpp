// card.hpp: what is known about one run without reading all of it.
//
// Errors    A card's text that is none throws Json::exception.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace runner {

using Json = nlohmann::ordered_json;

struct RunCard {
  std::string id{};
  std::string lab{};
  std::int64_t began = 0;  // Unix ms
  std::optional<std::int64_t> ms{};
  std::optional<int> exit{};
  Json knobs = Json::object();
  int claims = 0;  // different ones
  int failed = 0;
  std::size_t events = 0;
  std::string why{};           // it ended, if that needs saying
  bool live = false;           // still running
  bool until_stopped = false;  // and its knobs can be turned meanwhile
  Json ledger =
      Json::array();  // its claims, one an id: id, claim, holds, evidence, nuance

  // Counts one of its events, and keeps what it proves.
  void count(const Json& event);

  // Forgets what was counted: the events are read again.
  void count_anew();

  Json json() const;  // without the ledger
  std::string text() const;
  static RunCard parse(const std::string& id, std::string_view text);
};

// "05-1763913600000-0": a lab, when it began, and which of that moment.
bool is_run_id(std::string_view text);

// The text behind a key; "" if there is none.
std::string text_in(const Json& json, const char* key);

}  // namespace runner
