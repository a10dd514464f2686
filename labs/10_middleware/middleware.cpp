#include "middleware.hpp"

#include <deque>

namespace lab10 {

namespace {

Error current_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return {error.what()};
  } catch (...) {
    return {"not a std::exception"};
  }
}

}  // namespace

// One request on its way. A single cursor walks the chain, so a second next() does not run
// the same middleware again: it continues where the cursor stands.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(App& owner, const lab::http::Request& received, Response::Reply reply)
      : app(owner), request(received), response(std::move(reply)) {}

  using Failure = std::optional<Error>;
  void advance(Failure failure);
  bool is_for(const Middleware& one, Failure& failure);
  void enter(const Middleware& one, Failure failure);
  void call(const Middleware& one);
  void fall_off(const Failure& failure);

  App& app;
  Request request;
  Response response;
  std::size_t cursor = 0;  // one past the middleware that was entered last
  std::string entered_last;
  int running = 0;             // middleware that have not returned yet
  std::deque<Error> errors;    // the last one is on its way; the others may still be read
  std::deque<Failure> fallen;  // off the chain's end, while some middleware was running
};

// Step 2: find the next middleware that is for this request, and call it. If there is none,
// nobody has replied. (If a middleware neither replies nor calls next(), nothing runs here:
// the request hangs.)
void Exchange::advance(Failure failure) {
  while (cursor < app.chain_.size()) {
    const Middleware& one = app.chain_[cursor++];
    if (is_for(one, failure)) return enter(one, std::move(failure));
  }
  // Express replies in a later loop iteration: a middleware that replies after its next() is
  // still in time.
  if (running > 0) return fallen.push_back(std::move(failure));
  fall_off(failure);
}

// Step 3: an error is for error middleware only, and everything else for the others only. A
// parameter that cannot be decoded is an error wherever the path matches.
bool Exchange::is_for(const Middleware& one, Failure& failure) {
  auto match = one.path.match(request.path());
  if (!match) return false;
  if (!match->malformed.empty()) {
    if (!failure) failure = {"Failed to decode param '" + match->malformed + "'", 400};
    return false;
  }
  const bool has_method = request.method() == "GET" || request.method() == "HEAD";
  if (one.route && (failure || !has_method)) return false;
  request.params = std::move(match->params);
  return one.takes_errors() == failure.has_value();
}

// Step 4: what the middleware throws counts as next(error).
void Exchange::enter(const Middleware& one, Failure failure) {
  const auto self = shared_from_this();  // its reply may end the exchange
  if (failure) errors.push_back(std::move(*failure));
  entered_last = one.name;
  if (app.options_.on_enter) app.options_.on_enter(one.name, lab::Where::here());
  ++running;
  std::optional<Error> thrown;
  try {
    call(one);
  } catch (...) {
    thrown = current_error();
  }
  if (app.options_.on_leave) app.options_.on_leave(one.name, lab::Where::here());
  if (thrown) advance(std::move(thrown));
  if (--running > 0) return;
  for (; !fallen.empty(); fallen.pop_front()) fall_off(fallen.front());
}

// Step 5: an async function has returned before it fails, so nothing can be caught here.
// Express 5 asks the promise to call next(error); Express 4 ignores the promise.
void Exchange::call(const Middleware& one) {
  const Next next(shared_from_this());
  const auto watch = [&](const Promise& promise) {
    if (app.options_.handles_rejections) promise.on_rejected(next);
  };
  if (const auto* plain = std::get_if<Handler>(&one.handler))
    (*plain)(request, response, next);
  if (const auto* async = std::get_if<AsyncHandler>(&one.handler))
    watch((*async)(request, response, next));
  if (const auto* on_error = std::get_if<ErrorHandler>(&one.handler))
    (*on_error)(errors.back(), request, response, next);
  if (const auto* async = std::get_if<AsyncErrorHandler>(&one.handler))
    watch((*async)(errors.back(), request, response, next));
}

void Exchange::fall_off(const Failure& failure) {
  if (response.sent()) return;
  const auto is_failure = [](int status) { return status >= 400 && status < 600; };
  int status = failure ? failure->status : 404;
  if (status == 500 || !is_failure(status))
    status = is_failure(response.status()) ? response.status() : 500;
  response.status(status).send("");
}

void Next::operator()() const {
  exchange_->advance(std::nullopt);
}

void Next::operator()(Error error) const {
  exchange_->advance(std::move(error));
}

std::string Next::entered_last() const {
  return exchange_->entered_last;
}

void App::handle(const lab::http::Request& received, Response::Reply reply) {
  const std::size_t id = ++handled_;
  const auto answer = [this, id, reply = std::move(reply)](lab::http::Response response) {
    open_.erase(id);
    reply(std::move(response));
  };
  const auto exchange = std::make_shared<Exchange>(*this, received, answer);
  open_.emplace(id, exchange);
  exchange->advance(std::nullopt);
}

}  // namespace lab10
