#include "room.hpp"

#include <algorithm>

namespace lab11 {

// Step 6: a relay may lose messages and may repeat them, and says nothing. The offset
// tells which of it happened.
Room::Arrival Room::arrive(const std::string& epoch, const Message& message) {
  if (epoch != position_.epoch) return Arrival::other_epoch;
  if (message.offset <= position_.offset) return Arrival::repeated;
  if (message.offset > position_.offset + 1) return Arrival::ahead;
  append(message);
  return Arrival::next;
}

// Step 7: the gap is closed from the store, or it is said that it cannot be.
Room::CaughtUp Room::catch_up(const History& history) {
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
Room::Resumed Room::resume(const Position& seen, std::size_t bytes) const {
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

void Room::append(const Message& message) {
  backlog_.push_back(message);
  if (backlog_.size() > limit_) backlog_.pop_front();
  position_.offset = message.offset;
}

}  // namespace lab11
