#include "connection_pool.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace lab19 {

namespace {

void require(bool holds, const char* rule) {
  if (!holds) throw std::invalid_argument(rule);
}

Config checked(const Config& config) {
  require(config.size >= 1 && config.size <= 100'000, "a pool has 1 to 100,000 slots");
  require(config.max_lifetime > Duration::zero(), "a connection needs a life");
  require(config.lifetime_jitter >= 0 && config.lifetime_jitter < 1,  // false for NaN
          "the jitter is a share of the lifetime below 1");
  return config;
}

}  // namespace

ConnectionPool::ConnectionPool(Config config, Connect connect, Clock now)
    : config_(checked(config)),
      connect_(std::move(connect)),
      now_(std::move(now)),
      slots_(config.size) {
  require(connect_ && now_, "a pool needs a way to connect and a clock");
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].number = i + 1;
    free_.push_back(&slots_[i]);
  }
}

ConnectionPool::~ConnectionPool() {
  drain(Duration::zero());
  Lock lock(mutex_);
  came_back_.wait(lock, [this] { return opening_ == 0; });
}

// Step 2: borrow. Nobody overtakes: what comes back goes to the queue, so while others wait,
// nothing that is free is usable.
std::optional<Lease> ConnectionPool::acquire(TimeSpan patience, lab::Where borrower) {
  Lock lock(mutex_);
  if (draining_) return std::nullopt;
  Slot* slot = take_idle();
  if (slot) {
    lend(*slot, borrower);
  } else {
    slot = wait_in_queue(lock, patience, borrower);
  }
  if (!slot) return std::nullopt;
  return Lease(this, slot);
}

// The connection given back last is lent first, so the others may go cold.
Slot* ConnectionPool::take_idle() {
  for (auto last = free_.end(); last != free_.begin();) {
    Slot* const slot = *--last;
    if (!slot->connection) break;  // empty ones come first
    if (!usable(*slot, false)) continue;
    free_.erase(last);
    return slot;
  }
  return nullptr;
}

// Step 3: the queue. First come, first served, each with a deadline. Connecting counts
// against it: a connection that comes too late for this borrower is kept for another.
Slot* ConnectionPool::wait_in_queue(Lock& lock, TimeSpan patience, lab::Where borrower) {
  Waiter waiter{.number = ++borrowers_queued_, .borrower = borrower};
  queue_.push_back(&waiter);
  counts_.most_waiting = std::max(counts_.most_waiting, queue_.size());
  tell(Event::Kind::queued, waiter.number);
  open_for_queue();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const bool answered = waiter.answered.wait_until(
      lock, deadline, [&] { return waiter.slot || waiter.error || waiter.sent_home; });
  if (!answered) {
    std::erase(queue_, &waiter);
    ++counts_.timed_out;
    tell(Event::Kind::unserved, waiter.number);
  }
  if (waiter.error) std::rethrow_exception(waiter.error);
  return waiter.slot;
}

// Step 4: a slot is opened for each borrower that waits, as long as there are free ones. It
// gets a thread of its own, since a borrower that connects cannot stop when its patience
// ends. The destructor waits for these threads.
void ConnectionPool::open_for_queue() {
  while (opening_ < queue_.size() && !free_.empty()) {
    Slot& slot = *free_.back();
    try {
      std::thread([this, &slot] { open(slot); }).detach();
    } catch (const std::system_error&) {  // no thread to be had
      leave_queue(Event::Kind::unserved).error = std::current_exception();
      continue;
    }
    free_.pop_back();
    ++opening_;
    tell(Event::Kind::opening, slot.number);
  }
}

void ConnectionPool::open(Slot& slot) noexcept {
  std::exception_ptr error;
  try {
    if (!slot.connection || !usable(slot, true)) connect(slot);
  } catch (...) {
    error = std::current_exception();
  }
  Lock lock(mutex_);
  if (draining_) close(lock, slot);
  --opening_;
  pass_on(slot, error);
}

void ConnectionPool::connect(Slot& slot) {
  Lock lock(mutex_);
  if (slot.connection) ++counts_.dropped;
  close(lock, slot);  // first: the server may be full
  lock.unlock();
  auto connection = connect_();
  if (!connection) throw std::logic_error("connecting returned no connection");
  lock.lock();
  slot.connection = std::move(connection);
  ++counts_.opened;
  const std::chrono::duration<double, std::nano> life = config_.max_lifetime;
  std::uniform_real_distribution<double> earlier(0, config_.lifetime_jitter);
  slot.expires = now_() + Duration(TimeSpan(life * (1 - earlier(random_))));
}

// Step 5: what is not lent again. A connection that was idle for a while may have died
// unnoticed, so it is pinged if `ask` says so, which is a round trip.
bool ConnectionPool::usable(Slot& slot, bool ask) const {
  const TimePoint now = now_();
  if (slot.connection->broken() || now >= slot.expires) return false;
  const bool may_be_dead = now - slot.idle_since >= config_.check_after;
  return !may_be_dead || (ask && slot.connection->ping());
}

// Step 6: give back. What is broken, too old or cannot be cleaned is not kept.
void ConnectionPool::give_back(Slot& slot) noexcept {
  bool reusable = false;
  try {
    reusable = !slot.connection->broken() && now_() < slot.expires &&
               (!config_.reset_on_return || slot.connection->reset());
  } catch (...) {  // then it is not
  }
  Lock lock(mutex_);
  if (!reusable) ++counts_.dropped;
  if (!reusable || draining_) close(lock, slot);
  pass_on(slot, {});
}

// Step 7: from hand to hand. A newcomer cannot take it from the first in the queue. A
// slot that could not be opened carries its error to the first in the queue instead.
void ConnectionPool::pass_on(Slot& slot, const std::exception_ptr& error) {
  slot.idle_since = now_();
  if (error && !queue_.empty()) leave_queue(Event::Kind::unserved).error = error;
  const bool wanted = slot.connection && !queue_.empty();
  if (slot.borrower || !wanted)
    tell(slot.connection ? Event::Kind::idle : Event::Kind::empty, slot.number);
  slot.borrower.reset();
  if (wanted) {
    Waiter& first = leave_queue(Event::Kind::served);
    first.slot = lend(slot, first.borrower);
  } else if (slot.connection) {
    free_.push_back(&slot);
  } else {
    free_.push_front(&slot);
  }
  open_for_queue();
  if (draining_) came_back_.notify_all();
}

Slot* ConnectionPool::lend(Slot& slot, lab::Where borrower) {
  slot.borrower = borrower;
  slot.lent_at = now_();
  tell(Event::Kind::lent, slot.number);
  return &slot;
}

ConnectionPool::Waiter& ConnectionPool::leave_queue(Event::Kind how, lab::Where where) {
  Waiter& first = *queue_.front();
  queue_.pop_front();
  tell(how, first.number, where);
  first.answered.notify_one();  // it looks once the lock is free
  return first;
}

// Saying goodbye to the server takes a while. The slot is not free meanwhile.
void ConnectionPool::close(Lock& lock, Slot& slot) {
  lock.unlock();
  slot.connection.reset();
  lock.lock();
}

// Step 8: the end of a pool: stop lending first, and then wait for what is lent.
std::size_t ConnectionPool::drain(TimeSpan patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::vector<std::unique_ptr<Connection>> idle;
  Lock lock(mutex_);
  draining_ = true;
  while (!queue_.empty()) leave_queue(Event::Kind::unserved).sent_home = true;
  for (Slot* slot : free_) {
    if (!slot->connection) continue;
    idle.push_back(std::move(slot->connection));
    tell(Event::Kind::empty, slot->number);
  }
  lock.unlock();
  idle.clear();
  lock.lock();
  const auto all_back = [this] { return free_.size() == slots_.size(); };
  came_back_.wait_until(lock, deadline, all_back);
  return slots_.size() - free_.size();
}

// Step 9: every slot that is lent knows the line that borrowed it, so a leak has a name.
std::vector<Leak> ConnectionPool::leaks() const {
  const Lock lock(mutex_);
  std::vector<Leak> found;
  for (const Slot& slot : slots_) {
    const Duration held = now_() - slot.lent_at;
    if (slot.borrower && held >= config_.leak_after)
      found.push_back({*slot.borrower, held});
  }
  return found;
}

Stats ConnectionPool::stats() const {
  const Lock lock(mutex_);
  Stats stats = counts_;
  stats.idle = static_cast<std::size_t>(std::ranges::count_if(
      free_, [](const Slot* slot) { return slot->connection != nullptr; }));
  stats.opening = opening_;
  stats.lent = slots_.size() - free_.size() - opening_;
  stats.waiting = queue_.size();
  return stats;
}

void ConnectionPool::on_event(Observer observer) {
  const Lock lock(mutex_);
  observer_ = std::move(observer);
}

void ConnectionPool::tell(Event::Kind kind, std::size_t number, lab::Where where) {
  if (observer_) observer_({kind, number, where});
}

Lease::Lease(Lease&& other) noexcept
    : pool_(other.pool_), slot_(std::exchange(other.slot_, nullptr)) {
}

Lease& Lease::operator=(Lease&& other) noexcept {
  Lease given_back(std::move(*this));
  pool_ = other.pool_;
  slot_ = std::exchange(other.slot_, nullptr);
  return *this;
}

Lease::~Lease() {
  if (slot_) pool_->give_back(*slot_);
}

Connection& Lease::operator*() const {
  return *slot_->connection;
}

}  // namespace lab19
