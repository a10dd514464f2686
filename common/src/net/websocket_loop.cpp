#include <algorithm>

#include "net/websocket_parts.hpp"

namespace lab::websocket {

using std::chrono::milliseconds;

Loop::Loop() : impl_(std::make_unique<Impl>()) {
}

// With every socket dropped and every timer cancelled all operations are ready to end, and
// with them go their references to connections. (Not run(): the idle timer of a connection
// that somebody still holds is work, too.)
Loop::~Loop() {
  abandon_all(impl_->context->sockets);
  for (const auto& timer : std::exchange(impl_->timers, {})) timer->cancel();
  for (const Watched& watched : impl_->watched) watched.descriptor->release();
  impl_->context->restart();
  impl_->context->poll();
}

void Loop::turn(milliseconds at_most) {
  for (Watched& watched : impl_->watched) {
    if (std::exchange(watched.armed, true)) continue;
    // A new wait looks at the descriptor again, so nothing that was left is missed. Not
    // armed again at once: whoever reads the descriptor does so after this turn.
    watched.descriptor->async_wait(
        asio::posix::stream_descriptor::wait_read,
        [armed = &watched.armed](const error_code&) { *armed = false; });
  }
  impl_->context->restart();
  impl_->context->run_one_for(at_most);  // for no time at all it does not even look
  impl_->context->poll();
}

bool Loop::run_until(const std::function<bool()>& done, milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!done()) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= left.zero()) return false;
    turn(std::chrono::ceil<milliseconds>(left));
  }
  return true;
}

void Loop::after(milliseconds delay, std::function<void()> call) {
  const auto timer =
      *impl_->timers.insert(std::make_shared<asio::steady_timer>(*impl_->context, delay))
           .first;
  // The timer holds this callback, and the set holds the timer: a weak link back.
  timer->async_wait([this, weak = std::weak_ptr(timer),
                     call = std::move(call)](const error_code& error) {
    if (error) return;  // cancelled: the loop is going
    impl_->timers.erase(weak.lock());
    call();
  });
}

void Loop::wake_on(int fd) {
  impl_->watched.push_back(
      {std::make_unique<asio::posix::stream_descriptor>(*impl_->context, fd)});
}

}  // namespace lab::websocket
