// crowd.hpp: the clients of a scene on one loop, and what they saw.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "world/chat_client.hpp"
#include "world/checker.hpp"
#include "world/shared_redis.hpp"

namespace lab11 {

class Crowd {
 public:
  // Errors    While it waits for something, a Redis that has gone throws lab::Error.
  explicit Crowd(SharedRedis& redis) : redis_(redis) {}
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  ChatClient& add(ClientSettings settings) {
    settings.seed = clients_.size() + 1;
    clients_.push_back(std::make_unique<ChatClient>(loop_, std::move(settings)));
    return *clients_.back();
  }
  ChatClient& operator[](std::size_t i) { return *clients_[i]; }
  std::size_t size() const { return clients_.size(); }
  lab::websocket::Loop& loop() { return loop_; }

  // False if it did not come true in time.
  bool until(const std::function<bool()>& done,
             std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!loop_.run_until(done, std::chrono::milliseconds(200))) {
      redis_.check();
      if (std::chrono::steady_clock::now() > end) return false;
    }
    return true;
  }
  bool all_joined() const {
    return std::ranges::all_of(clients_, [](const auto& one) { return one->joined(); });
  }
  // Everything was said, and all of a room are at the same message.
  bool settled() const {
    std::map<std::string, Position> ends;
    return std::ranges::all_of(clients_, [&](const auto& one) {
      const auto end = ends.try_emplace(one->room(), one->position()).first;
      return one->joined() && one->all_said() && end->second == one->position();
    });
  }

  // From what those in this room saw.
  Verdict judge(const std::string& room = "lobby") const {
    Checker checker;
    for (const auto& client : clients_) {
      if (client->room() != room) continue;
      for (const auto& history : client->diary().histories) checker.saw(history);
      for (const auto& id : client->diary().confirmed) checker.confirmed(id);
    }
    return checker.judge();
  }

 private:
  SharedRedis& redis_;
  lab::websocket::Loop loop_;  // before the clients: it outlives them
  std::vector<std::unique_ptr<ChatClient>> clients_;
};

}  // namespace lab11
