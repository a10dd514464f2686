// pool.hpp: a bounded number of connections, lent one at a time, kept for the next.
//
//   empty --connect--> lent --return--> idle --acquire--> lent
//   lent  --broken, too old, cannot be reset--> empty
//   idle  --idle too long, too old, broken----> empty
//   nothing idle, nothing empty: wait in line; who came first gets what is returned
//
// Units     Time is std::chrono. Ages are read through the injected clock; only the wait
//           itself is on the steady clock.
// Threads   Safe to share. The lock is never held while connecting, asking or resetting.
// Errors    acquire() answers nullopt if nothing came free in time, or the pool drains.
//           What `connect` throws, acquire() throws. An impossible Config throws
//           std::invalid_argument.
// Lifetime  A Lease gives back when it goes, once. It may outlive the pool: then its
//           connection is closed.
// Source    Names and defaults as in HikariCP and pg-pool; first come, first served, as in
//           pg-pool.
// Left out  A thread of its own: somebody with a timer calls trim(). Filling it ahead.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lab19 {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using Clock = std::function<TimePoint()>;

// What the pool must know of a connection; what a borrower may do with it.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual std::string query(const std::string& sql) = 0;  // the first cell; may throw
  virtual int backend() const = 0;                        // who serves it

  virtual bool broken() const = 0;  // as far as was noticed: no network
  virtual bool ping() = 0;          // asks the server; never throws
  virtual bool reset() = 0;         // as new for the next borrower; false: cannot be
};

using Connect = std::function<std::unique_ptr<Connection>()>;

struct Config {
  std::size_t size = 10;
  std::chrono::milliseconds check_after{500};         // idle so long: ping before lending
  std::chrono::milliseconds max_lifetime{1'800'000};  // 30 min
  double lifetime_jitter = 0.1;                       // up to this share earlier
  std::chrono::milliseconds idle_timeout{10'000};     // trim() closes what idles longer
  std::size_t minimum_idle = 0;                       // but leaves so many
  std::chrono::milliseconds leak_after{30'000};       // lent longer: leaks() tells
  bool reset_on_return = true;                        // off only to see why it is on
};

// The line that borrowed.
struct Borrower {
  const char* file = "";
  unsigned line = 0;
};

struct Leak {
  Borrower borrower;
  Duration held{};
};

struct Stats {
  std::size_t size = 0, idle = 0, lent = 0, waiting = 0;  // now
  std::size_t most_waiting = 0;
  // Since the beginning.
  std::uint64_t acquired = 0, waited = 0, timed_out = 0;
  std::uint64_t opened = 0, broken = 0, expired = 0, trimmed = 0;
};

// Where the slots stand, after something changed: see on_change.
using OnChange = std::function<void(const Stats&)>;

class Pool;

// One connection, borrowed. It can be moved, not copied: giving back twice cannot be
// written.
class Lease {
 public:
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  Connection& operator*() const;
  Connection* operator->() const { return &**this; }

 private:
  friend class Pool;
  struct Slot;
  struct State;
  Lease(std::shared_ptr<State> state, Slot* slot)
      : state_(std::move(state)), slot_(slot) {}

  std::shared_ptr<State> state_;
  Slot* slot_;
};

class Pool {
 public:
  Pool(Config config, Connect connect, Clock now = std::chrono::steady_clock::now);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();  // nobody gets in any more; what is lent is closed when it comes back

  // A connection that works as far as one can know, or nullopt after `patience`.
  [[nodiscard]] std::optional<Lease> acquire(Duration patience,
                                             Borrower who = {__builtin_FILE(),
                                                             __builtin_LINE()});

  // Closes what has been idle for too long or is too old.
  void trim();

  // Lets nobody in any more, sends home who waits, and waits for what is lent. Answers
  // how many connections are still out after `patience`.
  std::size_t drain(Duration patience);

  Stats stats() const;
  std::vector<Leak> leaks() const;  // lent for leak_after or longer, the longest first

  // Called at every change, under the lock: it must be quick and not call the pool.
  void on_change(OnChange observer);

 private:
  std::shared_ptr<Lease::State> state_;
};

}  // namespace lab19
