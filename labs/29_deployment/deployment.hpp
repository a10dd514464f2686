// deployment.hpp: keeps so many copies of an app ready, and replaces them one by one.
//
//   steady      -- update() ------------------------------------> progressing
//   progressing -- every copy is of the new version, available --> steady
//   progressing -- nothing got better for progress_deadline -----> stalled
//   stalled     -- it got better after all, or another update() -> progressing
//
// It is told what happened, compares that with what is wanted, and says who starts and who
// is stopped. A copy that was told to stop gets no more requests, but counts no more either.
//
// Units     Time is std::chrono, and comes with each call.
// Threads   None: a plain state machine. Observers are called before the call returns, and
//           may not call back.
// Errors    A Config that could never replace a copy throws std::invalid_argument.
// Cost      Each call looks at every copy.
// Source    Kubernetes' Deployment: maxSurge, maxUnavailable, minReadySeconds,
//           progressDeadlineSeconds. Its controller, too, only marks a rollout as failed:
//           that the update is undone is somebody else's decision.
// Left out  Back-off of copies that crash, scaling, pausing, percentages, canaries, and a
//           limit for old copies that are not ready: Kubernetes stops only some at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/core/where.hpp"

namespace lab29 {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Step 1: the contract. At no moment are there more than replicas + max_surge copies, and
// never does an update stop a ready one if fewer than replicas - max_unavailable available
// ones would be left.
struct RolloutConfig {
  int replicas = 3;
  int max_surge = 1;
  int max_unavailable = 1;
  milliseconds min_ready{0};  // a copy counts once it has been ready for so long
  milliseconds progress_deadline{10'000};
};

enum class RolloutState : std::uint8_t { steady, progressing, stalled };
std::string_view to_string(RolloutState state);

struct Copy {
  int id;  // 1, 2, ... in the order of their start
  std::string version;
  bool ready = false;
  bool stopping = false;
  Clock::time_point ready_since{};
};

// The first two are orders: whoever runs the copies must carry them out.
struct RolloutObservers {
  std::function<void(const Copy&, lab::Where)> on_start{};
  std::function<void(const Copy&, lab::Where)> on_stop{};  // drain it, and end it
  std::function<void(RolloutState, lab::Where)> on_state{};
};

class Rollout {
 public:
  Rollout(RolloutConfig config, std::string version, RolloutObservers observers,
          Clock::time_point now);

  // What is wanted: all copies of this version. roll_back() is an update to the version
  // before.
  void update(std::string version, Clock::time_point now);
  void roll_back(Clock::time_point now) { update(previous_, now); }

  // What happened: a copy's readiness changed, a copy has ended, or just time has passed.
  // Of a copy that it does not know, it is told in vain.
  void set_ready(int id, bool ready, Clock::time_point now);
  void gone(int id, Clock::time_point now);
  void tick(Clock::time_point now);

  RolloutState state() const { return state_; }
  const std::string& version() const { return version_; }
  const std::vector<Copy>& copies() const { return copies_; }  // until they have ended
  int available(Clock::time_point now) const;

 private:
  bool is_available(const Copy& copy, Clock::time_point now) const;
  int running() const;
  int fresh() const;
  void reconcile(Clock::time_point now);
  void start_missing();
  void stop_old(Clock::time_point now);
  void stop(Copy& copy, lab::Where where = lab::Where::here());
  void judge(Clock::time_point now);
  void enter(RolloutState state, lab::Where where = lab::Where::here());

  const RolloutConfig config_;
  const RolloutObservers observers_;
  std::string version_;
  std::string previous_ = version_;
  RolloutState state_ = RolloutState::steady;
  std::vector<Copy> copies_{};
  int last_id_ = 0;
  int best_ = 0;  // the most new copies that were available at once
  Clock::time_point better_since_;
};

}  // namespace lab29
