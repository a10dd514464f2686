#include <atomic>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "lab/core/error.hpp"
#include "lab/net/http.hpp"
#include "lab/net/uv_http_server.hpp"
#include "lab/uv/uv.hpp"

namespace lab::http {

namespace {

// Calls for the server's thread, from any. Replies share it, because they may outlive the
// server: what comes then is dropped.
class Inbox {
 public:
  explicit Inbox(uv::Loop& loop) : wake_(std::in_place, loop, [this] { run(); }) {}

  void begin() { thread_ = std::this_thread::get_id(); }
  bool is_here() const { return thread_ == std::this_thread::get_id(); }

  void post(std::function<void()> call) {
    const std::lock_guard lock(mutex_);
    if (!wake_) return;
    calls_.push_back(std::move(call));
    wake_->send();
  }

  // On the server's thread.
  void end() {
    std::vector<std::function<void()>> dropped;  // after the lock: they may post again
    const std::lock_guard lock(mutex_);
    dropped.swap(calls_);
    wake_.reset();
  }

 private:
  void run() {
    std::vector<std::function<void()>> calls;
    {
      const std::lock_guard lock(mutex_);
      calls.swap(calls_);
    }
    for (const auto& call : calls) call();
  }

  std::atomic<std::thread::id> thread_{};
  std::mutex mutex_;
  std::optional<uv::Async> wake_;
  std::vector<std::function<void()>> calls_;
};

// A Reply of the loop's, to be called and dropped by any thread.
class AnyThreadReply {
 public:
  AnyThreadReply(std::shared_ptr<Inbox> inbox, Server::Reply reply)
      : inbox_(std::move(inbox)), reply_(std::move(reply)) {}
  AnyThreadReply(const AnyThreadReply&) = delete;
  AnyThreadReply& operator=(const AnyThreadReply&) = delete;
  ~AnyThreadReply() {
    if (!replied_) inbox_->post([dropped = std::move(reply_)] {});
  }

  void operator()(Response response) {
    if (replied_.exchange(true)) return;
    if (inbox_->is_here()) return reply_(std::move(response));
    inbox_->post([reply = std::move(reply_), response = std::move(response)]() mutable {
      reply(std::move(response));
    });
  }

 private:
  const std::shared_ptr<Inbox> inbox_;
  Server::Reply reply_;
  std::atomic<bool> replied_ = false;
};

}  // namespace

struct Server::Impl {
  Impl(Handler with, ServerOptions within)
      : options(std::move(within)),
        server(std::in_place, loop, answering(std::move(with)), options) {
    options.port = server->listen();
  }

  uv::HttpServer::Handler answering(Handler with) {
    return [this, handler = std::move(with)](const Request& request, Reply reply) {
      const auto shared = std::make_shared<AnyThreadReply>(inbox, std::move(reply));
      handler(request, [shared](Response response) { (*shared)(std::move(response)); });
    };
  }

  // A call that throws is lost, and with it the Reply that it held.
  void after(std::chrono::milliseconds delay, std::function<void()> call) {
    if (!server) return;  // it is ending, and would wait for this
    const auto timer = timers.emplace(timers.end(), loop);
    timer->start(delay, [this, timer, call = std::move(call)] {
      const auto due = call;
      timers.erase(timer);
      try {
        due();
      } catch (...) {
      }
    });
  }

  // Calls on the loop's thread and waits; at once if this is that thread.
  void now(const std::function<void()>& call) {
    if (inbox->is_here()) return call();
    std::promise<void> done;
    inbox->post([&] {
      call();
      done.set_value();
    });
    done.get_future().wait();
  }

  void refuse(bool refuse) {
    if (refuse) server->stop_listening();
    if (refuse) server->close_all();
    if (!std::exchange(refuses, refuse) || refuse) return;
    try {
      server->listen();
    } catch (const Error&) {
      // Somebody else has the port by now. Connections are refused, or go to them.
    }
  }

  // With every handle closed the loop runs out of work.
  void end() {
    server.reset();
    timers.clear();
    inbox->end();
  }

  ServerOptions options;
  uv::Loop loop{};
  std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>(loop);
  std::optional<uv::HttpServer> server;
  std::list<uv::Timer> timers{};
  bool refuses = false;
  std::thread thread{};
};

Server::Server(Handler handler, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(handler), std::move(options))) {
  impl_->thread = std::thread([this] {
    impl_->inbox->begin();
    impl_->loop.run();
  });
}

Server::~Server() {
  impl_->inbox->post([this] { impl_->end(); });
  impl_->thread.join();
}

std::uint16_t Server::port() const {
  return impl_->options.port;
}

std::size_t Server::open_connections() const {
  return impl_->server->connections();
}

void Server::refuse(bool refuse) {
  impl_->now([this, refuse] { impl_->refuse(refuse); });
}

void Server::run_after(std::chrono::milliseconds delay, std::function<void()> call) {
  impl_->inbox->post([this, delay, call = std::move(call)]() mutable {
    impl_->after(delay, std::move(call));
  });
}

}  // namespace lab::http
