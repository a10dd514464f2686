#include "cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "lab/error.hpp"
#include "lab/loopback.hpp"
#include "lab/trace.hpp"

namespace lab06 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Cluster::Member {
  enum class State { starting, serving, draining };
  Member(lab::uv::Loop& loop, Descriptor end, lab::Child started)
      : channel(std::move(end)),
        child(std::move(started)),
        heard(loop, channel.get()),
        lane(fmt::format("worker {}", child.pid())) {}

  Descriptor channel;
  lab::Child child;
  lab::uv::Poll heard;
  std::string lane;
  State state = State::starting;
  Clock::time_point serves_since{};
  Member* replaces = nullptr;
};

std::optional<milliseconds> Backoff::next() {
  if (failures_ >= tries_) return std::nullopt;
  return std::min(first_ * (1 << std::min(failures_++, 20)), most_);
}

Cluster::Cluster(lab::uv::Loop& loop, ClusterConfig config, ClusterObservers observers)
    : loop_(loop),
      config_(config),
      observers_(std::move(observers)),
      listener_(listen_on(0, config.scheme == Scheme::reuse_port)),
      port_(lab::loopback::port_of(listener_)) {
  for (int i = 0; i < config_.workers; ++i) start();
  const auto count = static_cast<std::size_t>(config_.workers);
  while (serving().size() < count && !members_.empty()) loop_.run(UV_RUN_ONCE);
  if (serving().size() < count) throw lab::Error("start the workers", "they ended");
  if (config_.scheme != Scheme::deal) return;
  accepting_.emplace(loop_, listener_.get());
  accepting_->start(UV_READABLE, [this] { deal(); });
}

Cluster::~Cluster() {
  for (auto& member : members_) {
    const std::string lane = member->lane;
    member.reset();  // kills the worker
    lab::trace::state(lane, "gone");
  }
}

std::vector<pid_t> Cluster::serving() const {
  std::vector<pid_t> pids;
  for (const auto& one : members_) {
    if (one->state == Member::State::serving) pids.push_back(one->child.pid());
  }
  return pids;
}

// Step 3: a worker is born with its channel, and with a listener unless the primary deals.
void Cluster::start(Member* replaces) {
  auto [ours, theirs] = channel();
  std::vector<int> inherit{theirs.get()};
  Descriptor own;
  int listener = -1;
  if (config_.scheme == Scheme::inherit) listener = listener_.get();
  if (config_.scheme == Scheme::reuse_port) {
    // The first takes the socket that found the port: nobody else would accept on it.
    own = listener_.get() >= 0 ? std::move(listener_) : listen_on(port_, true);
    listener = own.get();
  }
  if (listener >= 0) inherit.push_back(listener);
  lab::Child child = lab::Child::role(
      config_.role, {std::to_string(theirs.get()), std::to_string(listener)},
      {.deadline = 120s, .capture = false, .inherit = inherit});
  members_.push_back(std::make_unique<Member>(loop_, std::move(ours), std::move(child)));
  Member* member = members_.back().get();
  member->replaces = replaces;
  member->heard.start(UV_READABLE, [this, member] { hear(member); });
}

void Cluster::hear(Member* member) {
  if (!receive_packet(member->channel.get())) return died(member);
  member->state = Member::State::serving;
  member->serves_since = Clock::now();
  lab::trace::state(member->lane, "serving");
  if (observers_.on_ready) observers_.on_ready(member->child.pid());
  if (Member* old = std::exchange(member->replaces, nullptr)) retire(*old);
}

// Step 4: round robin. The unit is the connection, whatever comes over it later.
void Cluster::deal() {
  const Descriptor connection = accept_from(listener_.get());
  if (connection.get() < 0) return;
  ++accepted_;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    Member& one = *members_[turn_++ % members_.size()];
    if (one.state == Member::State::serving &&
        send_packet(one.channel.get(), Say::connection, connection.get()))
      return;
  }
}

// Step 5: a rolling replacement: the successor is ready before the old one stops.
void Cluster::roll(std::function<void(int)> on_done) {
  on_rolled_ = std::move(on_done);
  stayed_ = 0;
  std::vector<Member*> old;
  for (const auto& one : members_) {
    if (one->state == Member::State::serving) old.push_back(one.get());
  }
  rolling_ = static_cast<int>(old.size());
  for (Member* one : old) start(one);
}
void Cluster::retire(Member& member) {
  member.state = Member::State::draining;
  lab::trace::state(member.lane, "draining");
  static_cast<void>(send_packet(member.channel.get(), Say::drain));
}

void Cluster::replaced(bool stays) {
  stayed_ += stays;
  if (--rolling_ == 0 && on_rolled_) on_rolled_(stayed_);
}

// Step 6: the channel's end is the exit notice. Plain cluster stops here: what comes next
// is the supervisor's. While workers are replaced, three deaths need no new start: of an old
// one that was asked to leave, of one whose successor is on its way, and of a successor.
void Cluster::died(Member* member) {
  const auto place = std::ranges::find(members_, member, &std::unique_ptr<Member>::get);
  const std::unique_ptr<Member> gone = std::move(*place);
  members_.erase(place);
  const lab::Exit& exit = gone->child.wait();
  lab::trace::state(gone->lane, "gone");
  if (observers_.on_exit) observers_.on_exit(gone->child.pid(), exit);
  if (gone->replaces) return replaced(true);
  if (gone->state == Member::State::draining) return replaced(false);
  const auto successor = std::ranges::find(members_, gone.get(),
                                           [](const auto& one) { return one->replaces; });
  if (successor != members_.end()) {
    (*successor)->replaces = nullptr;
    return replaced(false);
  }
  if (gone->state == Member::State::serving &&
      Clock::now() - gone->serves_since >= config_.lasting)
    config_.backoff.lasted();
  if (config_.restart) try_again();
}

void Cluster::try_again() {
  const auto delay = config_.backoff.next();
  if (!delay) {
    if (observers_.on_give_up) observers_.on_give_up();
    return;
  }
  if (observers_.on_back_off) observers_.on_back_off(*delay);
  waits_.push_back(std::make_unique<lab::uv::Timer>(loop_));
  waits_.back()->start(*delay, [this] { start(); });
}

}  // namespace lab06
