#include "cluster.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <string>

#include "lab/core/error.hpp"
#include "lab/net/loopback.hpp"

namespace lab06 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using lab::Where;

struct Cluster::Worker {
  Worker(lab::uv::Loop& loop, int number, Descriptor end, lab::Child started)
      : id(number),
        channel(std::move(end)),
        child(std::move(started)),
        heard(loop, channel.get()) {}

  const int id;
  Descriptor channel;
  lab::Child child;
  lab::uv::Poll heard;
  WorkerState state = WorkerState::starting;
  Clock::time_point serves_since{};
  int untaken = 0;  // connections that were passed, and that it has not taken yet
  Worker* replaces = nullptr;
};

std::string_view to_string(WorkerState state) {
  static constexpr std::string_view kNames[] = {"starting", "serving", "draining",
                                                "gone"};
  return kNames[static_cast<std::size_t>(state)];
}

std::optional<milliseconds> Backoff::next() {
  if (failures_ >= tries_) return std::nullopt;
  return std::min(first_ * (1 << std::min(failures_++, 20)), most_);
}

Cluster::Cluster(lab::uv::Loop& loop, ClusterConfig config, ClusterObservers observers)
    : loop_(loop),
      config_(std::move(config)),
      observers_(std::move(observers)),
      listener_(listen_on(0, config_.scheme == Scheme::reuse_port)),
      port_(lab::loopback::port_of(listener_)) {
  for (int i = 0; i < config_.workers; ++i) start();
  const auto count = static_cast<std::size_t>(config_.workers);
  while (serving().size() < count && !workers_.empty()) loop_.run(UV_RUN_ONCE);
  if (serving().size() < count) throw lab::Error("start the workers", "they ended");
  if (config_.scheme != Scheme::deal) return;
  accepting_.emplace(loop_, listener_.get());
  accepting_->start(UV_READABLE, [this] { deal(); });
}

Cluster::~Cluster() {
  for (auto& worker : workers_) {
    enter(*worker, WorkerState::gone);
    worker.reset();  // kills it
  }
}

std::vector<pid_t> Cluster::serving() const {
  std::vector<pid_t> pids;
  for (const auto& one : workers_) {
    if (one->state == WorkerState::serving) pids.push_back(one->child.pid());
  }
  return pids;
}

// Step 4: a worker starts with its channel, and with a listener unless the primary accepts.
void Cluster::start(Worker* replaces) {
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
  const int id = ++last_id_;
  lab::Child child = lab::Child::role(
      config_.role,
      {std::to_string(theirs.get()), std::to_string(listener), std::to_string(id)},
      {.deadline = 120s, .capture = false, .inherit = inherit});
  workers_.push_back(
      std::make_unique<Worker>(loop_, id, std::move(ours), std::move(child)));
  Worker* worker = workers_.back().get();
  worker->replaces = replaces;
  worker->heard.start(UV_READABLE, [this, worker] { hear(worker); });
  enter(*worker, WorkerState::starting);
}

void Cluster::hear(Worker* worker) {
  const auto packet = receive_packet(worker->channel.get());
  if (!packet) return died(worker);
  if (packet->say == Say::taken) --worker->untaken;
  if (packet->say == Say::ready) ready(*worker);
  if (!accepting_ || !std::exchange(all_full_, false)) return;
  accepting_->start(UV_READABLE, [this] { deal(); });
  if (undealt_.get() >= 0) deal();
}

void Cluster::ready(Worker& worker) {
  worker.serves_since = Clock::now();
  enter(worker, WorkerState::serving);
  Worker* old = std::exchange(worker.replaces, nullptr);
  if (!old) return;
  enter(*old, WorkerState::draining);
  // False if it has just died, as its channel is about to say.
  static_cast<void>(send_packet(old->channel.get(), Say::drain));
}

// Step 5: round robin. It distributes connections, however many requests each carries. If a
// connection has been accepted and no worker can take it, it is kept, because closing it
// would reset its client.
void Cluster::deal() {
  Worker* next = next_in_turn();
  if (next && undealt_.get() < 0) {
    undealt_.reset(
        accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (undealt_.get() < 0) return;  // its client has left again
    ++accepted_;
  }
  while (next && !send_packet(next->channel.get(), Say::connection, undealt_.get())) {
    next->untaken =
        config_.untaken_limit;  // full, or just dead: then its channel says so
    next = next_in_turn();
  }
  all_full_ = !next;
  if (all_full_) return accepting_->stop();
  undealt_.reset();
  ++next->untaken;
  if (observers_.on_deal) observers_.on_deal(next->id, Where::here());
}

// A worker that hangs takes nothing, so after a few connections it is passed over.
Cluster::Worker* Cluster::next_in_turn() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    Worker& one = *workers_[turn_++ % workers_.size()];
    if (one.state == WorkerState::serving && one.untaken < config_.untaken_limit)
      return &one;
  }
  return nullptr;
}

// Step 6: a rolling replacement: the successor is ready before the old worker stops.
void Cluster::roll(std::function<void(int)> on_done) {
  on_rolled_ = std::move(on_done);
  stayed_ = 0;
  std::vector<Worker*> old;
  for (const auto& one : workers_) {
    if (one->state == WorkerState::serving) old.push_back(one.get());
  }
  rolling_ = static_cast<int>(old.size());
  for (Worker* one : old) {
    try {
      start(one);
    } catch (const lab::Error&) {
      replaced(true);  // out of processes or descriptors
    }
  }
}

void Cluster::replaced(bool stays) {
  stayed_ += stays;
  if (--rolling_ == 0 && on_rolled_) on_rolled_(stayed_);
}

// Step 7: the channel's end is the exit notice. Plain cluster stops here: what comes next
// is the supervisor's work.
void Cluster::died(Worker* worker) {
  const auto place = std::ranges::find(workers_, worker, &std::unique_ptr<Worker>::get);
  const std::unique_ptr<Worker> gone = std::move(*place);
  workers_.erase(place);
  const lab::Exit& exit = gone->child.wait();
  const WorkerState before = gone->state;
  enter(*gone, WorkerState::gone);
  if (observers_.on_exit) observers_.on_exit(gone->child.pid(), exit);
  if (gone->replaces) return replaced(true);
  if (before == WorkerState::draining || release_successor(*gone)) return replaced(false);
  if (before == WorkerState::serving &&
      Clock::now() - gone->serves_since >= config_.lasting)
    config_.backoff.lasted();
  if (config_.restart) try_again();
}

// True if there is one, which replaces nobody from now on.
bool Cluster::release_successor(const Worker& gone) {
  const auto successor =
      std::ranges::find(workers_, &gone, [](const auto& one) { return one->replaces; });
  if (successor == workers_.end()) return false;
  (*successor)->replaces = nullptr;
  return true;
}

// Step 8: wait longer each time, and give up. "Ready" proves little: only a worker that has
// stayed up for a while makes the waits short again.
void Cluster::try_again() {
  const auto delay = config_.backoff.next();
  if (!delay) {
    if (observers_.on_give_up) observers_.on_give_up(Where::here());
    return;
  }
  if (observers_.on_back_off) observers_.on_back_off(*delay, Where::here());
  const auto wait = waits_.emplace(waits_.end(), loop_);
  wait->start(*delay, [this, wait] {
    waits_.erase(wait);
    try {
      start();
    } catch (const lab::Error&) {
      try_again();  // out of processes or descriptors: one more failed start
    }
  });
}

void Cluster::enter(Worker& worker, WorkerState state, Where where) {
  worker.state = state;
  if (observers_.on_state)
    observers_.on_state({worker.id, worker.child.pid(), state, where});
}

}  // namespace lab06
