// reader.hpp: what one reader may make a server remember: a queue with a limit, and how far
// the reader is in the rooms in which it still catches up.
//
//   send() -- the queue has room --> it waits for the kernel to take it
//             it has none ---------> closed with kTooSlow: reconnect, and resume
//   behind in a room --> feed() sends the next old messages each time the queue is empty,
//                        until the reader is up to date; only then it gets new ones
//
// Threads   None: it belongs to its server's loop.
// Left out  Dropping the oldest message instead, which a chat may not do. A stock ticker
//           should.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "lab/net/websocket.hpp"
#include "room_history.hpp"

namespace lab11 {

inline constexpr std::uint16_t kTooSlow = 4008;  // reconnect, and resume

class Reader {
 public:
  Reader(lab::websocket::Peer peer, std::size_t limit)
      : peer_(std::move(peer)), limit_(limit) {}

  // Step 8: what the kernel does not take waits in our memory, so each reader's queue has
  // a limit. A reader over it is disconnected, and the others do not notice. A message that
  // finds nothing before it always fits. False if it was not sent.
  bool send(Text text) {
    if (!peer_->open()) return false;
    const std::size_t before = peer_->waiting();
    if (before > 0 && before + text->size() > limit_) {
      peer_->close(kTooSlow, "too slow: reconnect and resume");
      return false;
    }
    peer_->write(std::move(text));
    return true;
  }

  bool open() const { return peer_->open(); }
  std::size_t waiting() const { return peer_->waiting(); }
  void close(std::uint16_t code, const char* why) { peer_->close(code, why); }

  void is_behind(const std::string& room, const Position& at) {
    behind_.try_emplace(room, at);
  }
  void is_up_to_date(const std::string& room) { behind_.erase(room); }
  bool behind(const std::string& room) const { return behind_.contains(room); }

  // Old messages only as fast as they are read, half a queue at a time. Sent all at once,
  // they would fill the queue and disconnect the reader again. `history_of` finds a room's.
  void feed(const auto& history_of) {
    while (peer_->open() && peer_->waiting() == 0 && !behind_.empty()) {
      auto& [room, at] = *behind_.begin();
      const auto next = history_of(room).resume(at, limit_ / 2);
      if (!next.recovered) return close(kTooSlow, "too slow: reconnect");
      if (next.missed.empty()) {
        behind_.erase(behind_.begin());
        continue;
      }
      at.offset = next.missed.back().offset;
      for (const Message& message : next.missed) {
        if (!send(message.wire)) return;
      }
    }
  }

 private:
  lab::websocket::Peer peer_;
  std::size_t limit_;
  std::map<std::string, Position> behind_;
};

}  // namespace lab11
