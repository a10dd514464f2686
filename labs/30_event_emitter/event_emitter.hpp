// event_emitter.hpp: Node's EventEmitter, with events that have types.
//
//   inline constexpr Event<std::string_view> data{"data"};
//   emitter.on(data, [](std::string_view bytes) { ... });
//   emitter.emit(data, "hello");      // calls them, here and now; true if any listened
//
// Order     As added; prepend() puts in front. An emit inside a listener comes first.
// Changes   emit() calls those that listened when it began. What is added or removed
//           meanwhile counts from the next emit.
// Errors    emit(error, e) with nobody listening throws e. What a listener throws comes
//           out of emit(), and the listeners behind it are not called.
// Async     What a listener returns is ignored, but for a Promise: with
//           capture_rejections its rejection becomes an `error`, later. While that one is
//           emitted nothing is captured, or an async `error` listener would go on for ever.
// Threads   One, and no loop: an emit is a function call.
// Lifetime  A listener may destroy the emitter: the emit goes on with those that listened.
//           Subscriptions may outlive it.
// Cost      A look at the table, then one call through a pointer per listener; an emit
//           copies and allocates nothing.
// Source    Node's documented `events`; tests/conformance plays random scripts on both.
// Left out  newListener and removeListener, Symbol.for('nodejs.rejection'), rawListeners,
//           events.once and events.on, EventTarget.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "event.hpp"
#include "lab/core/where.hpp"
#include "promise.hpp"
#include "subscription.hpp"

namespace lab30 {

// A lambda has no identity that one could remove later: the pointer gives it one. Only an
// async listener puts something into `returned`, so the others pay nothing for promises.
template <class... Args>
using Listener = std::shared_ptr<std::function<void(Promise& returned, const Args&...)>>;

template <class F, class... Args>
inline constexpr bool kIsAsync =
    std::is_same_v<std::invoke_result_t<F&, const Args&...>, Promise>;

template <class... Args, class F>
Listener<Args...> listener(F f) {
  using Function = typename Listener<Args...>::element_type;
  return std::make_shared<Function>(
      [f = std::move(f)](Promise& returned, const Args&... args) mutable {
        if constexpr (kIsAsync<F, Args...>) {
          returned = f(args...);
        } else {
          f(args...);
        }
      });
}

// More listeners than a person would add on purpose.
struct LeakWarning {
  std::string_view event;
  std::size_t listeners;
  std::size_t limit;
  std::vector<lab::Where> added_at;  // each of them, in the order of calling
};

struct EmitterOptions {
  std::size_t max_listeners = 10;  // 0: any number
  std::function<void(const LeakWarning&)> on_warning{};
  // Queues a call until the stack is empty, as process.nextTick does. Rejections are
  // captured if it is set.
  std::function<void(std::function<void()>)> capture_rejections{};
};

class EventEmitter {
 public:
  explicit EventEmitter(EmitterOptions options = {})
      : table_(std::make_shared<Table>(std::move(options))) {}
  EventEmitter(const EventEmitter&) = delete;
  EventEmitter& operator=(const EventEmitter&) = delete;
  virtual ~EventEmitter() = default;

  // Each takes a function, or a listener() that may be added more than once, and returns
  // the listener for off().
  template <class... Args, class F>
  Listener<Args...> on(const Event<Args...>& event, F f,
                       lab::Where at = lab::Where::here()) {
    return listen(event, std::move(f), {.added_at = at});
  }
  template <class... Args, class F>
  Listener<Args...> prepend(const Event<Args...>& event, F f,
                            lab::Where at = lab::Where::here()) {
    return listen(event, std::move(f), {.added_at = at, .in_front = true});
  }
  template <class... Args, class F>
  Listener<Args...> once(const Event<Args...>& event, F f,
                         lab::Where at = lab::Where::here()) {
    return listen(event, std::move(f), {.added_at = at, .once = true});
  }
  template <class... Args, class F>
  Listener<Args...> prepend_once(const Event<Args...>& event, F f,
                                 lab::Where at = lab::Where::here()) {
    return listen(event, std::move(f), {.added_at = at, .once = true, .in_front = true});
  }

  // Removes the registration added last, if the listener is there more than once.
  template <class... Args>
  void off(const Event<Args...>& event,
           const std::type_identity_t<Listener<Args...>>& listener) {
    table_->remove(event, listener.get());
  }
  void off_all(const AnyEvent& event) { table_->remove_all(event); }
  void off_all() { const auto removed = std::exchange(table_->entries, {}); }

  // The C++ way: whoever listens owns the listening.
  template <class... Args, class F>
  Subscription subscribe(const Event<Args...>& event, F f,
                         lab::Where at = lab::Where::here());

  // Step 2: an emit is a function call. It calls everyone who listens now, in order, on
  // this stack. False: nobody does.
  template <class... Args>
  bool emit(const Event<Args...>& event, const std::type_identity_t<Args>&... args) {
    if constexpr (std::is_same_v<Event<Args...>, Event<std::exception_ptr>>)
      if (&event == &error) return emit_error(table_, args...);
    return call<Args...>(table_->listeners_of(event), args...);
  }

  std::size_t listener_count(const AnyEvent& event) const;
  std::vector<std::string_view> event_names() const;  // in the order of first listeners
  void set_max_listeners(std::size_t most) { table_->options.max_listeners = most; }

 private:
  struct Table;

  struct Registration {
    std::shared_ptr<void> function{};  // a Listener of the event's types
    lab::Where added_at{};
    bool once = false;
    bool in_front = false;
    bool called = false;  // once
    const AnyEvent* event = nullptr;
    std::weak_ptr<Table> table{};  // gone with the emitter
  };
  using List = std::vector<std::shared_ptr<Registration>>;

  struct Entry {
    const AnyEvent* event;
    std::shared_ptr<List> listeners;  // shared with every emit that is reading it
    bool warned = false;
  };

  // Behind a pointer, because a listener may destroy the emitter while it emits.
  struct Table {
    explicit Table(EmitterOptions chosen) : options(std::move(chosen)) {}

    std::shared_ptr<const List> listeners_of(const AnyEvent& event) const {
      for (const Entry& entry : entries)
        if (entry.event == &event) return entry.listeners;
      return nullptr;
    }
    Entry* find(const AnyEvent& event);
    void add(Registration registration);
    // The last one that is this listener, or this registration.
    void remove(const AnyEvent& event, const void* meant);
    void remove_all(const AnyEvent& event);
    void warn_if_too_many(Entry& entry) const;

    EmitterOptions options;
    std::vector<Entry> entries{};  // few events: a look at each is cheaper than a hash
    bool capturing = true;
  };

  template <class... Args, class F>
  Listener<Args...> listen(const Event<Args...>& event, F f, Registration registration) {
    Listener<Args...> function;
    if constexpr (std::is_convertible_v<F, Listener<Args...>>) {
      function = std::move(f);
    } else {
      function = listener<Args...>(std::move(f));
    }
    registration.function = function;
    registration.event = &event;
    registration.table = table_;
    table_->add(std::move(registration));
    return function;
  }

  template <class... Args>
  static bool call(const std::shared_ptr<const List>& listeners, const Args&... args) {
    if (!listeners) return false;
    Promise returned = Promise::none();
    for (const auto& each : *listeners) {
      if (each->once && !claim(*each)) continue;
      using Function = typename Listener<Args...>::element_type;
      (*static_cast<Function*>(each->function.get()))(returned, args...);
      if (returned) capture(std::exchange(returned, Promise::none()), each->table);
    }
    return true;
  }

  static bool emit_error(std::shared_ptr<Table> table, const std::exception_ptr& problem);
  static bool claim(Registration& once);
  static void capture(const Promise& promise, const std::weak_ptr<Table>& from);

  std::shared_ptr<Table> table_;
};

// Step 7: the end of a subscription reaches even an emit in progress. In Node a listener
// keeps alive what it uses; in C++ that may be gone.
template <class... Args, class F>
Subscription EventEmitter::subscribe(const Event<Args...>& event, F f, lab::Where at) {
  auto alive = std::make_shared<bool>(true);
  auto listening = on(
      event,
      [f = std::move(f), alive](const Args&... args) mutable {
        if constexpr (kIsAsync<F, Args...>) {
          return *alive ? f(args...) : Promise::none();
        } else {
          if (*alive) f(args...);
        }
      },
      at);
  return Subscription([table = std::weak_ptr(table_), &event, listening, alive] {
    *alive = false;
    if (const auto still = table.lock()) still->remove(event, listening.get());
  });
}

}  // namespace lab30
