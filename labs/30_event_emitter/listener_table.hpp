// listener_table.hpp: who listens to what. The part of an emitter that knows no types.
//
//   event --> list of listeners, shared with every emit that is reading it
//
// Writing   If an emit reads the list, add() and remove() write to a copy, and the emit
//           goes on with what it has. Otherwise they write in place. So an emit copies
//           nothing; Node copies the list at each one.
// Lifetime  Outlives its emitter as long as somebody holds it: emptied, it does nothing.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "event.hpp"
#include "listener.hpp"

namespace lab30 {

// More listeners than a person would add on purpose.
struct LeakWarning {
  std::string_view event;
  std::size_t listeners;
  std::size_t limit;
  std::vector<Place> added_at;  // of each, in the order of calling
};

struct ListenerList : Counted<ListenerList> {
  ListenerList() = default;
  ListenerList(const ListenerList& other) : Counted<ListenerList>(), all(other.all) {}
  std::vector<boost::intrusive_ptr<AnyListener>> all;
};
using Snapshot = boost::intrusive_ptr<const ListenerList>;

class ListenerTable : public Counted<ListenerTable> {
 public:
  enum class End { back, front };

  // Step 2: calls everyone who listens now, in order, on this stack. False: nobody does.
  // Touches nothing of the table afterwards: a listener may have destroyed it.
  template <class... Args>
  bool call(const Event<Args...>& event,
            const std::type_identity_t<Args>&... args) const {
    const Snapshot listeners = snapshot(event);
    if (!listeners) return false;
    for (const auto& listener : listeners->all)
      static_cast<Listener<Args...>&>(*listener).call(args...);
    return true;
  }

  // Null if nobody listens. Whoever holds it sees no later change.
  Snapshot snapshot(const AnyEvent& event) const {
    for (const Slot& slot : slots_)
      if (slot.event == &event) return slot.list;
    return nullptr;
  }

  void add(const AnyEvent& event, boost::intrusive_ptr<AnyListener> listener, End end);

  // Removes the one added last, if it is there more than once.
  void remove(const AnyEvent& event, const AnyListener& listener);
  void remove_all(const AnyEvent& event);
  void remove_all();
  void clear() { slots_.clear(); }  // and tells nobody

  std::size_t count(const AnyEvent& event) const;
  std::vector<std::string_view> names() const;  // in the order of their first listeners

  std::size_t max_listeners = 10;  // 0: any number
  std::function<void(const LeakWarning&)> on_warning{};
  std::function<void(std::function<void()>)> later{};  // captures rejections, if there

 private:
  struct Slot {
    const AnyEvent* event;
    boost::intrusive_ptr<ListenerList> list;
    bool warned = false;
  };

  Slot* find(const AnyEvent& event);
  void warn_if_too_many(Slot& slot);

  std::vector<Slot> slots_;  // few: a look at each is cheaper than a hash
};

}  // namespace lab30
