// app.hpp: a chain of layers, (request, response, next), made while the program runs.
//
//   request --> layer --next()--> layer --next()--> layer that replies
//           <-- returns <------- returns <-------- returns
//   next(error), a throw, a failed Task --> the next layer that takes an error
//
// Next is a call: when it returns, the layers below have run, up to their first wait. One
// cursor for each request walks the layers; a second next() goes on where it stands.
//
// Threads   One: that of the server. Layers are added before the first request.
// Lifetime  An App outlives each Next, so it is declared before its server. It keeps a
//           request until it is answered, as Node keeps the socket: a forgotten one hangs.
// Errors    What a layer throws goes to error layers; past the last one it is a 500.
// Cost      One virtual call, one count up and down for each layer (see bench/).
// Source    Express 5: app.use, app.METHOD, Router, next('route'), error handlers.
// Limits    Calls within calls take stack: a thousand layers are well, ten thousand are not.
//           Express goes on by setImmediate after a hundred.
// Left out  Streaming, the automatic OPTIONS, a client that goes away (lab::http does not
//           say).
#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "exchange.hpp"
#include "path.hpp"
#include "task.hpp"

namespace lab10 {

class App;
class Run;
class Watch;
struct Exchange;

class Next {
 public:
  void operator()() const;             // the next layer
  void operator()(Error error) const;  // the next layer that takes an error
  void route() const;  // the next route: skips the rest of this one, if it is in one

  // For a Task that failed: next(error), but not before the layers above have returned.
  void reject(std::exception_ptr error) const;

  Watch watch() const;  // to look at this request later, without keeping it

 private:
  friend class Run;
  Next(std::shared_ptr<Run> run, std::size_t issued)
      : run_(std::move(run)), issued_(issued) {}
  void go(std::optional<Error> error) const;

  std::shared_ptr<Run> run_;
  std::size_t
      issued_;  // where the cursor stood: elsewhere now, and next() is called again
};

struct Waiting {
  std::string method, path;
  std::string layer;  // which has neither replied nor called next()
};

class Watch {
 public:
  std::optional<Waiting> operator()() const;  // nothing: it is answered, or gone

 private:
  friend class Next;
  explicit Watch(std::weak_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  std::weak_ptr<Exchange> exchange_;
};

using Handler = std::function<void(Request&, Response&, Next)>;
using ErrorHandler = std::function<void(const Error&, Request&, Response&, Next)>;

// A layer of three parameters, or one of four that takes errors. May answer a Task.
template <class F>
concept Middleware = std::invocable<F&, Request&, Response&, Next>;
template <class F>
concept ErrorMiddleware = std::invocable<F&, const Error&, Request&, Response&, Next>;
template <class F>
concept AnyMiddleware = Middleware<F> || ErrorMiddleware<F>;

struct Layer;
using Layers = std::vector<Layer>;

class Router {
 public:
  // For each request whose path is `path` or below it.
  template <AnyMiddleware F>
  void use(std::string name, std::string_view path, F layer);
  template <AnyMiddleware F>
  void use(std::string name, F layer) {
    use(std::move(name), "/", std::move(layer));
  }
  void use(std::string name, std::string_view path, Router router);

  // For requests of this method and path; GET takes HEAD, too. Several layers are one
  // route, which next.route() leaves. They are named after it: "GET /order 1".
  template <AnyMiddleware... F>
  void route(const std::string& method, std::string_view path, F... layers);

 protected:
  Layers layers_;
};

struct Layer {
  std::string name;
  std::string method;  // empty: any
  Path path;
  std::variant<Handler, ErrorHandler, std::shared_ptr<const Layers>> work;
  bool is_route = false;
};

// Each may be empty. Names are those of the layers.
struct Observers {
  std::function<void(std::string_view, const Request&)> on_enter{};
  std::function<void(std::string_view, const Request&)> on_leave{};
  std::function<void(std::string_view)> on_next_again{};
  std::function<void(std::string_view)> on_forgotten{};
  std::function<void(const Error&)> on_unhandled{};  // a Task's, with nobody to take it
  std::function<void(const Error&)> on_lost{};       // after the reply: nobody to tell
};

struct AppOptions {
  bool takes_rejections = true;  // false: as Express 4, which did not look at promises
  bool keeps_forgotten = true;   // false: 500 at once, when the last Next is dropped
};

class App : public Router {
 public:
  explicit App(AppOptions options = {}, Observers observers = {})
      : options_(options), observers_(std::move(observers)) {}
  App(const App&) = delete;
  ~App();

  void handle(const lab::http::Request& request, Response::Reply reply);

 private:
  friend class Run;
  friend class Next;
  friend struct Exchange;
  struct Turn;

  AppOptions options_;
  Observers observers_;
  std::unordered_map<const Exchange*, std::shared_ptr<Exchange>> open_;
  std::vector<std::function<void()>> later_;  // as microtasks: when the turn is over
  int turns_ = 0;
  bool closing_ = false;
};

template <class F>
auto erased(F layer) {
  if constexpr (ErrorMiddleware<F>) {
    return ErrorHandler(std::move(layer));
  } else if constexpr (std::same_as<std::invoke_result_t<F&, Request&, Response&, Next>,
                                    Task>) {
    // Step 5: Express 5 looks at the promise that an async layer answers. 4 dropped it.
    return Handler([layer = std::move(layer)](Request& request, Response& response,
                                              Next next) mutable {
      layer(request, response, next).on_failure([next](std::exception_ptr error) {
        next.reject(error);
      });
    });
  } else {
    return Handler(std::move(layer));
  }
}

template <AnyMiddleware F>
void Router::use(std::string name, std::string_view path, F layer) {
  layers_.push_back(
      {std::move(name), "", Path(path, Path::Kind::mount), erased(std::move(layer))});
}

template <AnyMiddleware... F>
void Router::route(const std::string& method, std::string_view path, F... layers) {
  auto inner = std::make_shared<Layers>();
  const std::string name = method + " " + std::string(path);
  (inner->push_back({name + " " + std::to_string(inner->size() + 1), "",
                     Path("/", Path::Kind::mount), erased(std::move(layers))}),
   ...);
  layers_.push_back(
      {name, method, Path(path, Path::Kind::whole), std::move(inner), true});
}

}  // namespace lab10
