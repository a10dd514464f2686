// chat_client.hpp: a person in one room, whose client reconnects when its server has gone.
//
//   connect -> hello -> join from what it saw last -> talk -- lost --> wait, next server
//                                                       \-- 1008 --> gives up
//
// Lifetime  It may go at any time; then its connection is dropped.
// Threads   None: one loop, with as many clients on it as you like.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <random>
#include <string>
#include <vector>

#include "lab/net/websocket.hpp"
#include "room_history.hpp"
#include "world/checker.hpp"

namespace lab11 {

struct ClientSettings {
  std::string user{};
  std::string room = "lobby";
  std::vector<std::uint16_t> servers{};      // ports; the first is tried first
  bool resumes = true;                       // else it joins anew each time
  bool draws = false;                        // its messages become arrows in the trace
  std::chrono::milliseconds first_wait{50};  // at most, before it comes back
  std::uint64_t seed = 1;
  lab::websocket::Options socket{};
};

// What a client has lived through.
struct Diary {
  std::vector<std::vector<Seen>> histories{1};  // a new one after each announced loss
  std::vector<std::string> confirmed{};         // "ann:3": the server has stored it
  std::vector<std::string> present{};
  std::vector<std::uint16_t> close_codes{};
  std::vector<std::chrono::milliseconds> waits{};  // before each reconnection
  int joined = 0;
  int recovered = 0;  // joins that resumed where it had stopped
  int told_lost = 0;  // times that it was told that messages are lost
  int refused = 0;    // messages that no server will take
};

// How long to wait before the next attempt: "full jitter" in the AWS architecture blog.
class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;

  Backoff(Milliseconds base, Milliseconds most) : base_(base), most_(most) {}

  // A random part of a ceiling that doubles. Without the chance, a number from 0
  // up to 1, all clients of a dead server would come back in the same millisecond. Only a
  // connection that has lasted makes us begin anew: one that ends at once, each time, must
  // not be tried as if it were the first.
  Milliseconds next(double chance, Milliseconds lasted) {
    if (lasted >= most_) tries_ = 0;
    const Milliseconds ceiling = std::min(most_, base_ * (1 << std::min(tries_++, 20)));
    return std::chrono::duration_cast<Milliseconds>(ceiling * chance);
  }

 private:
  Milliseconds base_;
  Milliseconds most_;
  int tries_ = 0;
};

class ChatClient {
 public:
  ChatClient(lab::websocket::Loop& loop, ClientSettings settings);
  ChatClient(const ChatClient&) = delete;
  ChatClient& operator=(const ChatClient&) = delete;
  ~ChatClient();

  // Said in order, each once, whatever happens to the servers meanwhile.
  void say(std::string text);
  void pause(bool pause) { peer_->pause(pause); }  // while true it reads nothing

  bool joined() const { return joined_; }
  // Everything is stored and has come back to us; "stored" may come first.
  bool all_said() const { return unsaid_.empty() && own_seen_ + 1 == number_; }
  bool gave_up() const { return gave_up_; }
  const Diary& diary() const { return diary_; }
  const Position& position() const { return position_; }
  const std::string& room() const { return settings_.room; }
  std::size_t seen() const;       // messages, in all
  std::string seen_text() const;  // "ann:1 bob:1": author and number of each

 private:
  class Link;
  void connect();
  void heard(const nlohmann::json& message);
  void heard_said(const nlohmann::json& message);
  void heard_joined(const nlohmann::json& message);
  void said(bool stored);
  void say_next();
  void lost(const lab::websocket::Close& close);
  void draw(const char* state) const;
  void send(const nlohmann::json& message);
  void join();

  lab::websocket::Loop& loop_;
  ClientSettings settings_;
  std::shared_ptr<ChatClient*> alive_;  // for timers and connections that outlive us
  lab::websocket::Peer peer_;
  Backoff backoff_{settings_.first_wait, std::chrono::milliseconds(800)};
  std::chrono::steady_clock::time_point since_;  // when we last began to connect
  std::mt19937_64 random_;
  std::size_t server_ = 0;
  Position position_;
  Diary diary_;
  std::deque<std::string> unsaid_;  // the first may be under way
  std::uint64_t number_ = 1;        // of unsaid_'s first
  std::uint64_t own_seen_ = 0;      // our last message that came from the relay
  bool saying_ = false;
  bool joined_ = false;
  bool gave_up_ = false;
};

}  // namespace lab11
