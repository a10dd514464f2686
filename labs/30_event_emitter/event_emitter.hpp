// event_emitter.hpp: Node's EventEmitter, with events that have types.
//
//   inline constexpr Event<std::string_view> data{"data"};
//   emitter.on(data, [](std::string_view bytes) { ... });
//   emitter.emit(data, "hello");      // calls them, here and now; true if any listened
//
// Order     As added; prepend() puts in front. An emit inside a listener comes first.
// Changes   emit() calls those that listened when it began. What is added or removed
//           meanwhile counts from the next one.
// Errors    emit(error, e) with nobody listening throws e. What a listener throws comes
//           out of emit(), and the listeners behind it are not called.
// Async     What a listener returns is ignored, but for a Promise: with
//           capture_rejections, its rejection becomes an `error`, later.
// Threads   One, and no loop: an emit is a function call (see ListenerTable).
// Lifetime  A listener may destroy the emitter while it emits: the emit goes on.
// Cost      A look at the table, then one virtual call a listener; no allocation.
// Source    Node's documented `events`; tests/conformance plays random scripts on both.
// Left out  rawListeners, symbols in event_names(), EventTarget, async iterators.
#pragma once

#include <exception>
#include <memory>
#include <stdexcept>
#include <type_traits>

#include "listener_table.hpp"
#include "promise.hpp"
#include "subscription.hpp"

namespace lab30 {

// An `error` that carried no exception, and that nobody listened to.
class UnhandledError : public std::runtime_error {
 public:
  UnhandledError() : std::runtime_error("unhandled `error` event") {}
};

struct EmitterOptions {
  std::size_t max_listeners = 10;
  std::function<void(const LeakWarning&)> on_warning{};

  // Queues a call until the stack is empty. If set, rejections are captured, by way of it.
  std::function<void(std::function<void()>)> capture_rejections{};
};

class EventEmitter {
 public:
  explicit EventEmitter(EmitterOptions options = {});
  EventEmitter(const EventEmitter&) = delete;
  EventEmitter& operator=(const EventEmitter&) = delete;
  virtual ~EventEmitter() { table_->clear(); }

  // Each takes a function, or a listener() that may be added more than once, and answers
  // the listener for off().
  template <class... Args, class F>
  ListenerRef<Args...> on(const Event<Args...>& event, F f,
                          Place at = {__builtin_FILE(), __builtin_LINE()}) {
    return add(event, as_listener<Args...>(std::move(f)), ListenerTable::End::back, at);
  }
  template <class... Args, class F>
  ListenerRef<Args...> prepend(const Event<Args...>& event, F f,
                               Place at = {__builtin_FILE(), __builtin_LINE()}) {
    return add(event, as_listener<Args...>(std::move(f)), ListenerTable::End::front, at);
  }
  template <class... Args, class F>
  ListenerRef<Args...> once(const Event<Args...>& event, F f,
                            Place at = {__builtin_FILE(), __builtin_LINE()}) {
    auto wanted = as_listener<Args...>(std::move(f));
    add(event, only_once(event, wanted), ListenerTable::End::back, at);
    return wanted;
  }
  template <class... Args, class F>
  ListenerRef<Args...> prepend_once(const Event<Args...>& event, F f,
                                    Place at = {__builtin_FILE(), __builtin_LINE()}) {
    auto wanted = as_listener<Args...>(std::move(f));
    add(event, only_once(event, wanted), ListenerTable::End::front, at);
    return wanted;
  }

  template <class... Args>
  void off(const Event<Args...>& event, const ListenerRef<Args...>& listener) {
    table_->remove(event, *listener);
  }
  void off_all(const AnyEvent& event) { table_->remove_all(event); }
  void off_all() { table_->remove_all(); }

  // The C++ way: who listens owns the listening.
  template <class... Args, class F>
  Subscription subscribe(const Event<Args...>& event, F f,
                         Place at = {__builtin_FILE(), __builtin_LINE()});

  // Step 1: an emit is a function call.
  template <class... Args>
  bool emit(const Event<Args...>& event, const std::type_identity_t<Args>&... args) {
    if constexpr (std::is_same_v<Event<Args...>, Event<std::exception_ptr>>) {
      if (&event == &error) return emit_error(table_, args...);
    }
    return table_->call(event, args...);
  }

  std::size_t listener_count(const AnyEvent& event) const { return table_->count(event); }
  std::vector<std::string_view> event_names() const { return table_->names(); }
  void set_max_listeners(std::size_t most) { table_->max_listeners = most; }

 private:
  using Table = boost::intrusive_ptr<ListenerTable>;

  template <class... Args, class F>
  ListenerRef<Args...> as_listener(F f) {
    if constexpr (std::is_convertible_v<F, ListenerRef<Args...>>) {
      return f;
    } else if constexpr (std::is_same_v<std::invoke_result_t<F&, const Args&...>,
                                        Promise>) {
      return listener<Args...>(
          [f = std::move(f), table = table_](const Args&... args) mutable {
            settle(table, f(args...));
          });
    } else {
      return listener<Args...>(std::move(f));
    }
  }

  template <class... Args>
  ListenerRef<Args...> only_once(const Event<Args...>& event,
                                 const ListenerRef<Args...>& wanted);

  template <class... Args>
  ListenerRef<Args...> add(const AnyEvent& event, ListenerRef<Args...> listener,
                           ListenerTable::End end, Place at) {
    listener->added_at = at;
    table_->add(event, listener, end);
    return listener;
  }

  static void settle(const Table& table, const Promise& promise);
  static bool emit_error(Table table, const std::exception_ptr& problem);

  // Not a member: a listener that runs once, and a subscription, may outlive the emitter.
  // Every listener that holds it goes with clear().
  Table table_;
};

// Step 4: `once` is a listener that takes itself off before it calls. In this order, an
// emit of the same event inside the call does not find it any more.
template <class... Args>
ListenerRef<Args...> EventEmitter::only_once(const Event<Args...>& event,
                                             const ListenerRef<Args...>& wanted) {
  class Once final : public Listener<Args...> {
   public:
    Once(Table table, const AnyEvent& event, ListenerRef<Args...> wanted)
        : table_(std::move(table)), event_(event), wanted_(std::move(wanted)) {}
    const AnyListener* identity() const override { return wanted_.get(); }
    void call(const Args&... args) override {
      if (std::exchange(called_, true)) return;  // an emit further out still has us
      table_->remove(event_, *this);
      wanted_->call(args...);
    }

   private:
    const Table table_;
    const AnyEvent& event_;
    const ListenerRef<Args...> wanted_;
    bool called_ = false;
  };
  return new Once(table_, event, wanted);
}

// Step 5: the end of a subscription reaches even an emit in progress: in Node a listener
// keeps alive what it uses; here that may be gone.
template <class... Args, class F>
Subscription EventEmitter::subscribe(const Event<Args...>& event, F f, Place at) {
  auto alive = std::make_shared<bool>(true);
  auto listener = on(
      event,
      [f = as_listener<Args...>(std::move(f)), alive](const Args&... args) {
        if (*alive) f->call(args...);
      },
      at);
  return Subscription([table = table_, &event, listener, alive] {
    *alive = false;
    table->remove(event, *listener);
  });
}

}  // namespace lab30
