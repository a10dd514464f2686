// chat.hpp: one server of a chat that has many: its clients, its rooms, what it sends them.
//
//   a client --say--> append to the store --relay--> every server --fan out--> its clients
//
// A message is stored before anybody sees it, and everybody sees it in the store's order,
// the author too. Each server encodes it once, and the queues of its readers share it.
//
//   from a client  hello {user, window}, join {room, epoch, offset}, say {room, n, text}
//   to a client    welcome, joined {epoch, offset, recovered}, not joined {why}, said,
//                  stored {n}, not stored {n}: say it again, refused {n, why}: do not,
//                  lost {epoch, offset}, present {users, count}
//
// Threads   None: one loop.
// Errors    What a client may do and the server will not (a ninth room, a text that is too
//           long) is answered. A client that breaks the protocol is closed with a code:
//           kTooSlow, or one of RFC 6455. If the store is away, the author is told.
// Limits    Those of ChatSettings; 32 characters, counted as a browser does, for a name or
//           a room; 8 rooms for a client. A text may be as long as one message can carry.
// Left out  Passwords, and who may enter which room: lab 15. Rooms that everybody has left
//           are kept. A message to one person is a room of two.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "backplane.hpp"
#include "lab/core/where.hpp"
#include "lab/net/websocket.hpp"
#include "presence.hpp"
#include "reader.hpp"
#include "room_history.hpp"

namespace lab11 {

using std::chrono::milliseconds;

struct ChatSettings {
  bool closes_gaps = true;              // else it shows what comes, as plain Pub/Sub does
  std::size_t history = 1000;           // messages kept of a room, to resume from
  std::size_t queue_limit = 256 << 10;  // bytes that may wait for one reader
  milliseconds presence_every{100};     // how often a server repeats who is with it
  milliseconds presence_lease{400};     // how long that counts
  milliseconds ask_again{50};           // when the store could not answer
  lab::websocket::Options socket{};
};

// What the server tells of itself. Each may be empty.
struct ChatObservers {
  std::function<void(std::string_view what, lab::Where)> on_event{};
  std::function<void(std::uint64_t connections, lab::Where)> on_connections{};
  std::function<void(const std::string& user, std::size_t bytes, lab::Where)>
      on_waiting{};
  // A message comes through with the context that travels in it, as `traceparent` does:
  // from the relay at this offset, or from its author at offset 0. Returns the context for
  // the next hop.
  std::function<std::uint64_t(std::uint64_t context, std::uint64_t offset, lab::Where)>
      on_hop{};
};

class ChatServer {
 public:
  // REQUIRES: the loop and the backplane outlive the server.
  ChatServer(lab::websocket::Loop& loop, ChatSettings settings, Backplane& backplane,
             ChatObservers observers = {}, lab::websocket::Server::Pages pages = {});
  ChatServer(const ChatServer&) = delete;
  ChatServer& operator=(const ChatServer&) = delete;
  ~ChatServer();

  std::uint16_t port() const;

 private:
  using Json = nlohmann::json;
  class Client;
  struct Room;

  // --- what clients ask

  void understand(Client& client, const Json& message);
  void hello(Client& client, const Json& message);
  void join(Client& client, const std::string& name, const Position& seen);
  void say(Client& client, const Json& message);

  // --- what the backplane brings

  void arrived(Room& room, const Position& at, const std::string& body);
  void load(Room& room);
  void loaded(Room& room, const StoredBodies& stored);
  void repeat_presence();
  void show_presence(Room& room);

  // --- what members get

  void admit(Client& client, Room& room, const Position& seen);
  void tell_lost(Room& room, const Position& from);
  void fan_out(Room& room, const Text& wire);
  Text encode(const std::string& room, const Position& at, const std::string& body) const;

  Room& room_of(const std::string& name);
  void note(std::string_view what, lab::Where where = lab::Where::here()) const;
  std::uint64_t hop(std::uint64_t context, std::uint64_t offset,
                    lab::Where where = lab::Where::here()) const;

  lab::websocket::Loop& loop_;
  const ChatSettings settings_;
  Backplane& backplane_;
  const ChatObservers observers_;
  std::uint64_t connections_ = 0;
  std::map<std::string, std::unique_ptr<Room>> rooms_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for late answers
  std::unique_ptr<lab::websocket::Server> server_;  // its clients go first
};

}  // namespace lab11
