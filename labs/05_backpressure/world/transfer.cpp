#include "world/transfer.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace lab05 {

using namespace std::chrono_literals;

void reset_connection(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  lab::check_errno(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once),
                   "make close() reset a connection");
  ::close(fd);
}

SlowReader::~SlowReader() {
  if (fd_ >= 0) ::close(fd_);
}

void SlowReader::read(std::size_t at_most) {
  static std::array<char, 256 * kKiB> trash;
  while (at_most > 0 && fd_ >= 0 && !saw_end_) {
    const ssize_t got =
        recv(fd_, trash.data(), std::min(at_most, trash.size()), MSG_DONTWAIT);
    if (got < 0 && errno != ECONNRESET) return;  // nothing there now
    saw_end_ = got <= 0;
    if (saw_end_) return;
    received_ += static_cast<std::size_t>(got);
    at_most -= static_cast<std::size_t>(got);
  }
}

void SlowReader::reset() {
  reset_connection(std::exchange(fd_, -1));
}

void FastSource::allow(std::size_t bytes) {
  allowed_ = std::min(allowed_ + bytes, std::max(bytes, chunk_));
  if (waits_for_allowance_) read_more();
}

// Step 7: how a paused source stops: read_more() is not called. What is on its way is kept,
// up to the source's own high-water mark.
void FastSource::read_more() {
  waits_for_allowance_ = false;
  if (total_ > 0 && made_ == total_) return push_end();
  if (allowed_ < chunk_) {
    waits_for_allowance_ = true;
    return;
  }
  allowed_ -= chunk_;
  made_ += chunk_;
  push(Chunk(std::string(chunk_, 'x')));
}

Transfer::Transfer(const Plan& planned)
    : plan(planned),
      source(ticks, plan.chunk, plan.total),
      outlet(ticks, loop, plan.high_water_mark, plan.kernel_buffer) {
}

// What a pump that nobody wakes comes to: the source is paused, and no drain is due.
bool Transfer::stands_still() {
  const std::size_t seen = source.made() + outlet.reader.received();
  if (std::exchange(last_seen_, seen) != seen) last_moved_ = milliseconds;
  return milliseconds - last_moved_ > static_cast<std::size_t>(plan.patience.count());
}

void Transfer::run(const std::function<void()>& on_tick) {
  lab::uv::Timer timer(loop);
  bool stuck = false;
  const auto tick = [&] {
    ++milliseconds;
    outlet.reader.read(plan.sink_rate);
    source.allow(plan.source_rate);
    on_tick();
    if (outlet.reader.saw_end()) timer.stop();
    stuck = stands_still();
    if (stuck) stop();
  };
  timer.start(
      1ms, [&] { ticks.run(tick); }, 1ms);
  loop.run();
  if (stuck)
    throw lab::Error(
        "carry the bytes",
        fmt::format("nothing has moved for {} ms: the source is {}, {} bytes "
                    "are queued, and the sink {}",
                    plan.patience.count(), source.paused() ? "paused" : "not paused",
                    queued(),
                    outlet.sink.needs_drain() ? "owes a drain" : "owes no drain"));
}

namespace {

void count(Counts& counts, Readable& source, Writable& sink) {
  // This listener comes after the pump's own, so the chunk has been written by then.
  source.on_data([&](const Chunk&) {
    ++counts.chunks;
    counts.refusals += sink.needs_drain();
    counts.longest_queue = std::max(counts.longest_queue, sink.writable_length());
  });
  const auto drained = std::make_shared<bool>(true);
  source.on_pause([&, drained] {
    if (source.ended()) return;  // pipe() has let go of its last sink
    counts.pauses.push_back(sink.writable_length());
    *drained = false;
  });
  sink.on_drain([&counts, drained] {
    ++counts.drains;
    *drained = true;
  });
  source.on_resume([&, drained] {
    if (source.ended()) return;  // as above: after a last chunk that reached the mark
    ++counts.resumes;
    counts.resumes_without_drain += !*drained;
  });
}

}  // namespace

Counts run_transfer(Way way, const Plan& plan,
                    const std::function<void(const Transfer&)>& on_tick,
                    const PumpObserver& observer) {
  Transfer transfer(plan);
  Counts counts;
  transfer.ticks.run([&] {
    carry(way, transfer.source, transfer.outlet.sink, observer);
    count(counts, transfer.source, transfer.outlet.sink);
  });
  transfer.run([&] {
    if (on_tick) on_tick(transfer);
  });
  counts.received = transfer.outlet.reader.received();
  return counts;
}

}  // namespace lab05
