#include "service.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>

#include "crash_report.hpp"
#include "lab/trace.hpp"
#include "runtime.hpp"

namespace lab08 {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t kLongestLine = 100;
constexpr std::size_t kMostConnections = 100;

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
  Service(int listener, OnError on_error, std::string log, milliseconds deadline)
      : listener_(listener),
        on_error_(on_error),
        log_(std::move(log)),
        deadline_(deadline) {
    node_.on_uncaught = [this](const Error& error, Origin) { uncaught(error); };
    accepting_.emplace(node_.loop(), listener);
    accepting_->start(UV_READABLE, [this] { node_.call([this] { accept_one(); }); });
  }

  int run() {
    return node_.run([] {});
  }

 private:
  struct Connection {
    Connection(lab::uv::Loop& loop, int fd) : tcp(loop, fd) {}
    lab::uv::Tcp tcp;
    std::string line{}, answer{};
    enum { asking, working, hanging, answered } state = asking;
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
    if (one.state == Connection::working) return answer(id, "done");
    if (one.state != Connection::asking) return;
    one.line += bytes;
    const std::size_t end = one.line.find('\n');
    if (end == std::string::npos && one.line.size() <= kLongestLine) return;
    obey(id, one.line.substr(0, end));
  }

  void obey(int id, const std::string& command) {
    if (command == "count") return answer(id, fmt::format("{} {}", getpid(), ++count_));
    auto& state = connections_.at(id)->state;
    if (command == "work") return void(state = Connection::working);
    if (command == "hang") return void(state = Connection::hanging);
    if (command != "crash") return answer(id, "what?");
    crashed_ = id;
    throw std::runtime_error("the service was told to crash");
  }

  void answer(int id, std::string text) {
    Connection& one = *connections_.at(id);
    one.state = Connection::answered;
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
    forget(crashed_);
  }
  void start_to_drain() {
    lab::trace::state("service", "draining");
    draining_ = true;
    accepting_.reset();
    close(listener_);
    // Who has asked for nothing loses nothing.
    std::erase_if(connections_, [](const auto& entry) {
      return entry.second->state == Connection::asking;
    });
    node_.set_timeout([this] { node_.exit(1); }, static_cast<double>(deadline_.count()));
  }

  Runtime node_;
  int listener_;
  OnError on_error_;
  std::string log_;
  milliseconds deadline_;
  std::optional<lab::uv::Poll> accepting_;
  std::map<int, std::unique_ptr<Connection>> connections_;
  int last_id_ = 0;
  int crashed_ = 0;  // the connection whose request threw last
  int count_ = 0;
  bool draining_ = false;
};

}  // namespace

int service_main(std::span<const std::string> args) {
  if (args.size() != 4) return 2;
  std::signal(SIGPIPE, SIG_IGN);  // who asked may have gone
  return Service(std::stoi(args[0]), static_cast<OnError>(std::stoi(args[1])), args[2],
                 milliseconds(std::stoi(args[3])))
      .run();
}

}  // namespace lab08
