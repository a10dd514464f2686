// supervisor.hpp: starts a process again when it has died, and knows when to stop.
//
//   running --died--> waiting --delay--> running
//                \--too often--> given up
//
// Threads   None: on the loop that it is given.
// Lifetime  The process ends with this object.
// Errors    A first start that fails throws lab::Error; a later one counts as a death. A
//           kernel without pidfd_open (before Linux 5.3) is such a failure.
// Source    Erlang/OTP's restart intensity (so many restarts in a period); systemd's
//           StartLimitBurst and socket activation.
// Left out  A process that hangs; several children and their order.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/core/where.hpp"
#include "lab/os/descriptor.hpp"
#include "lab/os/process.hpp"
#include "lab/uv/uv.hpp"

namespace lab::uv {

// When to start again after a death: at once would burn a core; for ever would hide that
// nothing works.
struct RestartPolicy {
  int most = 5;  // restarts within `period`; one more is given up
  std::chrono::milliseconds period{10'000};
  std::chrono::milliseconds first{
      10};  // doubled by each restart that the period still counts
  std::chrono::milliseconds longest{1'000};
};

class Restarts {
 public:
  explicit Restarts(RestartPolicy policy);  // one that cannot be: std::invalid_argument

  // How long to wait after a death at `now`, or nothing: give up.
  std::optional<std::chrono::milliseconds> after_death(
      std::chrono::steady_clock::time_point now);

 private:
  RestartPolicy policy_;
  std::deque<std::chrono::steady_clock::time_point> recent_;
};

struct SupervisorObservers {
  std::function<void(pid_t, Where)> on_start{};
  std::function<void(const Exit&, Where)> on_death{};
  std::function<void(std::chrono::milliseconds, Where)> on_wait{};
  std::function<void(Where)> on_give_up{};
};

// A role of this program: see Program::role. The rest as in ChildOptions.
struct Supervised {
  std::string role;
  std::vector<std::string> args{};
  std::vector<int> inherit{};
  std::vector<std::pair<std::string, std::string>> env{};
  int output = -1;
};

class Supervisor {
 public:
  Supervisor(Loop& loop, Supervised what, RestartPolicy policy,
             SupervisorObservers observers = {});

  pid_t pid() const { return child_ ? child_->pid() : 0; }  // 0: none runs now
  int starts() const { return starts_; }

 private:
  void start();
  void died();
  void again();  // or not: as the policy says

  Loop& loop_;
  Supervised what_;
  Restarts restarts_;
  SupervisorObservers observers_;
  int starts_ = 0;
  std::optional<Child> child_;
  // A pidfd: readable once the process has ended. A pipe that it held would tell only when
  // everyone whom it has started had closed it as well.
  Descriptor gone_;
  std::optional<Poll> death_;  // goes before what it watches
  Timer wait_{loop_};
};

}  // namespace lab::uv
