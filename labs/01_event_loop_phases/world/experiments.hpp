// experiments.hpp: the small loops whose behaviour this lab measures.
//
// Each builds a loop of its own, runs it to its end and returns what happened. turns.cpp:
// what runs in which phase. waits.cpp: what the loop does while nothing runs. orders.cpp:
// timers, immediates, and which comes first.
//
// Errors    What libuv refuses throws lab::Error.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "event_loop_phases.hpp"

namespace lab01 {

// --- turns.cpp ---

// One iteration in which every phase has something to do. Logs timer, pending, idle,
// prepare, poll, check and close, in whichever order they come.
void one_iteration(PhaseLog& log);

// From a callback in `start` (timers, prepare, poll or check) connects to a unix socket
// that is not there. Logs start, then `refused` where the callback came, and each idle and
// check on the way.
void failed_connect(Phase start, PhaseLog& log);

// The textbook's example of the pending phase: a TCP connection that nobody accepts,
// started in check. Logs the same.
void refused_tcp(PhaseLog& log);

// Two check callbacks, of which the first closes a live handle, and a timer that is due.
// Logs check 1, check 2, close, timer.
void close_from_check(PhaseLog& log);

// --- waits.cpp ---

struct Overlap {
  int answered = 0;
  std::chrono::milliseconds wall{};
  int threads_before = 0;
  int threads_during = 0;
};
// This many connections to a server on the same loop, which answers each after `delay`.
Overlap overlapping_waits(int connections, std::chrono::milliseconds delay);

struct ThreadIds {
  std::set<int> of_callbacks;  // timer, socket, close, and completion of pool work
  int of_pool_work = 0;
  int threads_after = 0;  // of the process, once the pool has been used
};
ThreadIds threads_of_callbacks();

struct HeldPool {
  bool tcp_answered = false;  // while every thread of the pool was held
  bool file_waited = false;   // a stat was still not done then
  bool file_done = false;     // and it was done once the threads were free
};
HeldPool pool_held();

struct Sleep {
  std::chrono::microseconds wall{};
  std::chrono::microseconds in_poll{};  // what libuv counts as idle in poll
  std::chrono::microseconds cpu{};
  std::uint64_t iterations = 0;
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

// --- orders.cpp ---

// Told of each callback that runs, with its phase.
using Seen = std::function<void(const PhaseLog::Entry&)>;

// setTimeout(0) and setImmediate from the main program, which then works for `busy`
// before the loop starts. Returns "timeout > immediate" or "immediate > timeout".
std::string from_main(std::chrono::microseconds busy, const Seen& seen = {});

// The same from a callback in poll.
std::string from_io();

struct Range {
  std::chrono::microseconds least{}, most{};
};
struct Punctuality {
  int fired = 0;
  int outside_timers = 0;  // fired in another phase
  Range late_by_loop;      // by the loop's clock; negative: before its time
  Range late_by_wall;      // by a finer clock
};
Punctuality punctuality(int timers);

struct Twin {
  std::string name;
  std::function<std::string(const Seen&)> play;  // returns the order
};
// The scenes of node.mjs, on libuv.
std::vector<Twin> node_scenes();

}  // namespace lab01
