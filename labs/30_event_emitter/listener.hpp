// listener.hpp: something to be called when an event is emitted.
//
// Lifetime  Counted references. An emit in progress holds those that it will call, so a
//           listener may remove itself, or all others, while it runs.
// Threads   One. The counts are not atomic: that is most of what an emit would cost.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <concepts>
#include <string_view>
#include <utility>

namespace lab30 {

template <class T>
using Counted = boost::intrusive_ref_counter<T, boost::thread_unsafe_counter>;

// The line that added a listener.
struct Place {
  std::string_view file = "";
  unsigned line = 0;
};

class AnyListener : public Counted<AnyListener> {
 public:
  AnyListener() = default;
  AnyListener(const AnyListener&) = delete;
  AnyListener& operator=(const AnyListener&) = delete;
  virtual ~AnyListener() = default;

  // Whom off() means: a `once` answers the listener that it wraps.
  virtual const AnyListener* identity() const { return this; }

  Place added_at{};  // the latest on(): one listener may be added more than once
};

// A listener of events that carry Args. `const T&` of a `T&` is `T&`: what an event hands
// out as a reference stays one.
template <class... Args>
class Listener : public AnyListener {
 public:
  virtual void call(const Args&... args) = 0;
};

template <class... Args>
using ListenerRef = boost::intrusive_ptr<Listener<Args...>>;

// A lambda has no identity that one could remove later: this gives it one.
template <class... Args, class F>
requires std::invocable<F&, const Args&...> ListenerRef<Args...> listener(F f) {
  class Function final : public Listener<Args...> {
   public:
    explicit Function(F f) : f_(std::move(f)) {}
    void call(const Args&... args) override { f_(args...); }

   private:
    F f_;
  };
  return new Function(std::move(f));
}

}  // namespace lab30
