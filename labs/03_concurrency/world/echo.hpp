// echo.hpp: a TCP server on the loop that sends back what it receives, and its clients.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <utility>

#include "concurrency.hpp"

namespace lab03 {

class Echo {
 public:
  explicit Echo(Loop& loop) : loop_(loop), listener_(loop, [this] { serve(); }) {}

  // Opens a connection, sends a byte, receives it back, and closes.
  void ask(Done done) {
    const auto end = ends_.emplace(ends_.end(), loop_);
    const auto over = [this, end, done = std::move(done)](int status) {
      ends_.erase(end);
      done(status);
    };
    end->connect(listener_.port(), [end, over](int status) {
      if (status < 0) return over(status);
      end->read_start(
          [over](std::string_view bytes, int ended) { over(bytes.empty() ? ended : 0); });
      end->write("!", [](int) {});
    });
  }

 private:
  void serve() {
    const auto end = ends_.emplace(ends_.end(), loop_);
    listener_.accept(*end);
    end->read_start([this, end](std::string_view bytes, int status) {
      if (status < 0) return void(ends_.erase(end));
      const auto kept = std::make_shared<const std::string>(bytes);
      end->write(*kept, [kept](int) {});
    });
  }

  Loop& loop_;
  std::list<lab::uv::Tcp> ends_;  // open connections, both sides of each
  lab::uv::Listener listener_;
};

}  // namespace lab03
