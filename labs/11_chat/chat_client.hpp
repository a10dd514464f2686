// chat_client.hpp: a person in one room, who loses his server and comes back.
//
//   connect -> hello -> join from the last seen -> talk -- lost --> wait, next server
//
// Lifetime  It may go at any time: then its connection is dropped.
// Threads   None: one loop, with as many clients on it as you like.
// Errors    Counted, and mended by coming back; a client has no other way.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "checker.hpp"
#include "lab/histogram.hpp"
#include "lab/websocket.hpp"
#include "room.hpp"

namespace lab11 {

struct ClientSettings {
  std::string user{};
  std::string room = "lobby";
  std::vector<std::uint16_t> servers{};  // ports; the first is tried first
  bool resumes = true;                   // else it joins anew each time
  std::chrono::milliseconds backoff{50};
  std::chrono::milliseconds longest_backoff{800};
  std::uint64_t seed = 1;
  lab::websocket::Options socket{};
};

// What a client has lived through.
struct Diary {
  std::vector<std::vector<Seen>> histories{
      1};                                // a new one after each loss it was told of
  std::vector<std::string> confirmed{};  // "ann:3": the server said it is stored
  std::vector<std::string> present{};
  std::vector<std::uint16_t> closes{};
  std::vector<std::chrono::milliseconds> waits{};
  lab::Latency latency{};  // from say() of any author of this process to its arrival
  int joined = 0;
  int recovered = 0;  // joins that went on where it had stopped
  int refused = 0;    // joins that could not: it was told so
  int told_lost = 0;  // losses that it was told of while connected
};

// How long to wait before the next try ("full jitter" in the AWS architecture blog). The
// chance is injected: a number from 0 up to 1.
class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;

  Backoff(Milliseconds base, Milliseconds most) : base_(base), most_(most) {}

  // Step 10: anything between nothing and the ceiling, and the ceiling doubles. Without
  // the chance, all who lost the same server would come back in the same millisecond.
  Milliseconds next(double chance) {
    const Milliseconds ceiling = std::min(most_, base_ * (1 << std::min(tries_++, 20)));
    return std::chrono::duration_cast<Milliseconds>(ceiling * chance);
  }
  void succeeded() { tries_ = 0; }

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

  void pause(bool pause);  // reads nothing, and lets the server's queue grow
  void leave();            // for good
  void drop();             // the network fails; it will come back

  bool joined() const { return joined_; }
  // All is stored, and has come back to us: "stored" may come first.
  bool all_said() const { return unsaid_.empty() && own_seen_ + 1 == number_; }
  const Diary& diary() const { return diary_; }
  const Position& position() const { return position_; }
  std::size_t seen() const;  // messages, in all
  const std::string& user() const { return settings_.user; }

 private:
  class Link;
  void connect();
  void hear(std::string_view text);
  void say_next();
  void lost(const lab::websocket::Close& close);
  void send(std::string text);

  lab::websocket::Loop& loop_;
  ClientSettings settings_;
  std::shared_ptr<ChatClient*> alive_;  // for timers and connections that outlive us
  lab::websocket::Peer peer_;
  Backoff backoff_;
  std::mt19937_64 random_;
  std::size_t server_ = 0;
  Position position_;
  Diary diary_;
  std::deque<std::string> unsaid_;  // its first one may be under way
  std::uint64_t number_ = 1;        // of unsaid_'s first
  std::uint64_t own_seen_ = 0;      // the last of ours that came by the relay
  bool saying_ = false;
  bool joined_ = false;
  bool left_ = false;
};

}  // namespace lab11
