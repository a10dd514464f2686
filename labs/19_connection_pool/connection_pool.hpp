// connection_pool.hpp: a bounded number of connections, lent to one borrower at a time.
//
//   empty ---somebody waits--> opening --connected--> lent, or idle if nobody waits now
//   idle  --acquire--> lent --give back--> idle, or lent to the first in the queue
//   idle  --too old, broken, or idle for long when it is wanted--> opening
//   lent  --too old, broken, or cannot be reset--> empty
//   drain: nobody gets in any more, and what comes back is closed
//
// Units     Ages are read through the injected clock. Waiting is on the steady clock.
//           max() of any duration means for ever.
// Threads   Safe to share. Connecting and pinging have a thread of their own, so that no
//           borrower waits for them beyond its patience. Giving back resets the session,
//           which is a round trip for the borrower. The lock is never held meanwhile.
// Errors    acquire() returns nullopt if nothing came in time, or if the pool drains. It
//           throws what `connect` throws: one failure is the answer to one borrower. An
//           impossible Config throws std::invalid_argument.
// Lifetime  The destructor drains without patience. It waits for a connect under way, and a
//           Lease must not outlive its pool.
// Source    Names and defaults as in HikariCP and pg-pool; first come, first served, as in
//           pg-pool.
// Left out  Closing what idles for long, and keeping a minimum open: both need a timer of
//           the pool's own. Trying again when connecting fails: that is the borrower's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lab/core/time_span.hpp"
#include "lab/core/where.hpp"

namespace lab19 {

using lab::TimeSpan;
using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using Clock = std::function<TimePoint()>;

// What the pool must know of a connection, and what a borrower may do with it.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual std::string query(const std::string& sql) = 0;  // the first cell; may throw
  virtual int backend() const = 0;                        // the process that serves it

  virtual bool broken() const = 0;  // as far as was noticed: no round trip
  virtual bool ping() = 0;          // asks the server; false or an exception: it is dead
  virtual bool reset() = 0;         // as new for the next borrower; false: impossible
};

using Connect = std::function<std::unique_ptr<Connection>()>;

struct Config {
  std::size_t size = 10;                                  // at most 100,000
  TimeSpan check_after = std::chrono::milliseconds(500);  // idle this long: ping it first
  TimeSpan max_lifetime =
      std::chrono::minutes(30);  // then it is closed, but not while lent
  double lifetime_jitter = 0.1;  // up to this share earlier: not all reconnect at once
  TimeSpan leak_after = std::chrono::seconds(30);  // lent for so long: leaks() reports it
  bool reset_on_return = true;  // off only if no borrower leaves anything in the session
};

// A connection that has been out for too long, and the line that borrowed it.
struct Leak {
  lab::Where borrower;
  Duration held{};
};

struct Stats {
  std::size_t idle = 0, lent = 0, opening = 0, waiting = 0;  // now
  std::size_t most_waiting = 0, timed_out = 0;               // since the beginning
  std::size_t opened = 0,
              dropped = 0;  // since the beginning; dropped: dead, dirty, too old
};

// What happened to a slot, or to a borrower that waits in the queue.
struct Event {
  enum class Kind { opening, lent, idle, empty, queued, served, unserved } kind;
  std::size_t number;  // of the slot; of the waiting borrower
  lab::Where where;    // the line that decided
};

class ConnectionPool;
struct Slot;

// One borrowed connection. It gives itself back when it goes out of scope. It can be moved
// but not copied, so giving back twice cannot be written.
class [[nodiscard]] Lease {
 public:
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  Connection& operator*() const;
  Connection* operator->() const { return &**this; }

 private:
  friend class ConnectionPool;
  Lease(ConnectionPool* pool, Slot* slot) : pool_(pool), slot_(slot) {}

  ConnectionPool* pool_;
  Slot* slot_;  // null once moved from
};

// Step 1: the place of one connection, which is opened when a borrower needs it.
struct Slot {
  std::size_t number = 0;
  std::unique_ptr<Connection> connection{};  // null while the slot is empty
  TimePoint expires{};
  TimePoint idle_since{};
  TimePoint lent_at{};
  std::optional<lab::Where> borrower{};  // while it is lent
};

class ConnectionPool {
 public:
  using Observer = std::function<void(const Event&)>;

  ConnectionPool(Config config, Connect connect,
                 Clock now = std::chrono::steady_clock::now);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  // A connection that works as far as one can know, or nullopt after `patience`, in which
  // connecting is included: with none, only a connection that is ready now will do.
  [[nodiscard]] std::optional<Lease> acquire(TimeSpan patience,
                                             lab::Where borrower = lab::Where::here());

  // Lets nobody in any more, sends home those who wait, closes what is idle, and waits for
  // what is out. Returns how many slots were still lent or opening after `patience`.
  std::size_t drain(TimeSpan patience);

  Stats stats() const;
  std::vector<Leak> leaks() const;  // lent for leak_after or longer

  // Called for every event, in order, under the lock: be quick, do not throw, do not call
  // the pool.
  void on_event(Observer observer);

 private:
  friend class Lease;
  using Lock = std::unique_lock<std::mutex>;

  // A borrower in the queue, and then one of three answers. It has a condition variable of
  // its own, so that exactly one thread wakes up for each connection given back.
  struct Waiter {
    std::size_t number;
    lab::Where borrower;
    std::condition_variable answered{};
    Slot* slot = nullptr;
    std::exception_ptr error{};
    bool sent_home = false;
  };

  Slot* take_idle();
  Slot* wait_in_queue(Lock& lock, TimeSpan patience, lab::Where borrower);
  void open_for_queue();
  void open(Slot& slot) noexcept;
  void connect(Slot& slot);
  bool usable(Slot& slot, bool ask) const;
  void give_back(Slot& slot) noexcept;
  void pass_on(Slot& slot, const std::exception_ptr& error);
  Slot* lend(Slot& slot, lab::Where borrower);
  Waiter& leave_queue(Event::Kind how, lab::Where where = lab::Where::here());
  void close(Lock& lock, Slot& slot);
  void tell(Event::Kind kind, std::size_t number, lab::Where where = lab::Where::here());

  const Config config_;
  const Connect connect_;
  const Clock now_;

  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
  std::deque<Slot*> free_;  // the empty ones first, the one given back last at the end
  std::deque<Waiter*> queue_;
  std::condition_variable came_back_;  // told of each slot while it drains
  std::size_t borrowers_queued_ = 0;
  std::size_t opening_ = 0;
  bool draining_ = false;
  Stats counts_;
  Observer observer_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace lab19
