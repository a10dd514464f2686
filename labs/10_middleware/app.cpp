#include "app.hpp"

namespace lab10 {

namespace {

Error told(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return {error.what()};
  } catch (...) {
    return {"something that is no std::exception"};
  }
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    if (byte == '<')
      result += "&lt;";
    else if (byte == '>')
      result += "&gt;";
    else if (byte == '&')
      result += "&amp;";
    else
      result += byte;
  }
  return result;
}

template <class Call, class... Args>
void tell(const Call& call, Args&&... args) {
  if (call) call(std::forward<Args>(args)...);
}

}  // namespace

// One request on its way. Whoever has a Next keeps it, and so does the App until it is
// answered.
struct Exchange {
  Exchange(App& owner, const lab::http::Request& received, Response::Reply reply)
      : app(owner), request(received), response(std::move(reply)) {}
  Exchange(const Exchange&) = delete;
  ~Exchange() {
    if (response.sent() || app.closing_) return;
    tell(app.observers_.on_forgotten, at);
    response.status(500).send("Internal Server Error");
  }

  App& app;
  Request request;
  Response response;
  std::string_view at;  // the layer that was entered last
};

// While one lives, the App is running layers. What was put off runs when the outermost
// ends.
struct App::Turn {
  explicit Turn(App& owner) : app(owner) { ++app.turns_; }
  Turn(const Turn&) = delete;
  ~Turn() {
    while (app.turns_ == 1 && !app.later_.empty()) {
      for (const auto& call : std::exchange(app.later_, {})) call();
    }
    --app.turns_;
  }
  App& app;
};

// A cursor over one list of layers: the app's, a mounted router's, or a route's.
class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(std::shared_ptr<Exchange> exchange, const Layers& layers,
      std::shared_ptr<Run> parent, bool is_route)
      : exchange_(std::move(exchange)),
        layers_(layers),
        parent_(std::move(parent)),
        is_route_(is_route),
        mounted_(exchange_->request.mounted()) {}

  void advance(std::optional<Error> error);
  void leave(std::optional<Error> error);
  App& app() const { return exchange_->app; }
  bool is_route() const { return is_route_; }
  const std::shared_ptr<Exchange>& exchange() const { return exchange_; }
  std::size_t cursor() const { return cursor_; }
  std::string_view layer(std::size_t index) const { return layers_[index - 1].name; }

 private:
  bool is_for(const Layer& layer, std::optional<Error>& error, std::size_t& used);
  void enter(const Layer& layer, std::optional<Error> error);
  void finish(const std::optional<Error>& error);

  const std::shared_ptr<Exchange> exchange_;
  const Layers& layers_;
  const std::shared_ptr<Run> parent_;
  const bool is_route_;
  const std::size_t mounted_;  // how much of the path the layers above have used
  std::size_t cursor_ = 0;     // one past the layer that was entered last
};

// Step 1: to the next layer that is for this request, if there is one.
void Run::advance(std::optional<Error> error) {
  exchange_->request.mount(mounted_);
  while (cursor_ < layers_.size()) {
    const Layer& layer = layers_[cursor_++];
    std::size_t used = 0;
    if (!is_for(layer, error, used)) continue;
    if (!layer.is_route) exchange_->request.mount(mounted_ + used);
    return enter(layer, std::move(error));
  }
  cursor_ = layers_.size() + 1;
  leave(std::move(error));
}

// Step 2: errors go to error layers only, everything else to the others only.
bool Run::is_for(const Layer& layer, std::optional<Error>& error, std::size_t& used) {
  Request& request = exchange_->request;
  if (std::holds_alternative<ErrorHandler>(layer.work) != error.has_value()) return false;
  const bool method_fits = layer.method.empty() || layer.method == request.method() ||
                           (layer.method == "GET" && request.method() == "HEAD");
  if (!method_fits) return false;
  if (is_route_) return true;  // the route has matched, and its params are in force
  try {
    const auto match = layer.path.match(request.path(), request.params);
    used = match.value_or(0);
    return match.has_value();
  } catch (const std::invalid_argument& malformed) {
    error = Error{malformed.what(), 400};
    return false;
  }
}

// Step 3: what it throws is as if it had called next(error).
void Run::enter(const Layer& layer, std::optional<Error> error) {
  const auto& exchange = *exchange_;
  const Next next(shared_from_this(), cursor_);
  if (const auto* inner = std::get_if<std::shared_ptr<const Layers>>(&layer.work)) {
    return std::make_shared<Run>(exchange_, **inner, shared_from_this(), layer.is_route)
        ->advance({});
  }
  exchange_->at = layer.name;
  tell(exchange.app.observers_.on_enter, layer.name, exchange.request);
  try {
    if (const auto* handler = std::get_if<Handler>(&layer.work)) {
      (*handler)(exchange_->request, exchange_->response, next);
    } else {
      std::get<ErrorHandler>(layer.work)(*error, exchange_->request, exchange_->response,
                                         next);
    }
  } catch (...) {
    tell(exchange.app.observers_.on_leave, layer.name, exchange.request);
    return advance(told(std::current_exception()));
  }
  tell(exchange.app.observers_.on_leave, layer.name, exchange.request);
}

void Run::leave(std::optional<Error> error) {
  parent_ ? parent_->advance(std::move(error)) : finish(error);
}

// Step 4: nobody replied. With an error it is a 500, without one a 404.
void Run::finish(const std::optional<Error>& error) {
  Response& response = exchange_->response;
  if (response.sent()) {
    if (error) tell(app().observers_.on_lost, *error);
    return;
  }
  const Request& request = exchange_->request;
  const std::string text =
      error ? "Internal Server Error"
            : "Cannot " + escaped(request.method()) + " " + escaped(request.whole_path());
  response.status(error ? error->status : 404)
      .send(request.method() == "HEAD" ? "" : "<pre>" + text + "</pre>\n", "text/html");
}

void Next::go(std::optional<Error> error) const {
  const App::Turn turn(run_->app());
  if (run_->cursor() != issued_) {
    tell(run_->app().observers_.on_next_again, run_->layer(issued_));
  }
  run_->advance(std::move(error));
}

void Next::operator()() const {
  go(std::nullopt);
}

void Next::operator()(Error error) const {
  go(std::move(error));
}

Watch Next::watch() const {
  return Watch(run_->exchange());
}

std::optional<Waiting> Watch::operator()() const {
  const auto exchange = exchange_.lock();
  if (!exchange || exchange->response.sent()) return std::nullopt;
  const Request& request = exchange->request;
  return Waiting{std::string(request.method()), std::string(request.whole_path()),
                 std::string(exchange->at)};
}

void Next::route() const {
  const App::Turn turn(run_->app());
  run_->is_route() ? run_->leave(std::nullopt) : run_->advance(std::nullopt);
}

void Next::reject(std::exception_ptr thrown) const {
  App& app = run_->app();
  const App::Turn turn(app);
  app.later_.push_back([next = *this, error = told(thrown)] {
    App& to = next.run_->app();
    if (to.options_.takes_rejections) return next(error);
    tell(to.observers_.on_unhandled, error);
  });
}

void Router::use(std::string name, std::string_view path, Router router) {
  layers_.push_back({std::move(name), "", Path(path, Path::Kind::mount),
                     std::make_shared<const Layers>(std::move(router.layers_))});
}

void App::handle(const lab::http::Request& received, Response::Reply reply) {
  const Turn turn(*this);
  const auto exchange = std::make_shared<Exchange>(*this, received, std::move(reply));
  if (options_.keeps_forgotten) {
    exchange->response.on_sent = [this, key = exchange.get()] { open_.erase(key); };
    open_.emplace(exchange.get(), exchange);
  }
  std::make_shared<Run>(exchange, layers_, nullptr, false)->advance({});
}

// A layer may have kept a Next: it goes while there still is an App.
App::~App() {
  closing_ = true;
  layers_.clear();
}

}  // namespace lab10
