// stream.hpp: what every stream shares: its bytes, its events, and how it ends.
//
//   alive -- destroy() --> destroyed -- release() is done, next tick --> error?, close
//
// Order     Listeners never run inside the call that causes them, where Node's do not
//           either: error, close, end, finish and resume are deferred (Ticks).
// Lifetime  A stream outlives the callbacks it has queued: keep it until its loop is
// done. Threads   One: the loop's. Errors    A stream fails once: the first error
// destroys it, later ones are ignored. Source    node:stream, as documented for Node 20:
// stream.destroy(), autoDestroy. Left out  An 'error' nobody listens to ends a Node
// process; here it waits in error().
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lab/error.hpp"

namespace lab05 {

using lab::Error;

// What a finished operation reports: nothing, or why it failed.
using Done = std::function<void(std::optional<Error>)>;

// Bytes that nobody changes, so that many may hold them: passing them on copies a
// pointer.
class Chunk {
 public:
  explicit Chunk(std::string bytes)
      : bytes_(std::make_shared<const std::string>(std::move(bytes))) {}
  std::size_t size() const { return bytes_->size(); }
  std::string_view view() const { return *bytes_; }

 private:
  std::shared_ptr<const std::string> bytes_;
};

// What is to happen after the callback that runs now, before any other: process.nextTick.
class Ticks {
 public:
  void defer(std::function<void()> job) { jobs_.push_back(std::move(job)); }

  // Runs `callback`, then all that it deferred, then all that those deferred. Every
  // callback of the loop comes in through here, as Node's do.
  void run(const std::function<void()>& callback) {
    ++depth_;
    callback();
    while (depth_ == 1 && !jobs_.empty()) {
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      job();
    }
    --depth_;
  }

 private:
  std::deque<std::function<void()>> jobs_;
  int depth_ = 0;  // run() inside run(): only the outermost call drains
};

// Something that listeners can wait for; they are called in the order in which they came.
template <class... Args>
class Event {
 public:
  using Listener = std::function<void(Args...)>;

  int operator()(Listener listener) { return add(std::move(listener), false); }
  int once(Listener listener) { return add(std::move(listener), true); }
  void off(int id) {
    change([id](auto& all) {
      std::erase_if(all, [id](auto& one) { return one.id == id; });
    });
  }
  bool empty() const { return listeners_->empty(); }

  // Calls those who listen now: whoever comes or goes meanwhile changes a copy.
  void emit(Args... args) {
    const auto now = listeners_;
    for (const auto& one : *now) {
      if (one.once) off(one.id);
      one.call(args...);
    }
  }

 private:
  struct One {
    int id;
    bool once;
    Listener call;
  };

  int add(Listener listener, bool once) {
    const int id = ++last_id_;
    change([&](auto& all) { all.push_back({id, once, std::move(listener)}); });
    return id;
  }
  void change(auto edit) {
    auto copy = std::make_shared<std::vector<One>>(*listeners_);
    edit(*copy);
    listeners_ = std::move(copy);
  }

  int last_id_ = 0;
  std::shared_ptr<const std::vector<One>> listeners_ =
      std::make_shared<const std::vector<One>>();
};

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

}  // namespace lab05
