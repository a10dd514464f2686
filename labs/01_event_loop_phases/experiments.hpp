// experiments.hpp: the small loops whose behaviour this lab measures.
//
// Each builds a loop of its own, runs it to its end and answers what happened; none knows
// of the trace. ring.cpp: what runs in which phase. waiting.cpp: what the loop does while
// nothing runs. order.cpp: timers, immediates, and who comes first.
//
// Errors    What libuv refuses throws lab::Error.
#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "phase_probe.hpp"

namespace lab01 {

// --- ring.cpp ---

// One turn in which every phase has something to do: writes timer, pending, idle,
// prepare, poll, check, close, in whichever order they come.
void one_turn(uv_run_mode mode, PhaseLog& log);

// A callback in poll starts a timer that is due at once. Writes poll, check, timer, and
// `returned` where uv_run came back.
void timer_started_in_poll(uv_run_mode mode, PhaseLog& log);

// From a callback in `start` (timers, prepare, poll or check) connects to a unix socket
// that is not there: writes start, then `refused` where the callback came, and a mark for
// each idle and check on the way.
void failed_connect(Phase start, PhaseLog& log);

// The textbook's example of the pending phase: a TCP connection that nobody accepts,
// started in check. Writes the same.
void refused_tcp(PhaseLog& log);

// Two check callbacks, of which the first closes a live handle, and a timer that is due:
// writes check 1, check 2, close, timer.
void close_from_check(PhaseLog& log);

// --- waiting.cpp ---

struct Overlap {
  int answered = 0;
  std::chrono::milliseconds wall{};
  int threads_before = 0;
  int threads_during = 0;
};
// So many connections to a server on the same loop, which answers each after `delay`.
Overlap overlapping_waits(int connections, std::chrono::milliseconds delay);

struct ThreadIds {
  std::set<int> of_callbacks;  // timer, socket, close, and completion of pool work
  int of_pool_work = 0;
  int threads_after = 0;  // of the process, once the pool has been used
};
ThreadIds threads_of_callbacks();

struct HeldPool {
  bool echoed = false;       // over TCP, while every thread of the pool was held
  bool file_waited = false;  // a stat was still not done then
  bool file_done = false;    // and was, once the threads were let go
};
// Holds the four threads by opening FIFOs, made in `folder`, that nobody writes to yet.
HeldPool pool_held(const std::filesystem::path& folder);

struct Sleep {
  std::chrono::microseconds wall{};
  std::chrono::microseconds idle{};  // what libuv counts as spent waiting in poll
  std::chrono::microseconds cpu{};
  std::uint64_t turns = 0;
  std::uint64_t idle_calls = 0;
  std::uint64_t prepare_calls = 0;
};
// Waits for one timer; with an idle handle active, or without.
Sleep wait_for_timer(std::chrono::milliseconds delay, bool with_idle);

struct Timeout {
  std::string active;  // what the loop has to do
  int timeout = 0;     // ms that poll would sleep; -1: until something happens
};
std::vector<Timeout> backend_timeouts();

// --- order.cpp ---

// setTimeout(0) and setImmediate from the main program, which then works for `busy`
// before the loop starts. Answers "timeout immediate" or "immediate timeout".
std::string from_main(std::chrono::microseconds busy);

// The same from a callback in poll.
std::string from_io();

struct Punctuality {
  int fired = 0;
  int early = 0;                                 // by the loop's own clock
  int outside_timers = 0;                        // fired in another phase
  std::chrono::microseconds earliest_by_wall{};  // lateness; negative: before its time
  std::chrono::microseconds latest{};
};
Punctuality punctuality(int timers);

struct Twin {
  std::string name;
  std::string order;
};
// The scenes of node.mjs, on libuv.
std::vector<Twin> node_scenes();

}  // namespace lab01
