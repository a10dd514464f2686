#include "cluster.hpp"

#include <algorithm>
#include <csignal>
#include <string>

#include "lab/error.hpp"

namespace lab06 {

using namespace std::chrono_literals;

struct Cluster::Member {
  enum class State { starting, serving, draining };
  Member(lab::uv::Loop& loop, Descriptor end, lab::Child started)
      : channel(std::move(end)), child(std::move(started)), heard(loop, channel.get()) {}

  Descriptor channel;
  lab::Child child;
  lab::uv::Poll heard;
  State state = State::starting;
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
      port_(port_of(listener_.get())) {
  for (int i = 0; i < config_.workers; ++i) start();
  const auto count = static_cast<std::size_t>(config_.workers);
  while (serving().size() < count && !members_.empty()) loop_.run(UV_RUN_ONCE);
  if (serving().size() < count) throw lab::Error("start the workers", "they ended");
  if (config_.scheme != Scheme::deal) return;
  accepting_.emplace(loop_, listener_.get());
  accepting_->start(UV_READABLE, [this] { deal(); });
}
Cluster::~Cluster() = default;

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
  lab::Child child =
      lab::Child::role("worker", {std::to_string(theirs.get()), std::to_string(listener)},
                       {.deadline = 120s, .capture = false, .inherit = inherit});
  members_.push_back(std::make_unique<Member>(loop_, std::move(ours), std::move(child)));
  Member* member = members_.back().get();
  member->replaces = replaces;
  member->heard.start(UV_READABLE, [this, member] { hear(member); });
}

void Cluster::hear(Member* member) {
  if (!receive_packet(member->channel.get())) return died(member);
  member->state = Member::State::serving;
  config_.backoff.succeeded();
  if (observers_.on_ready) observers_.on_ready(member->child.pid());
  if (Member* old = std::exchange(member->replaces, nullptr)) retire(old);
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
void Cluster::roll(std::function<void()> on_done) {
  on_rolled_ = std::move(on_done);
  std::vector<Member*> old;
  for (const auto& one : members_) {
    if (one->state == Member::State::serving) old.push_back(one.get());
  }
  rolling_ = static_cast<int>(old.size());
  for (Member* one : old) start(one);
}
void Cluster::retire(Member* member) {
  const auto same = [&](const auto& one) { return one.get() == member; };
  if (std::ranges::none_of(members_, same)) return;  // it died meanwhile
  member->state = Member::State::draining;
  static_cast<void>(send_packet(member->channel.get(), Say::drain));
}

// Step 6: the channel's end is the exit notice. Plain cluster stops here: what comes next
// is the supervisor's.
void Cluster::died(Member* member) {
  const bool asked = member->state == Member::State::draining;
  const auto place = std::ranges::find_if(
      members_, [&](const auto& one) { return one.get() == member; });
  const std::unique_ptr<Member> gone = std::move(*place);
  members_.erase(place);
  const lab::Exit& exit = gone->child.wait();
  if (observers_.on_exit) observers_.on_exit(gone->child.pid(), exit);
  if (asked && rolling_ > 0 && --rolling_ == 0 && on_rolled_) on_rolled_();
  if (!asked && config_.restart) try_again();
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
