// scenes.cpp: what all scenes share: the server, the query, the picture of the pool.
#include "scenes/scenes.hpp"

#include <fmt/format.h>

#include <map>

#include "lab/core/trace.hpp"

namespace lab19 {

namespace trace = lab::trace;

std::string Knobs::query() const {
  return fmt::format("SELECT sum(i) FROM generate_series(1, {}) i", *work);
}

lab::PostgresServer& server() {
  static lab::PostgresServer one;
  return one;
}

namespace {

// Kept by the pool's observer, which the pool calls under its lock.
class Drawing {
 public:
  void operator()(const Event& event) {
    const std::string slot = fmt::format("slot {}", event.number);
    const std::string borrower = fmt::format("borrower {}", event.number);
    switch (event.kind) {
      case Event::Kind::opening:
        trace::state(slot, "opening", 0, event.where);
        break;
      case Event::Kind::lent:
        trace::state(slot, "lent", 0, event.where);
        break;
      case Event::Kind::idle:
        trace::state(slot, "idle", 0, event.where);
        break;
      case Event::Kind::empty:
        trace::state(slot, "empty", 0, event.where);
        break;
      case Event::Kind::queued:
        waiting_[event.number] = trace::queued(borrower, {.lane = "queue"}, event.where);
        break;
      case Event::Kind::served:
      case Event::Kind::unserved:
        trace::taken(waiting_[event.number], borrower, {.lane = "queue"}, event.where);
        waiting_.erase(event.number);
        break;
    }
  }

 private:
  std::map<std::size_t, lab::EventId> waiting_;
};

}  // namespace

void draw(ConnectionPool& pool, std::size_t size) {
  for (std::size_t i = 1; i <= size; ++i)
    trace::state(fmt::format("slot {}", i), "empty");
  pool.on_event(Drawing());
}

void SampledDrawing::follow(ConnectionPool& pool, std::size_t size) {
  const std::lock_guard lock(mutex_);
  const int own = ++followed_;
  waiting_.clear();
  for (auto& [number, state] : slots_) state = "removed";
  for (std::size_t i = 1; i <= size; ++i) slots_[i] = "empty";
  pool.on_event([this, own](const Event& event) {
    const std::lock_guard guard(mutex_);
    if (own == followed_) take(event);
  });
}

void SampledDrawing::take(const Event& event) {
  switch (event.kind) {
    case Event::Kind::opening:
      slots_[event.number] = "opening";
      break;
    case Event::Kind::lent:
      slots_[event.number] = "lent";
      break;
    case Event::Kind::idle:
      slots_[event.number] = "idle";
      break;
    case Event::Kind::empty:
      slots_[event.number] = "empty";
      break;
    case Event::Kind::queued:
      waiting_.insert(event.number);
      break;
    case Event::Kind::served:
    case Event::Kind::unserved:
      waiting_.erase(event.number);
      break;
  }
}

void SampledDrawing::sample() {
  const std::lock_guard lock(mutex_);
  for (const auto& [number, state] : slots_) {
    if (auto& drawn = drawn_slots_[number]; drawn != state) {
      trace::state(fmt::format("slot {}", number), state);
      drawn = state;
    }
  }
  const auto name = [](std::size_t number) { return fmt::format("borrower {}", number); };
  std::erase_if(drawn_waiting_, [&](const auto& drawn) {
    if (waiting_.contains(drawn.first)) return false;
    trace::taken(drawn.second, name(drawn.first), {.lane = "queue"});
    return true;
  });
  for (const std::size_t number : waiting_) {
    if (!drawn_waiting_.contains(number))
      drawn_waiting_[number] = trace::queued(name(number), {.lane = "queue"});
  }
}

}  // namespace lab19
