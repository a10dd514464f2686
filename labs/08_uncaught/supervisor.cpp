#include "supervisor.hpp"

#include <fcntl.h>

#include <algorithm>
#include <stdexcept>

#include "lab/error.hpp"
#include "lab/trace.hpp"

namespace lab08 {

using namespace std::chrono_literals;

Restarts::Restarts(RestartPolicy policy) : policy_(policy) {
  if (policy.most < 0 || policy.period <= 0ms || policy.first < 0ms ||
      policy.longest < policy.first)
    throw std::invalid_argument("a restart policy that cannot be");
}

// Step 9: the intensity. Deaths that lie further back than the period are forgotten; those
// that do not double the wait.
std::optional<milliseconds> Restarts::after_death(Clock::time_point now) {
  std::erase_if(recent_, [&](auto then) { return now - then >= policy_.period; });
  const auto count = static_cast<int>(recent_.size());
  if (count >= policy_.most) return std::nullopt;
  recent_.push_back(now);
  return std::min(policy_.first * (1 << std::min(count, 20)), policy_.longest);
}

Supervisor::Supervisor(lab::uv::Loop& loop, Supervised what, RestartPolicy policy,
                       SupervisorObservers observers)
    : loop_(loop),
      what_(std::move(what)),
      restarts_(policy),
      observers_(std::move(observers)) {
  start();
}

Supervisor::~Supervisor() {
  lab::trace::state("service", "gone");
}

// Step 10: a fresh process. Nothing of the dead one's memory comes along; what it may
// inherit, it is given: here a listening socket, whose queue keeps who came meanwhile.
void Supervisor::start() {
  int ends[2];
  lab::check_errno(pipe2(ends, O_CLOEXEC), "make a pipe");
  alive_.reset(ends[0]);
  const lab::Descriptor theirs(ends[1]);
  std::vector<int> inherit = what_.inherit;
  inherit.push_back(theirs.get());
  child_.emplace(lab::Child::role(
      what_.role, what_.args, {.deadline = 120s, .capture = false, .inherit = inherit}));
  ++starts_;
  lab::trace::state("service", "running");
  death_.emplace(loop_, alive_.get());
  death_->start(UV_READABLE, [this] { died(); });
}

void Supervisor::died() {
  death_.reset();
  const lab::Exit exit = child_->wait();
  child_.reset();
  lab::trace::state("service", "dead");
  if (observers_.on_death) observers_.on_death(exit);
  again();
}

void Supervisor::again() {
  const auto delay = restarts_.after_death(Clock::now());
  if (!delay) {
    lab::trace::state("service", "given up");
    if (observers_.on_give_up) observers_.on_give_up();
    return;
  }
  if (observers_.on_wait) observers_.on_wait(*delay);
  wait_.start(*delay, [this] {
    try {
      start();
    } catch (const lab::Error&) {
      again();  // no process, no descriptor to be had: as if it had died
    }
  });
}

}  // namespace lab08
