// cluster.hpp: a primary: starts workers, deals connections, replaces the dead and the old.
//
//   worker: starting --ready--> serving --drain--> draining --exit--> gone
//              \------------------\---- died -----> back-off --> starting | given up
//
// Threads   None: everything happens on the loop that it is given.
// Lifetime  The workers end with this object.
// Errors    A cluster whose first workers do not get ready throws lab::Error.
// Source    Node's lib/internal/cluster; nginx's and gunicorn's masters.
// Left out  A health check that kills a worker which hangs, a deadline for one that drains,
//           a back-off of its own for each worker, a new binary or configuration, a pause
//           while the primary is out of descriptors.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channel.hpp"
#include "lab/core/where.hpp"
#include "lab/os/process.hpp"
#include "lab/uv/uv.hpp"

namespace lab06 {

using std::chrono::milliseconds;

// Who accepts: the primary, which deals (Node's default); the workers, on one socket that
// they inherit (SCHED_NONE); the workers, each on a socket of its own (SO_REUSEPORT).
enum class Scheme { deal, inherit, reuse_port };

// How long to wait before the next start: doubled after each worker that did not last, up
// to a limit; nothing once too many in a row did not.
class Backoff {
 public:
  Backoff(milliseconds first, milliseconds most, int tries)
      : first_(first), most_(most), tries_(tries) {}
  std::optional<milliseconds> next();
  void lasted() { failures_ = 0; }

 private:
  milliseconds first_, most_;
  int tries_;
  int failures_ = 0;
};

struct ClusterConfig {
  Scheme scheme = Scheme::deal;
  int workers = 2;
  bool restart = false;  // plain cluster does not
  Backoff backoff{milliseconds(10), milliseconds(1000), 5};
  milliseconds lasting{10'000};  // a worker that served so long was no failed start
  // A worker that has left so many untaken gets no more; as in Node.
  int untaken_limit = 1;
  std::string role = "worker";  // what a worker is: see Program::role
};

enum class WorkerState : std::uint8_t { starting, serving, draining, gone };
std::string_view to_string(WorkerState state);

struct WorkerChange {
  int id;  // 1, 2, ... in the order of their start
  pid_t pid;
  WorkerState state;
  lab::Where where;  // the line that decided it
};

struct ClusterObservers {
  std::function<void(const WorkerChange&)> on_state{};
  std::function<void(int id, lab::Where)> on_deal{};  // it was passed a connection
  std::function<void(pid_t, const lab::Exit&)> on_exit{};
  std::function<void(milliseconds, lab::Where)> on_back_off{};
  std::function<void(lab::Where)> on_give_up{};
};

// Step 1: the contract. A cluster has a port, the workers that serve it, and one operation:
// to replace them all.
class Cluster {
 public:
  // Returns once all workers are ready; runs the loop meanwhile.
  Cluster(lab::uv::Loop& loop, ClusterConfig config, ClusterObservers observers = {});
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster();

  std::uint16_t port() const { return port_; }
  std::vector<pid_t> serving() const;
  int accepted() const { return accepted_; }  // by the primary

  // Starts a successor for each worker, and drains a worker once its successor is ready. A
  // worker stays if its successor cannot be started, or dies before that. One replacement at
  // a time.
  void roll(std::function<void(int stayed)> on_done);

 private:
  struct Worker;
  void start(Worker* replaces = nullptr);
  void hear(Worker* worker);
  void ready(Worker& worker);
  void deal();
  Worker* next_in_turn();
  void died(Worker* worker);
  bool release_successor(const Worker& gone);
  void replaced(bool stays);
  void try_again();
  void enter(Worker& worker, WorkerState state,
             lab::Where where = {__builtin_FILE(), __builtin_LINE()});

  lab::uv::Loop& loop_;
  ClusterConfig config_;
  ClusterObservers observers_;
  Descriptor listener_;
  std::uint16_t port_;
  std::optional<lab::uv::Poll> accepting_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::list<lab::uv::Timer> waits_;
  int last_id_ = 0;
  std::size_t turn_ = 0;
  Descriptor undealt_;     // accepted, and no worker has had room for it yet
  bool all_full_ = false;  // no worker may be dealt to: the kernel's queue keeps the rest
  int accepted_ = 0;
  int rolling_ = 0;  // old ones that are not yet gone, nor known to stay
  int stayed_ = 0;
  std::function<void(int)> on_rolled_;
};

}  // namespace lab06
