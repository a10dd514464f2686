// phase_probe.hpp: which phase of libuv's loop is running, seen from inside.
//
//   timers --> pending --> idle --> prepare --> poll --> pending --> check --> closing
//      ^                                                                          |
//      +--------------------------------- next turn -----------------------------+
//
// The order of callbacks is what this lab proves, so it must not be what tells the
// phases. The linker puts a function of ours in front of libuv's own uv__run_timers,
// uv__run_idle, uv__run_prepare, uv__io_poll, uv__run_check and uv_run (ld's --wrap, on
// the static libuv_a.a): nothing of libuv is changed, and nothing is guessed from handles.
//
// Threads   Each thread has its own phase: that of the loop which it runs.
// Cost      Two stores a phase; with an observer, one call more.
// Limits    uv__run_pending and uv__run_closing_handles are static in libuv and cannot be
//           wrapped. They are what runs between timers and idle, between poll and check
//           (pending), and between check and the next turn (closing).
// Source    libuv's src/unix/core.c, uv_run(); the same from 1.44 to 1.52 in DEFAULT mode.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lab01 {

enum class Phase { outside, timers, pending, idle, prepare, poll, check, closing };

std::string_view name(Phase phase);

// The phase in which this thread's loop is now. `outside`: it is not running.
Phase phase_now();

// How often this thread's loops have come round: a turn ends with its closing phase.
std::uint64_t turn_now();

// While it lives, tells `on_enter` of each phase that this thread's loop enters; one at a
// time. The observer must not run the loop.
class PhaseProbe {
 public:
  explicit PhaseProbe(std::function<void(Phase)> on_enter);
  PhaseProbe(const PhaseProbe&) = delete;
  PhaseProbe& operator=(const PhaseProbe&) = delete;
  ~PhaseProbe();
};

// What ran, in its order, and in which phase and turn it truly was.
class PhaseLog {
 public:
  struct Entry {
    std::string what;
    Phase phase;
    std::uint64_t turn;
  };

  void add(std::string what);
  const std::vector<Entry>& entries() const { return entries_; }

  // Told of each entry when it is added.
  std::function<void(const Entry&)> on_entry;

  // "timer > check > close"
  std::string order() const;
  // The entry of that name; throws std::out_of_range if it never ran.
  const Entry& at(std::string_view what) const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace lab01
