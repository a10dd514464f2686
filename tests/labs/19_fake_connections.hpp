// 19_fake_connections.hpp: connections without a server, and a clock that stands still.
// Safe to share.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>

#include "pool.hpp"

namespace lab19 {

// What all fakes of one test have in common: what was done, and what shall go wrong.
struct FakeServer {
  std::atomic<int> connected = 0, open = 0, pings = 0, resets = 0;
  std::atomic<bool> refuses = false, ping_fails = false, reset_fails = false;
  std::function<void()> closing = [] {};  // a connection closes now
  std::atomic<std::int64_t> now{std::chrono::nanoseconds(std::chrono::hours(1)).count()};

  Connect connect();
  Clock clock() {
    return [this] { return TimePoint(Duration(now.load())); };
  }
  void advance(Duration by) { now += by.count(); }
};

class FakeConnection final : public Connection {
 public:
  explicit FakeConnection(FakeServer& server) : server_(server) {
    if (server.refuses) throw std::runtime_error("refused");
    number_ = ++server.connected;
    ++server.open;
  }
  ~FakeConnection() override {
    server_.closing();
    --server_.open;
  }

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
    return !server_.ping_fails && !broken_;
  }
  bool reset() override {
    ++server_.resets;
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
