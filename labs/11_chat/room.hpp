// room.hpp: one room as one server sees it: how far it is, the last messages, who is here.
//
//   a message's offset is ours + 1 ----> next: to everybody in the room
//                         ours or less -> repeated: to nobody
//                         more ---------> ahead: something was lost; ask the store
//   its epoch is not ours --------------> other_epoch: the store forgot; start anew
//
//   every server repeats who is with it --> present until `lasts` has passed
//   a server dies ------------------------> it repeats nothing, and its list runs out
//
// An offset counts the messages of a room, from 1, in the store's order. An epoch names
// the life of that count: a store that lost its memory counts from 1 again, under a new
// epoch, so an old offset cannot be mistaken for a new one.
//
// Units     Time is the injected clock's; only differences are looked at, so servers'
//           clocks need not agree.
// Threads   None: a room belongs to its server's loop.
// Errors    "It cannot be resumed" is an answer, and the client must be told.
// Cost      The backlog's messages, shared with the queues they wait in.
// Source    Recovery by offset and epoch as in Centrifugo's "History and recovery";
//           Phoenix's Presence: no central record, and it heals by itself.
// Left out  Going further back than the backlog: a history page reads the store. A person
//           with two windows is present twice.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lab/websocket.hpp"

namespace lab11 {

using lab::websocket::Text;

struct Position {
  std::string epoch{};
  std::uint64_t offset = 0;  // the last one seen
  bool operator==(const Position&) const = default;
};

struct Message {
  std::uint64_t offset = 0;
  Text wire{};  // encoded once, for everybody
};

// What the store answered: its position, and messages up to it without a gap.
struct History {
  Position position{};
  std::vector<Message> messages{};
};

class Room {
 public:
  enum class Arrival { next, repeated, ahead, other_epoch };
  struct CaughtUp {
    bool lost = false;  // some are gone for good: everybody in the room must be told
    std::vector<Message> fresh{};  // for everybody
  };
  struct Resumed {
    bool recovered = false;
    std::vector<Message> missed{};  // the first of them
  };

  explicit Room(std::size_t backlog) : limit_(backlog) {}

  // A message came by the relay. Only `next` changes the room.
  [[nodiscard]] Arrival arrive(const std::string& epoch, const Message& message);

  // The store was asked for everything after position().offset.
  [[nodiscard]] CaughtUp catch_up(const History& history);

  // A client was here before, and this is the last that it saw. Answers no more than fits
  // into so many bytes (but one at least): the rest when these are written.
  [[nodiscard]] Resumed resume(const Position& seen, std::size_t bytes) const;

  const Position& position() const { return position_; }
  bool loaded() const { return !position_.epoch.empty(); }

 private:
  void append(const Message& message);

  std::size_t limit_;
  Position position_;
  std::deque<Message> backlog_;  // its last one is position_.offset
};

// Step 6: a relay may lose messages and may repeat them, and says nothing. The offset
// tells which of it happened.
inline Room::Arrival Room::arrive(const std::string& epoch, const Message& message) {
  if (epoch != position_.epoch) return Arrival::other_epoch;
  if (message.offset <= position_.offset) return Arrival::repeated;
  if (message.offset > position_.offset + 1) return Arrival::ahead;
  append(message);
  return Arrival::next;
}

// Step 7: the gap is closed from the store, or it is said that it cannot be.
inline Room::CaughtUp Room::catch_up(const History& history) {
  CaughtUp result;
  const bool first_time = !loaded();
  const bool same_epoch = history.position.epoch == position_.epoch;
  const std::uint64_t oldest = history.messages.empty() ? history.position.offset + 1
                                                        : history.messages.front().offset;
  if (!same_epoch || oldest > position_.offset + 1) {
    result.lost = !first_time;
    backlog_.clear();
    position_ = {history.position.epoch, oldest - 1};
  }
  for (const Message& message : history.messages) {
    if (message.offset != position_.offset + 1) continue;
    append(message);
    if (!first_time) result.fresh.push_back(message);
  }
  return result;
}

// Step 8: a client comes back, perhaps to a server that has never seen it.
inline Room::Resumed Room::resume(const Position& seen, std::size_t bytes) const {
  const std::uint64_t oldest = position_.offset + 1 - backlog_.size();
  const bool covered = seen.epoch == position_.epoch && seen.offset + 1 >= oldest &&
                       seen.offset <= position_.offset;
  if (!covered) return {};
  Resumed result{.recovered = true};
  for (const Message& message : backlog_) {
    if (message.offset <= seen.offset) continue;
    if (!result.missed.empty() && message.wire->size() > bytes) break;
    bytes -= std::min(bytes, message.wire->size());
    result.missed.push_back(message);
  }
  return result;
}

inline void Room::append(const Message& message) {
  backlog_.push_back(message);
  if (backlog_.size() > limit_) backlog_.pop_front();
  position_.offset = message.offset;
}

class Presence {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Presence(std::chrono::milliseconds lasts) : lasts_(lasts) {}

  // A server said who is in the room there. The last word counts; losing one is harmless.
  void beat(const std::string& server, std::set<std::string> users, Time now) {
    servers_[server] = {std::move(users), now};
  }

  // Step 9: silence is the only sign that a crashed server gives.
  std::set<std::string> present(Time now) {
    std::erase_if(servers_,
                  [&](const auto& entry) { return now - entry.second.second >= lasts_; });
    std::set<std::string> all;
    for (const auto& [name, list] : servers_) {
      all.insert(list.first.begin(), list.first.end());
    }
    return all;
  }

 private:
  std::chrono::milliseconds lasts_;
  std::map<std::string, std::pair<std::set<std::string>, Time>> servers_;
};

}  // namespace lab11
