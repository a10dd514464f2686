// stream.hpp: what every stream shares: its events, how it opens, and how it ends.
//
//   opening -- opened() --> open -- destroy() --> destroyed -- release() --> error?, close
//   opening -- opened(error) ----------------> destroyed
//   opening -- destroy() --> destroyed, and released once it has opened: what opens late
//                            is given back, too
//
// Order     Listeners never run inside the call that causes them, where Node's do not
//           either: error, close, end, finish and resume are deferred (Ticks).
// Lifetime  A stream outlives the callbacks it has queued: keep it until its loop is done.
// Threads   One: the loop's.
// Errors    A stream fails once: the first error destroys it, later ones are ignored.
// Source    node:stream, as documented for Node 20: stream.destroy(), autoDestroy,
//           readable._construct().
// Left out  An 'error' nobody listens to ends a Node process; here it waits in error().
#pragma once

#include <optional>

#include "lab/core/error.hpp"
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
    fails(why);
    drop_later();
    if (opening_)
      reason_ = std::move(why);
    else
      give_back(std::move(why));
  }

  Ticks& ticks() { return ticks_; }
  bool destroyed() const { return destroyed_; }
  bool released() const { return released_; }  // destroyed, and close is on its way
  bool closed() const { return closed_; }
  bool told_error() const { return told_error_; }
  const std::optional<Error>& error() const { return error_; }

  // True once the stream has done all it was there for: read to its end, or finished.
  virtual bool complete() const = 0;

 protected:
  // Gives back what the stream holds, a descriptor say, and calls `released` once.
  virtual void release(Done released) { released({}); }

  // For a constructor: nothing is read or written, and nothing released, before opened().
  void opening() { opening_ = true; }
  void opened(std::optional<Error> error = {}) {
    ticks_.defer([this, error = std::move(error)] {
      opening_ = false;
      if (destroyed_) {
        fails(error);
        give_back(reason_ ? reason_ : error);
      } else if (error) {
        destroy(error);
      } else {
        start();
      }
    });
  }
  bool is_opening() const { return opening_; }

  // It has opened: does what was asked for meanwhile.
  virtual void start() {}

  // It is destroyed: lets go of what it still keeps, in a tick.
  virtual void drop_later() {}

  // Notes the first error. Whoever notices it destroys the stream now, or in a tick.
  void fails(const std::optional<Error>& error) {
    if (!error_) error_ = error;
  }

 private:
  void give_back(std::optional<Error> why) {
    release([this, why = std::move(why)](std::optional<Error> failed) {
      fails(failed);
      released_ = true;
      ticks_.defer(
          [this, told = failed ? std::move(failed) : why] { say_goodbye(told); });
    });
  }
  void say_goodbye(const std::optional<Error>& error) {
    told_error_ = error.has_value();
    if (error) on_error.emit(*error);
    closed_ = true;
    on_close.emit();
  }

  Ticks& ticks_;
  bool opening_ = false;
  bool destroyed_ = false;
  bool released_ = false;
  bool told_error_ = false;
  bool closed_ = false;
  std::optional<Error> error_;
  std::optional<Error> reason_;  // why it was destroyed while it opened
};

}  // namespace lab
