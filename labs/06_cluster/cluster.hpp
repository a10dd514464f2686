// cluster.hpp: a primary: starts workers, deals connections, replaces the dead and the old.
//
//   worker: starting --ready--> serving --drain--> draining --exit--> gone
//              \------------------\---- died -----> back-off --> starting | given up
//
// Threads   None: everything happens on the loop that it is given.
// Lifetime  The workers end with this object.
// Left out  Health checks (a worker that hangs), a new binary, reading a new configuration.
// Source    Node's lib/internal/cluster; nginx's and gunicorn's masters.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "channel.hpp"
#include "lab/process.hpp"
#include "lab/uv.hpp"

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
  std::string role = "worker";   // what a worker is: see Program::role
};

struct ClusterObservers {
  std::function<void(pid_t)> on_ready{};
  std::function<void(pid_t, const lab::Exit&)> on_exit{};
  std::function<void(milliseconds)> on_back_off{};
  std::function<void()> on_give_up{};
};

class Cluster {
 public:
  // Returns once all workers are ready; runs the loop meanwhile.
  Cluster(lab::uv::Loop& loop, ClusterConfig config, ClusterObservers observers = {});
  ~Cluster();

  std::uint16_t port() const { return port_; }
  std::vector<pid_t> serving() const;
  int accepted() const { return accepted_; }  // by the primary

  // Starts as many new ones, and drains each old one once its successor is ready. An old
  // one whose successor dies before that stays. One replacement at a time.
  void roll(std::function<void(int stayed)> on_done);

 private:
  struct Member;
  void start(Member* replaces = nullptr);
  void hear(Member* member);
  void deal();
  void retire(Member& member);
  void died(Member* member);
  void replaced(bool stays);
  void try_again();

  lab::uv::Loop& loop_;
  ClusterConfig config_;
  ClusterObservers observers_;
  Descriptor listener_;
  std::uint16_t port_;
  std::optional<lab::uv::Poll> accepting_;
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<std::unique_ptr<lab::uv::Timer>> waits_;
  std::size_t turn_ = 0;
  int accepted_ = 0;
  int rolling_ = 0;  // old ones that are not yet gone, nor known to stay
  int stayed_ = 0;
  std::function<void(int)> on_rolled_;
};

}  // namespace lab06
