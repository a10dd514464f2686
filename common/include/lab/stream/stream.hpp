// stream.hpp: what every stream shares: its events, and how it ends.
//
//   alive -- destroy() --> destroyed -- release() is done, next tick --> error?, close
//
// Order     Listeners never run inside the call that causes them, where Node's do not
//           either: error, close, end, finish and resume are deferred (Ticks).
// Lifetime  A stream outlives the callbacks it has queued: keep it until its loop is done.
// Threads   One: the loop's.
// Errors    A stream fails once: the first error destroys it, later ones are ignored.
// Source    node:stream, as documented for Node 20: stream.destroy(), autoDestroy.
// Left out  An 'error' nobody listens to ends a Node process; here it waits in error().
#pragma once

#include <optional>

#include "lab/error.hpp"
#include "lab/stream/chunk.hpp"
#include "lab/stream/event.hpp"
#include "lab/stream/ticks.hpp"

namespace lab {

// What a finished operation reports: nothing, or why it failed.
using Done = std::function<void(std::optional<Error>)>;

class Stream {
 public:
  explicit Stream(Ticks& ticks) : ticks_(ticks) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  Event<const Error&> on_error;
  Event<> on_close;  // comes last, and always: what the stream held has been given back

  // Gives up the stream, with the reason if it failed. Later calls do nothing.
  void destroy(std::optional<Error> why = {}) {
    if (std::exchange(destroyed_, true)) return;
    error_ = std::move(why);
    release([this] { ticks_.defer([this] { say_goodbye(); }); });
  }

  Ticks& ticks() { return ticks_; }
  bool destroyed() const { return destroyed_; }
  bool closed() const { return closed_; }
  const std::optional<Error>& error() const { return error_; }

  // True once the stream has done all it was there for: read to its end, or finished.
  virtual bool complete() const = 0;

 protected:
  // Gives back what the stream holds, a descriptor say, and calls `released` once.
  virtual void release(std::function<void()> released) { released(); }

 private:
  void say_goodbye() {
    if (error_) on_error.emit(*error_);
    closed_ = true;
    on_close.emit();
  }

  Ticks& ticks_;
  bool destroyed_ = false;
  bool closed_ = false;
  std::optional<Error> error_;
};

}  // namespace lab
