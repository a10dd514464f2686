#include "pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <stdexcept>
#include <utility>

namespace lab19 {

// Where one connection may be: empty, idle or lent.
struct Lease::Slot {
  std::unique_ptr<Connection> connection{};
  TimePoint expires{};
  TimePoint idle_since{};
  std::optional<Borrower> borrower{};  // while lent
  TimePoint lent_at{};
};

namespace {

// One that stands in line, on its own stack. `given` is what it waits for.
template <class Slot>
struct Waiter {
  std::condition_variable come{};
  Slot* given = nullptr;
  bool sent_home = false;
};

}  // namespace

struct Lease::State {
  using Lock = std::unique_lock<std::mutex>;

  State(Config settings, Connect how, Clock clock)
      : config(settings),
        connect(std::move(how)),
        now(std::move(clock)),
        slots(config.size) {
    for (Slot& slot : slots) empty.push_back(&slot);
  }

  Slot* take(Duration patience, const Borrower& who);
  Slot* wait(Lock& lock, Duration patience);
  void make_ready(Slot& slot);
  void open(Slot& slot);
  void give_back(Slot& slot) noexcept;
  void pass_on(Slot& slot);
  void close(Slot& slot, std::uint64_t& reason);
  void changed() {
    if (on_change) on_change(stats());
  }
  Stats stats() const {
    Stats now_stats = counts;
    now_stats.size = slots.size();
    now_stats.idle = idle.size();
    now_stats.lent = slots.size() - idle.size() - empty.size();
    now_stats.waiting = line.size();
    return now_stats;
  }

  const Config config;
  const Connect connect;
  const Clock now;

  std::mutex mutex;
  std::vector<Slot> slots;
  std::vector<Slot*> idle{};  // the last returned is the next lent: the rest may go cold
  std::vector<Slot*> empty{};
  std::deque<Waiter<Slot>*> line{};
  std::condition_variable all_back{};
  bool draining = false;
  Stats counts{};
  OnChange on_change{};
  std::minstd_rand random{std::random_device{}()};
};

// Step 1: the way in. Nobody overtakes: while others wait, nothing is idle or empty.
Lease::Slot* Lease::State::take(Duration patience, const Borrower& who) {
  Lock lock(mutex);
  if (draining) return nullptr;
  Slot* slot = nullptr;
  if (!idle.empty()) {
    slot = idle.back();
    idle.pop_back();
  } else if (!empty.empty()) {
    slot = empty.back();
    empty.pop_back();
  } else {
    slot = wait(lock, patience);
  }
  if (!slot) return nullptr;
  slot->borrower = who;
  slot->lent_at = now();
  ++counts.acquired;
  changed();
  return slot;
}

// Step 2: the line. First come, first served, each with a deadline.
Lease::Slot* Lease::State::wait(Lock& lock, Duration patience) {
  Waiter<Slot> me;
  line.push_back(&me);
  ++counts.waited;
  counts.most_waiting = std::max(counts.most_waiting, line.size());
  changed();
  const auto served = [&] { return me.given || me.sent_home; };
  if (!me.come.wait_for(lock, patience, served)) {
    std::erase(line, &me);
    ++counts.timed_out;
    changed();
  }
  return me.given;
}

// Step 3: before it is lent: not too old, and if it was idle for long, does it answer?
void Lease::State::make_ready(Slot& slot) {
  if (slot.connection) {
    const TimePoint at = now();
    if (at >= slot.expires) {
      close(slot, counts.expired);
    } else if (slot.connection->broken() ||
               (at - slot.idle_since >= config.check_after && !slot.connection->ping())) {
      close(slot, counts.broken);
    }
  }
  if (!slot.connection) open(slot);
}

// The lifetimes differ, so that connections opened together do not end together.
void Lease::State::open(Slot& slot) {
  slot.connection = connect();
  const Lock lock(mutex);
  std::uniform_real_distribution<double> share(0, config.lifetime_jitter);
  const std::chrono::duration<double, std::milli> earlier =
      config.max_lifetime * share(random);
  slot.expires =
      now() + config.max_lifetime - std::chrono::duration_cast<Duration>(earlier);
  ++counts.opened;
  changed();
}

// Closing talks to the server, so it is done without the lock.
void Lease::State::close(Slot& slot, std::uint64_t& reason) {
  slot.connection.reset();
  const Lock lock(mutex);
  ++reason;
}

// Step 4: the way back. What is broken, too old or cannot be cleaned is not kept.
void Lease::State::give_back(Slot& slot) noexcept {
  if (slot.connection) {
    const bool usable = !slot.connection->broken() &&
                        (!config.reset_on_return || slot.connection->reset());
    if (!usable) {
      close(slot, counts.broken);
    } else if (now() >= slot.expires) {
      close(slot, counts.expired);
    }
  }
  Lock lock(mutex);
  slot.borrower.reset();
  if (draining && slot.connection) {  // back is for drain() what is closed
    lock.unlock();
    slot.connection.reset();
    lock.lock();
  }
  pass_on(slot);
  changed();
}

// Step 5: to the first in line, from hand to hand: who comes just now cannot snatch it.
void Lease::State::pass_on(Slot& slot) {
  slot.idle_since = now();
  if (!line.empty()) {
    line.front()->given = &slot;
    line.front()->come.notify_one();
    line.pop_front();
    return;
  }
  (slot.connection ? idle : empty).push_back(&slot);
  if (empty.size() == slots.size()) all_back.notify_all();
}

Lease::Lease(Lease&& other) noexcept
    : state_(std::move(other.state_)), slot_(std::exchange(other.slot_, nullptr)) {
}

Lease& Lease::operator=(Lease&& other) noexcept {
  Lease taken(std::move(other));
  std::swap(state_, taken.state_);
  std::swap(slot_, taken.slot_);
  return *this;
}

Lease::~Lease() {
  if (slot_) state_->give_back(*slot_);
}

Connection& Lease::operator*() const {
  return *slot_->connection;
}

Pool::Pool(Config config, Connect connect, Clock now) {
  using namespace std::chrono_literals;
  if (config.size == 0 || config.minimum_idle > config.size ||
      config.max_lifetime <= 0ms || config.lifetime_jitter < 0 ||
      config.lifetime_jitter >= 1 || !connect || !now) {
    throw std::invalid_argument(
        "a pool needs a size, a lifetime, a jitter below 1, and at most `size` idle");
  }
  state_ = std::make_shared<Lease::State>(config, std::move(connect), std::move(now));
}

Pool::~Pool() {
  drain(Duration::zero());
}

std::optional<Lease> Pool::acquire(Duration patience, Borrower who) {
  Lease::Slot* const slot = state_->take(patience, who);
  if (!slot) return std::nullopt;
  Lease lease(state_, slot);  // if connecting throws, it gives the place to the next
  state_->make_ready(*slot);
  return lease;
}

void Pool::trim() {
  std::vector<std::unique_ptr<Connection>> going;  // closed without the lock
  const Lease::State::Lock lock(state_->mutex);
  Lease::State& state = *state_;
  const TimePoint at = state.now();
  std::vector<Lease::Slot*> staying;
  std::size_t left = state.idle.size();
  for (Lease::Slot* const slot : state.idle) {  // the one idle for longest comes first
    const bool old = at >= slot->expires;
    const bool cold = at - slot->idle_since >= state.config.idle_timeout &&
                      left > state.config.minimum_idle;
    if (!old && !cold) {
      staying.push_back(slot);
      continue;
    }
    --left;
    ++(old ? state.counts.expired : state.counts.trimmed);
    going.push_back(std::move(slot->connection));
    state.empty.push_back(slot);
  }
  state.idle = std::move(staying);
  state.changed();
}

std::size_t Pool::drain(Duration patience) {
  std::vector<std::unique_ptr<Connection>> going;
  Lease::State::Lock lock(state_->mutex);
  Lease::State& state = *state_;
  state.draining = true;
  for (auto* const waiter : std::exchange(state.line, {})) {
    waiter->sent_home = true;
    waiter->come.notify_one();
  }
  for (Lease::Slot* const slot : std::exchange(state.idle, {})) {
    going.push_back(std::move(slot->connection));
    state.empty.push_back(slot);
  }
  state.changed();
  const auto all_back = [&] { return state.empty.size() == state.slots.size(); };
  state.all_back.wait_for(lock, patience, all_back);
  return state.slots.size() - state.empty.size();
}

Stats Pool::stats() const {
  const Lease::State::Lock lock(state_->mutex);
  return state_->stats();
}

std::vector<Leak> Pool::leaks() const {
  const Lease::State::Lock lock(state_->mutex);
  std::vector<Leak> found;
  for (const auto& slot : state_->slots) {
    const Duration held = state_->now() - slot.lent_at;
    if (slot.borrower && held >= state_->config.leak_after) {
      found.push_back({*slot.borrower, held});
    }
  }
  std::ranges::sort(found, std::greater(), &Leak::held);
  return found;
}

void Pool::on_change(OnChange observer) {
  const Lease::State::Lock lock(state_->mutex);
  state_->on_change = std::move(observer);
}

}  // namespace lab19
