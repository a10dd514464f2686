#include "lab/uv/supervisor.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "lab/core/error.hpp"

namespace lab::uv {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

Restarts::Restarts(RestartPolicy policy) : policy_(policy) {
  if (policy.most < 0 || policy.period <= 0ms || policy.first < 0ms ||
      policy.longest < policy.first)
    throw std::invalid_argument(
        "RestartPolicy: most >= 0, period > 0, 0 <= first <= longest");
}

// The intensity. Deaths that lie further back than the period are forgotten; those
// that do not double the wait.
std::optional<milliseconds> Restarts::after_death(Clock::time_point now) {
  std::erase_if(recent_, [&](auto then) { return now - then >= policy_.period; });
  const auto count = static_cast<int>(recent_.size());
  if (count >= policy_.most) return std::nullopt;
  recent_.push_back(now);
  return std::min(policy_.first * (1 << std::min(count, 20)), policy_.longest);
}

Supervisor::Supervisor(Loop& loop, Supervised what, RestartPolicy policy,
                       SupervisorObservers observers)
    : loop_(loop),
      what_(std::move(what)),
      restarts_(policy),
      observers_(std::move(observers)) {
  start();
}

// A fresh process. It gets nothing of the dead one's memory. It inherits only what it
// is given: here a listening socket, whose queue keeps the connections that came meanwhile.
void Supervisor::start() {
  child_.emplace(Child::role(what_.role, what_.args,
                             {.deadline = 120s,
                              .capture = false,
                              .env = what_.env,
                              .inherit = what_.inherit,
                              .output = what_.output}));
  ++starts_;
  if (observers_.on_start) observers_.on_start(child_->pid(), Where::here());
  gone_.reset(static_cast<int>(
      check_errno(syscall(SYS_pidfd_open, child_->pid(), 0), "watch a process")));
  death_.emplace(loop_, gone_.get());
  death_->start(UV_READABLE, [this] { died(); });
}

void Supervisor::died() {
  death_.reset();
  gone_.reset();
  const Exit exit = child_->wait();
  child_.reset();
  if (observers_.on_death) observers_.on_death(exit, Where::here());
  again();
}

void Supervisor::again() {
  const auto delay = restarts_.after_death(Clock::now());
  if (!delay) {
    if (observers_.on_give_up) observers_.on_give_up(Where::here());
    return;
  }
  if (observers_.on_wait) observers_.on_wait(*delay, Where::here());
  wait_.start(*delay, [this] {
    try {
      start();
    } catch (const Error&) {
      again();  // no process, no descriptor to be had: as if it had died
    }
  });
}

}  // namespace lab::uv
