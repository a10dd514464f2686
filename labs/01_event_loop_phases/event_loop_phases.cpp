#include "event_loop_phases.hpp"

#include <uv.h>

#include <array>
#include <stdexcept>

namespace lab01 {

namespace {

struct Place {
  Phase phase = Phase::outside;
  std::uint64_t iteration = 0;
  const PhaseProbe::OnEnter* on_enter = nullptr;
};
thread_local Place t_place;

void enter(Phase phase, lab::Where where = lab::Where::here()) {
  if (t_place.phase == Phase::closing) ++t_place.iteration;
  t_place.phase = phase;
  if (t_place.on_enter) (*t_place.on_enter)(phase, where);
}

}  // namespace

std::string_view name(Phase phase) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "outside", "timers", "pending", "idle", "prepare", "poll", "check", "closing"};
  return kNames[static_cast<std::size_t>(phase)];
}

Phase phase_now() {
  return t_place.phase;
}

std::uint64_t iteration_now() {
  return t_place.iteration;
}

PhaseProbe::PhaseProbe(OnEnter on_enter) {
  if (t_place.on_enter)
    throw std::invalid_argument("this thread's loop has a probe already");
  t_place.on_enter = new OnEnter(std::move(on_enter));
}

PhaseProbe::~PhaseProbe() {
  delete t_place.on_enter;
  t_place.on_enter = nullptr;
}

void PhaseLog::add(std::string what, lab::Where where) {
  entries_.push_back({std::move(what), phase_now(), iteration_now(), where});
  if (on_entry) on_entry(entries_.back());
}

std::function<void()> PhaseLog::step(std::string what, lab::Where where) {
  return [this, what = std::move(what), where] { add(what, where); };
}

std::string PhaseLog::order() const {
  std::string order;
  for (const Entry& entry : entries_) order += (order.empty() ? "" : " > ") + entry.what;
  return order;
}

const PhaseLog::Entry& PhaseLog::at(std::string_view what) const {
  for (const Entry& entry : entries_) {
    if (entry.what == what) return entry;
  }
  throw std::out_of_range(std::string(what) + " never ran");
}

extern "C" {

int __real_uv_run(uv_loop_t*, uv_run_mode);
void __real_uv__run_timers(uv_loop_t*);
void __real_uv__run_idle(uv_loop_t*);
void __real_uv__run_prepare(uv_loop_t*);
void __real_uv__io_poll(uv_loop_t*, int timeout);
void __real_uv__run_check(uv_loop_t*);

int __wrap_uv_run(uv_loop_t* loop, uv_run_mode mode) {
  const int alive = __real_uv_run(loop, mode);
  enter(Phase::outside);
  return alive;
}

// Step 2: the linker sends libuv's own calls through functions such as this one. Each notes
// which phase begins and then calls libuv's original, named `__real_uv__run_timers` and so on.
void __wrap_uv__run_timers(uv_loop_t* loop) {
  enter(Phase::timers);
  __real_uv__run_timers(loop);
  enter(Phase::pending);  // callbacks that were put off run next
}

void __wrap_uv__run_idle(uv_loop_t* loop) {
  enter(Phase::idle);
  __real_uv__run_idle(loop);
}

void __wrap_uv__run_prepare(uv_loop_t* loop) {
  enter(Phase::prepare);
  __real_uv__run_prepare(loop);
}

void __wrap_uv__io_poll(uv_loop_t* loop, int timeout) {
  enter(Phase::poll);
  __real_uv__io_poll(loop, timeout);
  enter(Phase::pending);  // since 1.44.2: what poll's callbacks put off, up to 8 rounds
}

void __wrap_uv__run_check(uv_loop_t* loop) {
  enter(Phase::check);
  __real_uv__run_check(loop);
  enter(Phase::closing);  // close callbacks are all that is left of the iteration
}

}  // extern "C"

}  // namespace lab01
