// chat_server.hpp: one server of the chat: its connections, its rooms, its part of the
// company.
//
//   a client --say--> append to the store --relay--> every server --fan out--> clients
//
// A message is stored before anybody sees it, and everybody, its author too, sees it in
// the store's order. It is encoded once in each server and shared by all queues.
//
// A client:  hello {user, sender}, join {room, epoch, offset}, say {room, n, text}
// A server:  welcome, joined {epoch, offset, recovered}, said, stored, not stored, lost,
//            present
//
// Threads   None: one loop.
// Errors    What a client does wrong closes its connection with a code (see kSlow and
//           RFC 6455's). A store that is away is told to the author, who tries again.
// Limits    Those of Settings; a name or a room 32 bytes, 8 rooms a client.
// Left out  Rooms that everybody has left are kept. Passwords, and who may enter which
//           room: lab 15. Messages to one person are rooms of two.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "company.hpp"
#include "lab/websocket.hpp"
#include "room.hpp"

namespace lab11 {

using std::chrono::milliseconds;

inline constexpr std::uint16_t kSlow = 4008;  // come back, and resume

struct Settings {
  std::string name = "A";
  bool resumes = true;             // offsets are looked at, gaps are closed
  std::size_t backlog = 1000;      // messages kept for resuming, a room
  std::size_t outbox = 256 << 10;  // bytes that may wait for one reader
  std::string control{};           // target at which the lab itself may come in
  std::size_t listed = 50;         // a larger room is told its size, not its names
  milliseconds beat{100};          // how often presence is repeated
  milliseconds present_for{400};   // and how long one word of it counts
  lab::websocket::Options socket{};
};

struct Counts {
  std::uint64_t connections = 0;
  std::uint64_t said = 0;         // by clients of this server
  std::uint64_t encoded = 0;      // messages made ready for the wire
  std::uint64_t delivered = 0;    // messages handed to a client's queue
  std::uint64_t gaps = 0;         // times that a message was seen to be missing
  std::uint64_t repeated = 0;     // messages that came again, and were dropped
  std::uint64_t cut = 0;          // readers that were too slow
  std::uint64_t most_queued = 0;  // bytes, of one reader

  std::string text() const;
  static Counts parse(const std::string& text);
};

class ChatServer {
 public:
  // `company` may be null: then this server is alone.
  ChatServer(lab::websocket::Loop& loop, Settings settings, Company* company,
             lab::websocket::Server::Pages pages = {}, std::uint16_t port = 0);
  ChatServer(const ChatServer&) = delete;
  ChatServer& operator=(const ChatServer&) = delete;
  ~ChatServer();

  std::uint16_t port() const { return server_.port(); }
  const Counts& counts() const { return counts_; }

  // What a user's name must pass before he is let in; none: every name is.
  std::function<void(const std::string& user, std::function<void(bool)> answer)>
      sign_in{};

  // Something worth drawing: its name, the room, an offset or a count.
  std::function<void(const char* what, const std::string& room, std::uint64_t number)>
      on_event{};

 private:
  class Client;
  class Control;
  struct Hall;

  void understand(Client& client, const nlohmann::json& message);
  void enter(Client& client, const std::string& user, const std::string& sender);
  void join(Client& client, const std::string& room, const Position& seen);
  void admit(Client& client, Hall& hall, const Position& seen);
  void feed(Client& client);
  void say(Client& client, const nlohmann::json& message);
  void leave(Client& client);

  void arrived(const std::string& room, const Position& at, const std::string& body);
  void load(Hall& hall);
  void loaded(Hall& hall, const Stored& stored);
  void fan_out(Hall& hall, const Text& wire);
  Text encode(const std::string& room, const Position& at, const std::string& body);
  Hall& hall(const std::string& room);
  void beat();
  void show_present(Hall& hall);
  void note(const char* what, const std::string& room = {}, std::uint64_t number = 0);

  lab::websocket::Loop& loop_;
  Settings settings_;
  Company* company_;
  Counts counts_;
  std::map<std::string, std::unique_ptr<Hall>> halls_;
  std::shared_ptr<ChatServer*> alive_;  // for what answers later
  lab::websocket::Server server_;       // last: its clients go first
};

}  // namespace lab11
