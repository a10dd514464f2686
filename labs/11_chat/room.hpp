// room.hpp: one room as one server sees it: how far it is, and the last messages.
//
//   a message's offset is ours + 1 ----> next: to everybody in the room
//                         ours or less -> repeated: to nobody
//                         more ---------> ahead: something was lost; ask the store
//   its epoch is not ours --------------> other_epoch: the store forgot; start anew
//
// An offset counts the messages of a room, from 1, in the store's order. An epoch names
// the life of that count: a store that lost its memory counts from 1 again, under a new
// epoch, so an old offset cannot be mistaken for a new one.
//
// Threads   None: a room belongs to its server's loop.
// Errors    "It cannot be resumed" is an answer, and the client must be told.
// Cost      The backlog's messages, shared with the queues they wait in.
// Source    Recovery by offset and epoch as in Centrifugo's "History and recovery".
// Left out  Going further back than the backlog: a history page reads the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "outbox.hpp"

namespace lab11 {

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

}  // namespace lab11
