// room_history.hpp: how far one server is in one room, and the last messages of it.
//
//   the message's offset is ours + 1 --> next: send it to everybody in the room
//                        ours or less -> repeated: drop it
//                        higher -------> ahead: a message was lost; ask the store
//   the message's epoch is not ours ---> other_epoch: the store lost its data; reload
//
// An offset counts the messages of a room from 1, in the store's order. An epoch names one
// life of that count. A store that lost its data counts from 1 again under a new epoch, so
// nobody mistakes an old offset for a new one.
//
// Threads   None: a history belongs to its server's loop.
// Errors    "This cannot be resumed" is a normal answer, and the client must be told.
// Cost      The kept messages, whose bytes are shared with the queues they wait in.
// Source    Recovery by offset and epoch as in Centrifugo's "History and recovery".
// Left out  Reading further back than the kept messages: a history page asks the store.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "lab/net/websocket.hpp"

namespace lab11 {

using lab::websocket::Text;

struct Position {
  std::string epoch{};
  std::uint64_t offset = 0;  // of the last message seen
  bool operator==(const Position&) const = default;
};

struct Message {
  std::uint64_t offset = 0;
  Text wire{};  // encoded once, and shared by the queues of all readers
};

// What the store returned: its position, and the messages up to there without a gap.
struct StoredMessages {
  Position position{};
  std::vector<Message> messages{};
};

class RoomHistory {
 public:
  enum class Arrival { next, repeated, ahead, other_epoch };
  struct CaughtUp {
    bool lost = false;  // some are gone for good: everybody in the room must be told
    std::vector<Message> fresh{};  // to be sent to everybody
  };
  struct Resumed {
    bool recovered = false;
    std::vector<Message> missed{};  // the first of them
  };

  explicit RoomHistory(std::size_t limit) : limit_(limit) {}

  // Step 1: a message came from the relay, which may lose one or repeat one, and says
  // nothing about it. The offset tells which of the two happened. Only `next` is kept.
  [[nodiscard]] Arrival arrive(const std::string& epoch, const Message& message) {
    if (epoch != position_.epoch) return Arrival::other_epoch;
    if (message.offset <= position_.offset) return Arrival::repeated;
    if (message.offset > position_.offset + 1) return Arrival::ahead;
    append(message);
    return Arrival::next;
  }

  // Step 2: the store was asked for everything after position().offset: close the gap with
  // what it returned, or say that it cannot be closed.
  [[nodiscard]] CaughtUp catch_up(const StoredMessages& stored) {
    CaughtUp result;
    const bool first_time = !loaded();
    const bool same_epoch = stored.position.epoch == position_.epoch;
    const std::uint64_t oldest = stored.messages.empty() ? stored.position.offset + 1
                                                         : stored.messages.front().offset;
    if (!same_epoch || oldest > position_.offset + 1) {
      result.lost = !first_time;
      kept_.clear();
      position_ = {stored.position.epoch, oldest - 1};
    }
    for (const Message& message : stored.messages) {
      if (message.offset != position_.offset + 1) continue;
      append(message);
      if (!first_time) result.fresh.push_back(message);
    }
    return result;
  }

  // Step 3: a client comes back, perhaps to a server that has never seen it, and says what
  // it saw last: that is all it needs to bring along. Returns messages of at most so many
  // bytes, but at least one; ask again from there once they are written.
  [[nodiscard]] Resumed resume(const Position& seen, std::size_t bytes) const {
    const std::uint64_t oldest = position_.offset + 1 - kept_.size();
    const bool covered = seen.epoch == position_.epoch && seen.offset + 1 >= oldest &&
                         seen.offset <= position_.offset;
    if (!covered) return {};
    Resumed result{.recovered = true};
    for (const Message& message : kept_) {
      if (message.offset <= seen.offset) continue;
      if (!result.missed.empty() && message.wire->size() > bytes) break;
      bytes -= std::min(bytes, message.wire->size());
      result.missed.push_back(message);
    }
    return result;
  }

  const Position& position() const { return position_; }
  bool loaded() const { return !position_.epoch.empty(); }

 private:
  void append(const Message& message) {
    kept_.push_back(message);
    if (kept_.size() > limit_) kept_.pop_front();
    position_.offset = message.offset;
  }

  std::size_t limit_;
  Position position_;
  std::deque<Message> kept_;  // its last one is position_.offset
};

}  // namespace lab11
