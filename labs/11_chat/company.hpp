// company.hpp: what the servers of one chat share: a store of messages, and a relay.
//
//   append() -- one step in the store: number it, keep it, tell the relay
//   relay ----> on_message on every server that listens, at most once
//   history() - what the store has after an offset: how a server closes a gap
//
// Lifetime  Answers come later, on the server's own loop; none comes once it is
// destroyed. Errors    nullopt: the store is away, or went before it answered. Then
// nobody knows
//           whether a message was kept, so an author says it again, and the store knows
//           it by its number.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "room.hpp"

namespace lab11 {

struct Said {
  std::string author;
  std::uint64_t number = 0;  // of this author in this room, from 1: known again by it
  std::string body;          // JSON: what he said, and when
};

struct Stored {
  Position position{};                                          // of the last one
  std::vector<std::pair<std::uint64_t, std::string>> bodies{};  // offset and body
};

class Company {
 public:
  virtual ~Company() = default;

  virtual void append(const std::string& room, Said said,
                      std::function<void(std::optional<Position>)> done) = 0;
  virtual void history(const std::string& room, const Position& after,
                       std::function<void(std::optional<Stored>)> done) = 0;
  virtual void announce(const std::string& room, const std::set<std::string>& users) = 0;

  // Hears of a room from now on; `on_listening` comes now and after every break.
  virtual void listen(const std::string& room) = 0;

  // By hand, to show a break: no relay until it is switched on again.
  virtual void switch_relay(bool on) = 0;

  std::function<void(const std::string& room)> on_listening{};
  std::function<void(const std::string& room, const Position& at,
                     const std::string& body)>
      on_message{};
  std::function<void(const std::string& room, const std::string& server,
                     std::set<std::string> users)>
      on_present{};
};

}  // namespace lab11
