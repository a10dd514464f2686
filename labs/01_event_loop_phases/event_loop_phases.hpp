// event_loop_phases.hpp: which phase of libuv's loop is running, seen from inside.
//
//   timers --> pending --> idle --> prepare --> poll --> pending --> check --> closing
//      ^                                                                          |
//      +------------------------------ next iteration ---------------------------+
//
// The order of callbacks is what this lab proves, so it must not be used to name the
// phases. Instead the linker puts a function of ours in front of libuv's own
// uv__run_timers, uv__run_idle, uv__run_prepare, uv__io_poll, uv__run_check and uv_run
// (ld's --wrap, on the static libuv_a.a). Nothing of libuv is changed.
//
// Threads   Each thread has a phase of its own: that of the loop which it runs.
// Errors    A second probe on one thread throws std::invalid_argument.
// Cost      Two stores for each phase, and one call if somebody observes.
// Limits    uv__run_pending and uv__run_closing_handles are static in libuv and cannot be
//           wrapped. They are what runs between timers and idle or between poll and check
//           (pending), and between check and the next iteration (closing).
// Source    uv_run() in libuv's src/unix/core.c; the same ring from 1.44 to 1.52 in DEFAULT
//           mode, the one that Node uses.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/where.hpp"

namespace lab01 {

// Step 1: the phases of one iteration, in their order.
enum class Phase { outside, timers, pending, idle, prepare, poll, check, closing };

std::string_view name(Phase phase);

// The phase in which this thread's loop is now. `outside`: it is not running.
Phase phase_now();

// How many iterations this thread's loops have completed. Closing ends an iteration.
std::uint64_t iteration_now();

// While it lives, `on_enter` is called for each phase that this thread's loop enters, with
// the line that saw it. The observer must not run the loop.
class PhaseProbe {
 public:
  using OnEnter = std::function<void(Phase, lab::Where)>;

  explicit PhaseProbe(OnEnter on_enter);
  PhaseProbe(const PhaseProbe&) = delete;
  PhaseProbe& operator=(const PhaseProbe&) = delete;
  ~PhaseProbe();
};

// Which callbacks ran, in their order, each with the phase and iteration it ran in.
class PhaseLog {
 public:
  struct Entry {
    std::string what;
    Phase phase;
    std::uint64_t iteration;
    lab::Where where;  // the callback
  };

  void add(std::string what, lab::Where where = lab::Where::here());
  // A callback that does nothing but add its name.
  std::function<void()> step(std::string what, lab::Where where = lab::Where::here());

  const std::vector<Entry>& entries() const { return entries_; }
  std::string order() const;  // "timer > check > close"
  // The entry of that name; throws std::out_of_range if it never ran.
  const Entry& at(std::string_view what) const;

  std::function<void(const Entry&)> on_entry;

 private:
  std::vector<Entry> entries_;
};

}  // namespace lab01
