// pulse.hpp: one job on a loop, seen from inside the loop and from outside.
//
//   this thread    a loop with a timer of 5 ms: its pulse
//   another one    a clock that also ticks every 5 ms
//
// The clock outside makes the claims independent of the machine: "no beat of the loop, in 20
// of the clock" holds on a busy machine too, where milliseconds mean little.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <string>

#include "blocking.hpp"
#include "lab/uv/immediates.hpp"
#include "worker.hpp"

namespace lab23 {

inline constexpr std::chrono::milliseconds kBeat{5};

// Replies "pong" to whatever a client says.
class PongServer {
 public:
  explicit PongServer(lab::uv::Loop& loop);
  std::uint16_t port() { return listener_.port(); }

 private:
  lab::uv::Loop& loop_;
  std::list<lab::uv::Tcp> clients_;
  lab::uv::Listener listener_;
};

// What a job finds on its loop.
struct Backend {
  lab::uv::Loop loop;
  lab::uv::Immediates immediates{loop};
  Ticks ticks;
  Worker worker{loop};
  PongServer server{loop};
  int slices = 1;
};

struct Pulse {
  int beats = 0;        // of the loop, while the job lasted
  int clock_beats = 0;  // of the clock outside, in the same time
  int slices = 0;
  std::uint64_t result = 0;

  // A free loop beats more often than 3 times in 100 ms even on a busy machine.
  bool stopped() const { return beats == 0 && clock_beats >= 3; }
  bool kept_going() const { return beats >= 3; }
};

using Done = std::function<void(std::uint64_t result)>;
using Job = std::function<void(Backend&, Done)>;

struct Outside {
  std::function<void(int beats)>
      on_clock;                   // at each beat of the clock while the job runs
  std::function<bool()> may_end;  // false: the loop goes on, though the job is over
};

// Runs a job, and counts beats until it calls Done. `lane` is where the trace shows it.
Pulse pulse_during(const std::string& lane, const Job& job, const Outside& outside = {});

// A sum in slices; the rest waits where `queue` puts it.
enum class Queue { ticks, immediates };
Job sliced_sum(std::uint64_t steps, std::chrono::nanoseconds slice, Queue queue);

}  // namespace lab23
