#include "environment.hpp"

#include <utility>

namespace lab02 {

Environment::Environment(Drain drain) : drain_(drain) {
  turn_begins_.start([this] { ++turns_; });
  turn_begins_.unref();
}

void Environment::note(std::string_view name) {
  if (!order_.empty()) order_ += " > ";
  order_ += name;
}

Job Environment::noted(std::string_view queue, std::string name, Job body) {
  if (name.empty()) return body ? body : [] {};
  const std::uint64_t number = on_put ? on_put(queue, name) : 0;
  return [this, queue, name = std::move(name), body = std::move(body), number] {
    if (on_take) on_take(queue, name, number);
    note(name);
    if (body) body();
  };
}

Job Environment::scoped(Job body) {
  if (drain_ == Drain::loops_end) return body;
  return ticks_.callback(std::move(body));
}

Job Environment::callback(std::string name, Job body) {
  return scoped(noted("libuv", std::move(name), std::move(body)));
}

void Environment::next_tick(std::string name, Job body) {
  ticks_.next_tick(noted("nextTick", std::move(name), std::move(body)));
}

void Environment::microtask(std::string name, Job body) {
  ticks_.queue_microtask(noted("microtasks", std::move(name), std::move(body)));
}

void Environment::set_immediate(std::string name, Job body) {
  immediates_.set_immediate(
      scoped(noted("immediates", std::move(name), std::move(body))));
}

void Environment::set_timeout(std::string name, double milliseconds, Job body) {
  timeouts_.set_timeout(scoped(noted("timers", std::move(name), std::move(body))),
                        milliseconds);
}

void Environment::on_ready(std::string name, Job body) {
  const std::size_t index = ready_.size();
  Job once = [this, index, inner = callback(std::move(name), std::move(body))] {
    ready_[index]->close();
    inner();
  };
  ready_.push_back(std::make_unique<lab::uv::Async>(loop_, std::move(once)));
  ready_.back()->send();
}

void Environment::script(const Job& body) {
  scoped(body)();
}

// Step 7: a module's top level is a microtask, so what it queues with nextTick waits until
// the microtasks are done: the other way round than in CommonJS.
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
