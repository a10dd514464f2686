#include "world.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace lab05 {

using namespace std::chrono_literals;

namespace {

int checked(int result, std::string_view tried) {
  return static_cast<int>(lab::check_errno(result, tried));
}

}  // namespace

void reset_connection(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  checked(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), "set linger");
  ::close(fd);
}

void SlowReader::read(std::size_t at_most) {
  static std::array<char, 256 * kKiB> trash;
  while (at_most > 0 && fd_ >= 0 && !saw_end_) {
    const ssize_t got =
        recv(fd_, trash.data(), std::min(at_most, trash.size()), MSG_DONTWAIT);
    if (got < 0 && errno != ECONNRESET) return;  // nothing there now
    if (got <= 0) {
      saw_end_ = true;
      return;
    }
    received_ += static_cast<std::size_t>(got);
    at_most -= static_cast<std::size_t>(got);
  }
}

void SlowReader::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void SlowReader::reset() {
  reset_connection(std::exchange(fd_, -1));
}

void FastSource::allow(std::size_t bytes) {
  allowed_ = std::min(allowed_ + bytes, std::max(bytes, options_.chunk));
  if (asked_) read_more();
}

// Step 2: how a source is stopped: it is not asked. While nobody wants more, `read_more` is
// not called; what is on its way is kept, up to the source's own mark.
void FastSource::read_more() {
  asked_ = false;
  if (options_.total > 0 && made_ == options_.total) return push_end();
  if (allowed_ < options_.chunk) {
    asked_ = true;
    return;
  }
  allowed_ -= options_.chunk;
  made_ += options_.chunk;
  push(Chunk(std::string(options_.chunk, 'x')));
}

World::World(const Plan& planned)
    : plan(planned),
      source(ticks, {.chunk = plan.chunk, .total = plan.total}),
      outlet(ticks, loop, plan.high_water_mark, plan.kernel_buffer) {
}

void World::run(const std::function<void()>& on_tick) {
  lab::uv::Timer time(loop);
  const auto tick = [&] {
    ++milliseconds;
    outlet.reader.read(plan.sink_rate);
    source.allow(plan.source_rate);
    on_tick();
    if (outlet.reader.saw_end()) time.stop();
  };
  time.start(
      1ms, [&] { ticks.run(tick); }, 1ms);
  loop.run();
}

}  // namespace lab05
