// store.hpp: recorded runs on disk, each the lines of one run and a card about it.
//
//   ID.ndjson  what the lab printed with --json, one event a line
//   ID.json    the card: lab, knobs, when, how it ended
//   lock       held while a store has the folder
//
// Lifetime  A card is written when a run begins and again when it ends. Where the studio
//           was killed between, the next store counts the lines that came and writes the
//           card anew: no run is lost, and no half line is kept.
// Errors    A folder that cannot be written, or that another studio has, throws
//           lab::Error.
// Limits    `runs` and `bytes`: the oldest go first, never one that is live.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "facts/card.hpp"
#include "lab/os/descriptor.hpp"

namespace runner {

struct StoreLimits {
  std::size_t runs = 200;
  std::uintmax_t bytes = 512u << 20;
  // One that was just ended may have the folder a moment longer.
  std::chrono::milliseconds patience{2'000};
};

class RunStore {
 public:
  explicit RunStore(std::filesystem::path folder, StoreLimits limits = {});

  // Begins a run: gives it an id, and writes its card.
  RunCard& begin(const std::string& lab, Json knobs);

  // It is written when it begins and when it ends; its object stays until then.
  void save(const RunCard& card);
  void make_room();

  // nullptr unless it is one of ours: an id is never made into a path before.
  const RunCard* find(std::string_view id) const;
  std::filesystem::path events(const RunCard& card) const;
  std::vector<const RunCard*> newest_first() const;
  std::size_t size() const { return cards_.size(); }

 private:
  void load();
  void repair(RunCard& card);
  std::filesystem::path file(const std::string& id, const char* ending) const;

  std::filesystem::path folder_;
  StoreLimits limits_;
  lab::Descriptor lock_{};
  std::map<std::string, RunCard, std::less<>> cards_{};
};

}  // namespace runner
