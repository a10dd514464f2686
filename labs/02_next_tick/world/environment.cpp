#include "world/environment.hpp"

#include <utility>

namespace lab02 {

Environment::Environment(Drain drain) : drain_(drain) {
  iteration_begins_.start([this] { ++iterations_; });
  iteration_begins_.unref();
}

void Environment::note(std::string_view name) {
  if (!order_.empty()) order_ += " > ";
  order_ += name;
}

Job Environment::noted(std::string_view queue, std::string name, Job body,
                       lab::Where where) {
  if (name.empty()) return body ? body : [] {};
  const std::uint64_t number = on_put ? on_put(queue, name, where) : 0;
  return [this, queue, name = std::move(name), body = std::move(body), number, where] {
    if (on_take) on_take(queue, name, number, where);
    note(name);
    if (body) body();
  };
}

Job Environment::scoped(Job body) {
  return drain_ == Drain::loops_end ? body : ticks_.callback(std::move(body));
}

Job Environment::callback(std::string name, Job body, lab::Where where) {
  return scoped(noted("libuv", std::move(name), std::move(body), where));
}

void Environment::next_tick(std::string name, Job body, lab::Where where) {
  ticks_.next_tick(noted("nextTick queue", std::move(name), std::move(body), where));
}

void Environment::microtask(std::string name, Job body, lab::Where where) {
  ticks_.queue_microtask(
      noted("microtask queue", std::move(name), std::move(body), where));
}

void Environment::set_immediate(std::string name, Job body, lab::Where where) {
  immediates_.set_immediate(
      scoped(noted("immediates", std::move(name), std::move(body), where)));
}

void Environment::set_timeout(std::string name, double milliseconds, Job body,
                              lab::Where where) {
  timeouts_.set_timeout(noted("timers", std::move(name), std::move(body), where),
                        milliseconds);
}

void Environment::on_ready(std::string name, Job body, lab::Where where) {
  const std::size_t index = ready_.size();
  Job once = [this, index, inner = callback(std::move(name), std::move(body), where)] {
    ready_[index]->close();
    inner();
  };
  ready_.push_back(std::make_unique<lab::uv::Async>(loop_, std::move(once)));
  ready_.back()->send();
}

void Environment::script(const Job& body) {
  scoped(body)();
}

// Step 8: a module's top level is itself a microtask. What it queues with nextTick waits
// until the microtasks are done, which is the other way round than in CommonJS.
void Environment::module(Job body) {
  scoped([this, body = std::move(body)] { ticks_.queue_microtask(body); })();
}

void Environment::run() {
  loop_.run();
  while (drain_ == Drain::loops_end) {
    ticks_.drain();
    if (!uv_loop_alive(loop_.raw())) return;
    loop_.run();
  }
}

}  // namespace lab02
