// studio_store.hpp: recorded runs on disk, each the lines of one run and a card about it.
//
//   ID.ndjson  what the lab printed with --json, one event a line
//   ID.json    the card: lab, knobs, when, how it ended
//
// Lifetime  A card is written when a run begins and again when it ends, so a run whose
//           studio was killed is still there, with all lines that came.
// Errors    A folder that cannot be written throws lab::Error.
// Limits    `runs` and `bytes`: the oldest go first, never one that is live.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runner {

using Json = nlohmann::ordered_json;

struct RunCard {
  std::string id{};
  std::string lab{};
  std::int64_t began = 0;  // Unix ms
  std::optional<std::int64_t> ms{};
  std::optional<int> exit{};
  Json knobs = Json::object();
  int claims = 0;
  int failed = 0;
  std::size_t events = 0;
  std::string why{};  // it ended, if that needs saying
  bool live = false;  // still running
  Json ledger =
      Json::array();  // its claims, one an id: id, claim, holds, evidence, nuance

  Json json() const;  // without the ledger
};

struct StoreLimits {
  std::size_t runs = 200;
  std::uintmax_t bytes = 512u << 20;
};

class RunStore {
 public:
  using Limits = StoreLimits;

  explicit RunStore(std::filesystem::path folder, Limits limits = {});

  // $XDG_DATA_HOME/underloop/runs
  static std::filesystem::path usual_folder();

  // Begins a run: gives it an id, and writes its card.
  RunCard& begin(const std::string& lab, Json knobs);
  void save(const RunCard& card);
  void make_room();

  // nullptr unless it is one of ours: an id is never made into a path before.
  const RunCard* find(std::string_view id) const;
  std::filesystem::path events(const RunCard& card) const;
  std::vector<const RunCard*> newest_first() const;
  std::size_t size() const { return cards_.size(); }

 private:
  void load(const std::filesystem::path& file);

  std::filesystem::path folder_;
  Limits limits_;
  std::map<std::string, RunCard, std::less<>> cards_;
};

}  // namespace runner
