#include "service.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

#include "crash_report.hpp"
#include "lab/trace.hpp"
#include "runtime.hpp"

namespace lab08 {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kLongestLine = 100;
constexpr std::size_t kMostConnections = 100;
constexpr auto kWork = 50ms;
constexpr auto kDrainDeadline = 500ms;

std::string message_of(const Error& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    return caught.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

class Service {
 public:
  Service(int listener, OnError on_error, std::string log)
      : listener_(listener), on_error_(on_error), log_(std::move(log)) {
    node_.on_uncaught = [this](const Error& error, Origin) { uncaught(error); };
    accepting_.emplace(node_.loop(), listener);
    accepting_->start(UV_READABLE, [this] { node_.call([this] { accept_one(); }); });
  }

  int run() {
    return node_.run([] {});
  }

 private:
  struct Connection {
    Connection(lab::uv::Loop& loop, int fd) : tcp(loop, fd), timer(loop) {}
    lab::uv::Tcp tcp;
    lab::uv::Timer timer;
    std::string line{}, answer{};
  };

  void accept_one() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int id = ++last_id_;
    Connection& one =
        *(connections_[id] = std::make_unique<Connection>(node_.loop(), fd));
    if (connections_.size() > kMostConnections) return forget(id);
    one.tcp.read_start([this, id](std::string_view bytes, int status) {
      node_.call([&] { read(id, bytes, status); });
    });
  }

  void read(int id, std::string_view bytes, int status) {
    if (status < 0) return forget(id);
    Connection& one = *connections_.at(id);
    one.line += bytes;
    const std::size_t end = one.line.find('\n');
    if (end == std::string::npos && one.line.size() <= kLongestLine) return;
    one.tcp.read_stop();
    obey(id, one.line.substr(0, end));
  }

  void obey(int id, const std::string& command) {
    if (command == "count") return answer(id, fmt::format("{} {}", getpid(), ++count_));
    if (command == "work") {
      Connection& one = *connections_.at(id);
      return one.timer.start(
          kWork, [this, id] { node_.call([this, id] { answer(id, "done"); }); });
    }
    if (command == "hang") return;
    if (command != "crash") return answer(id, "what?");
    crashed_ = id;
    throw std::runtime_error("the service was told to crash");
  }

  void answer(int id, std::string text) {
    Connection& one = *connections_.at(id);
    one.answer = std::move(text) + "\n";
    one.tcp.write(one.answer,
                  [this, id](int) { node_.call([this, id] { forget(id); }); });
  }
  void forget(int id) {
    connections_.erase(id);
    if (draining_ && connections_.empty()) node_.exit(1);
  }

  // Step 7: what a handler may do. The log first, and at once. Then nothing that needs the
  // state to be right, except to let others finish, for so long; and never exit with 0.
  void uncaught(const Error& error) {
    log_at_once(log_, fmt::format("{} uncaught: {}", getpid(), message_of(error)));
    lab::trace::instant("uncaught", {.lane = "service"});
    if (on_error_ == OnError::exit) return node_.exit(1);
    if (on_error_ == OnError::drain && !draining_) start_to_drain();
    if (connections_.contains(crashed_)) forget(crashed_);
  }
  void start_to_drain() {
    lab::trace::state("service", "draining");
    draining_ = true;
    accepting_.reset();
    close(listener_);
    node_.set_timeout([this] { node_.exit(1); },
                      static_cast<double>(kDrainDeadline / 1ms));
  }

  Runtime node_;
  int listener_;
  OnError on_error_;
  std::string log_;
  std::optional<lab::uv::Poll> accepting_;
  std::map<int, std::unique_ptr<Connection>> connections_;
  int last_id_ = 0;
  int crashed_ = 0;  // the connection whose request threw last
  int count_ = 0;
  bool draining_ = false;
};

}  // namespace

int service_main(std::span<const std::string> args) {
  if (args.size() != 3) return 2;
  return Service(std::stoi(args[0]), static_cast<OnError>(std::stoi(args[1])), args[2])
      .run();
}

}  // namespace lab08
