// middleware.hpp: functions of (request, response, next), called one inside the other.
//
//   request --> A --next()--> B --next()--> C replies
//           <-- A <-returns-- B <-returns-- C
//   a throw, next(error), a rejected Promise, a path that cannot be decoded
//           --> the next error middleware
//
// Threads   One, the server's. All middleware is added before the first request.
// Lifetime  The App outlives each Next. It keeps a request until its response is sent, as
//           Node keeps the socket: a request that is never answered stays open.
// Errors    An error that no error middleware takes becomes a reply without a body: with its
//           own status if that is 400 to 599, else with the response's, else with 500.
// Cost      For each matching middleware: one std::function call, one shared_ptr copy.
// Source    Express 5: app.use, app.get, error middleware.
// Left out  Routers, routes of several handlers and next('route'), methods but GET and HEAD,
//           the automatic reply to OPTIONS, a connection that is cut because an error comes
//           after the reply. Express replies 404, and continues after 100 middleware, in a
//           later loop iteration: here the 404 waits until the middleware that run have
//           returned, and each one takes stack.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "exchange.hpp"
#include "lab/core/where.hpp"

namespace lab10 {

struct Error {
  std::string message;
  int status = 500;  // which also says: none of its own
};

// What an async function returns: it has returned, but it may still fail. Reject it only
// after that: before, nobody listens.
class Promise {
 public:
  void on_rejected(std::function<void(Error)> call) const {
    *callback_ = std::move(call);
  }
  // False: nobody listens. Since Node 15 such an unhandled rejection ends the process.
  [[nodiscard]] bool reject(const Error& error) const {
    if (!*callback_) return false;
    std::exchange(*callback_, nullptr)(error);
    return true;
  }

 private:
  using Callback = std::function<void(Error)>;
  std::shared_ptr<Callback> callback_ = std::make_shared<Callback>();
};

// Step 1: next is a function. It runs what comes after this middleware, and returns when
// all of that has returned.
class Next {
 public:
  void operator()() const;             // the next middleware that matches
  void operator()(Error error) const;  // the next error middleware that matches
  std::string entered_last() const;    // who has the request now, for a watchdog

 private:
  friend class Exchange;
  explicit Next(std::shared_ptr<class Exchange> exchange)
      : exchange_(std::move(exchange)) {}
  std::shared_ptr<class Exchange> exchange_;
};

// A function of three parameters, or one of four that handles errors; each may be async.
// The error lives as long as the request and the response.
using Handler = std::function<void(Request&, Response&, Next)>;
using AsyncHandler = std::function<Promise(Request&, Response&, Next)>;
using ErrorHandler = std::function<void(const Error&, Request&, Response&, Next)>;
using AsyncErrorHandler = std::function<Promise(const Error&, Request&, Response&, Next)>;

struct Middleware {
  std::string name;
  PathPattern path;
  bool route;  // for GET and exactly this path; otherwise for each path below it, too
  std::variant<Handler, AsyncHandler, ErrorHandler, AsyncErrorHandler> handler;

  bool takes_errors() const { return handler.index() >= 2; }
};

struct AppOptions {
  bool handles_rejections = true;  // false: as Express 4, which ignores returned promises

  // Each may be empty. `decided` is the line that called or left the middleware.
  std::function<void(const std::string& name, lab::Where decided)> on_enter{};
  std::function<void(const std::string& name, lab::Where decided)> on_leave{};
};

class App {
 public:
  explicit App(AppOptions options = {}) : options_(std::move(options)) {}
  App(const App&) = delete;

  template <class F>
  void use(std::string name, F handler) {
    add(std::move(name), "/", false, std::move(handler));
  }
  template <class F>
  void use(std::string name, std::string path, F handler) {
    add(std::move(name), std::move(path), false, std::move(handler));
  }
  template <class F>
  void get(std::string name, std::string path, F handler) {
    add(std::move(name), std::move(path), true, std::move(handler));
  }

  void handle(const lab::http::Request& received, Response::Reply reply);

 private:
  friend class Exchange;

  template <class F>
  void add(std::string name, const std::string& path, bool route, F call) {
    using enum PathPattern::Covers;
    Middleware added{std::move(name), {path, route ? this_path : all_below}, route, {}};
    if constexpr (std::invocable<F&, const Error&, Request&, Response&, Next>) {
      emplace<AsyncErrorHandler, ErrorHandler, const Error&>(added, std::move(call));
    } else {
      emplace<AsyncHandler, Handler>(added, std::move(call));
    }
    chain_.push_back(std::move(added));
  }
  template <class Async, class Plain, class... Error, class F>
  static void emplace(Middleware& added, F call) {
    using Returned = std::invoke_result_t<F&, Error..., Request&, Response&, Next>;
    using Kind = std::conditional_t<std::same_as<Returned, Promise>, Async, Plain>;
    added.handler.template emplace<Kind>(std::move(call));
  }

  const AppOptions options_;
  std::vector<Middleware> chain_;
  std::unordered_map<std::size_t, std::shared_ptr<class Exchange>> open_;
  std::size_t handled_ = 0;
};

}  // namespace lab10
