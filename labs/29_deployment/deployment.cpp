#include "deployment.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace lab29 {

std::string_view to_string(RolloutState state) {
  static constexpr std::string_view kNames[] = {"steady", "progressing", "stalled"};
  return kNames[static_cast<std::size_t>(state)];
}

Rollout::Rollout(RolloutConfig config, std::string version, RolloutObservers observers,
                 Clock::time_point now)
    : config_(config),
      observers_(std::move(observers)),
      version_(std::move(version)),
      better_since_(now) {
  if (config_.replicas < 1 || config_.max_surge < 0 || config_.max_unavailable < 0 ||
      config_.max_surge + config_.max_unavailable == 0)
    throw std::invalid_argument(
        "RolloutConfig: replicas >= 1, and a surge or an absence to replace a copy with");
  reconcile(now);
}

// Step 2: an update only changes what is wanted.
void Rollout::update(std::string version, Clock::time_point now) {
  if (version == version_) return;
  previous_ = std::exchange(version_, std::move(version));
  best_ = 0;
  better_since_ = now;
  enter(RolloutState::progressing);
  reconcile(now);
}

void Rollout::set_ready(int id, bool ready, Clock::time_point now) {
  const auto copy = std::ranges::find(copies_, id, &Copy::id);
  if (copy == copies_.end()) return;
  if (ready && !copy->ready) copy->ready_since = now;
  copy->ready = ready;
  reconcile(now);
}

void Rollout::gone(int id, Clock::time_point now) {
  std::erase_if(copies_, [&](const Copy& copy) { return copy.id == id; });
  reconcile(now);
}

void Rollout::tick(Clock::time_point now) {
  reconcile(now);
}

// Step 3: the loop that everything goes through. It does not care what happened: it looks
// at what is there, and takes the next steps towards what is wanted.
void Rollout::reconcile(Clock::time_point now) {
  stop_old(now);
  start_missing();
  judge(now);
}

// Step 4: as many new ones as are missing, within the surge.
void Rollout::start_missing() {
  const int room = config_.replicas + config_.max_surge - running();
  for (int i = std::min(room, config_.replicas - fresh()); i > 0; --i) {
    copies_.push_back({.id = ++last_id_, .version = version_});
    if (observers_.on_start) observers_.on_start(copies_.back(), lab::Where::here());
  }
}

// Step 5: of the old ones first those that are not ready, as they serve nobody. A ready one
// serves even before it counts as available, so it is stopped only if enough available ones
// are left. A new version that never gets ready stops the rollout right here.
void Rollout::stop_old(Clock::time_point now) {
  int spare = available(now) - (config_.replicas - config_.max_unavailable);
  for (const bool ready : {false, true}) {
    for (Copy& copy : copies_) {
      if (copy.stopping || copy.version == version_ || copy.ready != ready) continue;
      if (ready && spare-- <= 0) return;
      stop(copy);
    }
  }
}

void Rollout::stop(Copy& copy, lab::Where where) {
  copy.stopping = true;
  if (observers_.on_stop) observers_.on_stop(copy, where);
}

// Step 6: better is one more new copy that can serve. Without that for too long, a person
// should look.
void Rollout::judge(Clock::time_point now) {
  if (state_ == RolloutState::steady) return;
  const auto serves = [&](const Copy& copy) {
    return copy.version == version_ && is_available(copy, now);
  };
  const int done = static_cast<int>(std::ranges::count_if(copies_, serves));
  if (done > best_) {
    best_ = done;
    better_since_ = now;
    enter(RolloutState::progressing);
  }
  if (done >= config_.replicas && running() == done) return enter(RolloutState::steady);
  if (now - better_since_ >= config_.progress_deadline) enter(RolloutState::stalled);
}

void Rollout::enter(RolloutState state, lab::Where where) {
  if (std::exchange(state_, state) == state || !observers_.on_state) return;
  observers_.on_state(state, where);
}

bool Rollout::is_available(const Copy& copy, Clock::time_point now) const {
  return copy.ready && !copy.stopping && now - copy.ready_since >= config_.min_ready;
}
int Rollout::available(Clock::time_point now) const {
  return static_cast<int>(std::ranges::count_if(
      copies_, [&](const Copy& copy) { return is_available(copy, now); }));
}
int Rollout::running() const {
  return static_cast<int>(std::ranges::count(copies_, false, &Copy::stopping));
}
int Rollout::fresh() const {
  return static_cast<int>(std::ranges::count_if(copies_, [&](const Copy& copy) {
    return !copy.stopping && copy.version == version_;
  }));
}

}  // namespace lab29
