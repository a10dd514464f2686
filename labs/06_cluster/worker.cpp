#include "worker.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>

#include "channel.hpp"
#include "lab/proc.hpp"
#include "lab/trace.hpp"
#include "lab/uv.hpp"

namespace lab06 {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kHeadLimit = 8 << 10;
constexpr std::size_t kUnreadLimit = 256 << 10;  // while an answer is under way
constexpr auto kDrainDeadline = 5s;              // for connections that stay idle
constexpr std::size_t kMostConnections = 1000;

void compute() {
  volatile unsigned sum = 1;
  for (int i = 0; i < 1'000'000; ++i) sum = sum * 31 + static_cast<unsigned>(i);
}

class Worker {
 public:
  Worker(int channel, int listener) : channel_(channel), listener_(listener) {
    orders_.emplace(loop_, channel);
    orders_->start(UV_READABLE, [this] { obey(); });
    if (listener >= 0) {
      accepting_.emplace(loop_, listener);
      accepting_->start(UV_READABLE, [this] { serve(accept_from(listener_)); });
    }
  }

  int run() {
    if (!send_packet(channel_, Say::ready)) return 0;
    loop_.run();
    return 0;
  }

 private:
  struct Connection {
    Connection(lab::uv::Loop& loop, int fd) : tcp(loop, fd), timer(loop) {}
    lab::uv::Tcp tcp;
    lab::uv::Timer timer;
    std::string unread{};
    std::string answer{};
    bool busy = false;
    bool last = false;  // its answer says so
  };

  void obey() {
    auto packet = receive_packet(channel_);
    if (!packet) return loop_.stop();  // without a primary there is no reason to live
    if (packet->say == Say::connection) serve(std::move(packet->passed));
    if (packet->say == Say::drain) drain();
  }

  // Step 2: finish, do not vanish. What was accepted or passed is still answered; every
  // answer tells its client to come back by a new connection, which another worker gets.
  // An idle connection may have a request on its way: it is told so with the next answer.
  void drain() {
    draining_ = true;
    if (accepting_) {
      while (serve(accept_from(listener_))) {
      }
      accepting_->stop();
      close(listener_);
      accepting_.reset();
    }
    deadline_.start(kDrainDeadline, [this] { loop_.stop(); });
    leave_if_done();
  }
  void leave_if_done() {
    if (draining_ && connections_.empty()) loop_.stop();
  }

  // False if there was none. One too many is closed at once.
  bool serve(Descriptor socket) {
    if (socket.get() < 0) return false;
    if (connections_.size() >= kMostConnections) return true;
    const int id = ++last_id_;
    Connection& one =
        *(connections_[id] = std::make_unique<Connection>(loop_, socket.release()));
    one.tcp.read_start([this, id](std::string_view bytes, int status) {
      if (status < 0) return forget(id);
      Connection& mine = *connections_.at(id);
      mine.unread += bytes;
      if (!mine.busy) return next(id);
      if (mine.unread.size() > kUnreadLimit) forget(id);
    });
    return true;
  }
  void under_way(int change) {
    under_way_ += change;
    most_at_once_ = std::max(most_at_once_, under_way_);
    lab::trace::counter("under way", under_way_, {.lane = lane_});
  }
  void forget(int id) {
    if (connections_.at(id)->busy) under_way(-1);
    connections_.erase(id);
    leave_if_done();
  }

  void next(int id) {
    Connection& one = *connections_.at(id);
    const std::size_t end = one.unread.find("\r\n\r\n");
    const bool too_large = std::min(end, one.unread.size()) > kHeadLimit;
    if (end == std::string::npos && !too_large) return;
    one.busy = true;
    under_way(1);
    if (too_large) return reply(id, "431 Request Header Fields Too Large");
    const std::string head = one.unread.substr(0, end + 2);
    one.unread.erase(0, end + 4);
    if (head.starts_with("GET / HTTP/1.1\r\n")) return reply(id, "200 OK");
    if (head.starts_with("GET /wait HTTP/1.1\r\n"))
      return one.timer.start(50ms, [this, id] { reply(id, "200 OK"); });
    if (!head.starts_with("GET /cpu HTTP/1.1\r\n")) return reply(id, "400 Bad Request");
    const lab::trace::Span span("compute", {.lane = lane_});
    compute();
    reply(id, "200 OK");
  }

  void reply(int id, std::string_view status) {
    Connection& one = *connections_.at(id);
    one.last = draining_ || status != "200 OK";
    const auto cpu = lab::cpu_time() - started_;
    const std::string body =
        fmt::format("{} {} {} {}", getpid(), ++requests_, most_at_once_, cpu.count());
    one.answer = fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n{}\r\n{}", status,
                             body.size(), one.last ? "Connection: close\r\n" : "", body);
    one.tcp.write(one.answer, [this, id](int result) {
      Connection& mine = *connections_.at(id);
      if (result < 0 || mine.last) return forget(id);
      under_way(-1);
      mine.busy = false;
      next(id);
    });
  }

  const std::string lane_ = fmt::format("worker {}", getpid());
  const std::chrono::microseconds started_ = lab::cpu_time();  // to start is no request
  lab::uv::Loop loop_;
  lab::uv::Timer deadline_{loop_};
  int channel_;
  int listener_;
  std::optional<lab::uv::Poll> orders_, accepting_;
  std::map<int, std::unique_ptr<Connection>> connections_;
  int last_id_ = 0;
  int requests_ = 0;
  int under_way_ = 0;
  int most_at_once_ = 0;
  bool draining_ = false;
};

}  // namespace

int worker_main(std::span<const std::string> args) {
  if (args.size() != 2) return 2;
  return Worker(std::stoi(args[0]), std::stoi(args[1])).run();
}

int doomed_main(std::span<const std::string> args) {
  if (args.size() != 2) return 2;
  static_cast<void>(send_packet(std::stoi(args[0]), Say::ready));
  return 1;
}

}  // namespace lab06
