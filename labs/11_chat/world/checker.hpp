// checker.hpp: judges a run by what every client saw, and by nothing else.
//
// Promise   Nobody sees a message twice, or misses one between the first and the last that
//           it saw. All see one order, and all end at the same message. What a server has
//           confirmed as stored was seen.
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
  std::string id{};  // its author and number: "ann:17"
};

struct Verdict {
  std::size_t deliveries = 0;
  std::size_t gaps = 0;        // messages missing, over all clients
  std::size_t duplicates = 0;  // seen again, by offset or by id
  std::size_t disorder = 0;    // two clients disagree about an offset, or it decreased
  std::size_t behind = 0;      // messages that a client still lacks at the end
  std::size_t unstored = 0;    // confirmed to the author, and nobody saw it

  bool clean() const { return gaps + duplicates + disorder + behind + unstored == 0; }
};

// Of one room.
class Checker {
 public:
  // One client's history, in the order of arrival, from one epoch.
  void saw(std::vector<Seen> history) { histories_.push_back(std::move(history)); }
  void confirmed(std::string id) { confirmed_.push_back(std::move(id)); }

  Verdict judge() const {
    Verdict verdict;
    std::map<std::uint64_t, std::string> order;
    std::map<std::string, std::uint64_t> offsets;
    for (const auto& history : histories_) {
      std::uint64_t last = 0;
      for (const auto& [offset, id] : history) {
        ++verdict.deliveries;
        if (last != 0 && offset == last) ++verdict.duplicates;
        if (offset < last) ++verdict.disorder;
        if (last != 0 && offset > last + 1) verdict.gaps += offset - last - 1;
        last = offset;
        if (order.try_emplace(offset, id).first->second != id) ++verdict.disorder;
        if (offsets.try_emplace(id, offset).first->second != offset) ++verdict.duplicates;
      }
    }
    const std::uint64_t end = order.empty() ? 0 : order.rbegin()->first;
    for (const auto& history : histories_)
      verdict.behind += history.empty() ? order.size() : end - history.back().offset;
    for (const auto& id : confirmed_) verdict.unstored += !offsets.contains(id);
    return verdict;
  }

 private:
  std::vector<std::vector<Seen>> histories_;
  std::vector<std::string> confirmed_;
};

}  // namespace lab11
