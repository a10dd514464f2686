// fake_connections.hpp: connections without a server, and a clock that stands still.
// Safe to share.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>

#include "connection_pool.hpp"

namespace lab19 {

// What all fakes of one test have in common: what was done, and what shall go wrong.
struct FakeServer {
  std::atomic<int> connected = 0, open = 0, pings = 0, resets = 0;
  std::atomic<bool> refuses = false, ping_fails = false, reset_fails = false,
                    reset_throws = false;
  std::atomic<bool> hangs = false;  // so that connecting and pings wait for it to end
  std::atomic<std::int64_t> now{std::chrono::nanoseconds(std::chrono::hours(1)).count()};

  Connect connect();
  Clock clock() {
    return [this] { return TimePoint(Duration(now.load())); };
  }
  void advance(Duration by) { now += by.count(); }
  void wait_while_it_hangs() { hangs.wait(true); }
  void goes_on() {
    hangs = false;
    hangs.notify_all();
  }
};

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(FakeServer& server) : server_(server) {
    server.wait_while_it_hangs();
    if (server.refuses) throw std::runtime_error("refused");
    number_ = ++server.connected;
    ++server.open;
  }
  ~FakeConnection() override { --server_.open; }

  // "break" breaks it; anything else is echoed.
  std::string query(const std::string& sql) override {
    if (users_.fetch_add(1) != 0) throw std::logic_error("two use one connection");
    if (sql == "break") broken_ = true;
    users_.fetch_sub(1);
    if (broken_) throw std::runtime_error("broken");
    return sql;
  }
  int backend() const override { return number_; }
  bool broken() const override { return broken_; }
  bool ping() override {
    ++server_.pings;
    server_.wait_while_it_hangs();
    return !server_.ping_fails && !broken_;
  }
  bool reset() override {
    ++server_.resets;
    if (server_.reset_throws) throw std::runtime_error("reset");
    return !server_.reset_fails;
  }

 private:
  FakeServer& server_;
  int number_ = 0;
  bool broken_ = false;
  std::atomic<int> users_ = 0;
};

inline Connect FakeServer::connect() {
  return [this] { return std::make_unique<FakeConnection>(*this); };
}

}  // namespace lab19
