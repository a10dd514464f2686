// checker.hpp: judges a run from what every client saw, and from nothing else.
//
// Promise   In each room: no message twice, none missing between a client's first and
//           last, one order for all, and every client ends where the room ends. What a
//           server said it had stored was stored once.
// Errors    A broken promise is counted and told, never thrown.
// Source    The history checkers of Jepsen and Maelstrom.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lab11 {

struct Seen {
  std::uint64_t offset = 0;
  std::string id{};  // who said it, and which of his: "ann:17"
};

struct Verdict {
  std::size_t deliveries = 0;
  std::size_t gaps = 0;        // messages missing, over all clients
  std::size_t duplicates = 0;  // seen again, by offset or by id
  std::size_t disorder = 0;    // two clients disagree about an offset, or it went back
  std::size_t behind = 0;      // messages that a client still lacks at the end
  std::size_t unstored = 0;    // confirmed to the author, and nobody saw it

  bool clean() const { return gaps + duplicates + disorder + behind + unstored == 0; }
};

class Checker {
 public:
  // One client's history of one room, in the order of arrival, from one epoch.
  void saw(const std::string& room, std::vector<Seen> history) {
    rooms_[room].histories.push_back(std::move(history));
  }
  void confirmed(const std::string& room, const std::string& id) {
    rooms_[room].confirmed.push_back(id);
  }

  Verdict judge() const {
    Verdict verdict;
    for (const auto& [name, room] : rooms_) judge(room, verdict);
    return verdict;
  }

 private:
  struct Record {
    std::vector<std::vector<Seen>> histories;
    std::vector<std::string> confirmed;
  };

  static void judge(const Record& room, Verdict& verdict) {
    std::map<std::uint64_t, std::string> order;
    std::map<std::string, std::uint64_t> offsets;
    for (const auto& history : room.histories) {
      std::uint64_t last = 0;
      for (const Seen& seen : history) {
        ++verdict.deliveries;
        if (last != 0 && seen.offset == last) ++verdict.duplicates;
        if (seen.offset < last) ++verdict.disorder;
        if (last != 0 && seen.offset > last + 1) verdict.gaps += seen.offset - last - 1;
        last = seen.offset;
        const auto [place, is_new] = order.try_emplace(seen.offset, seen.id);
        if (place->second != seen.id) ++verdict.disorder;
        const auto [first, is_first] = offsets.try_emplace(seen.id, seen.offset);
        if (first->second != seen.offset) ++verdict.duplicates;
      }
    }
    const std::uint64_t end = order.empty() ? 0 : order.rbegin()->first;
    for (const auto& history : room.histories) {
      if (!history.empty()) verdict.behind += end - std::min(end, history.back().offset);
      if (history.empty()) verdict.behind += order.size();
    }
    for (const auto& id : room.confirmed) verdict.unstored += !offsets.contains(id);
  }

  std::map<std::string, Record> rooms_;
};

}  // namespace lab11
