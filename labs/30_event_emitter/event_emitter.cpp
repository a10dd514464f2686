#include "event_emitter.hpp"

#include <algorithm>

namespace lab30 {

namespace {

// Step 3: while an emit reads the list, it is replaced instead of changed.
std::vector<boost::intrusive_ptr<AnyListener>>& writable(
    boost::intrusive_ptr<ListenerList>& list) {
  if (list->use_count() > 1) list = new ListenerList(*list);
  return list->all;
}

}  // namespace

ListenerTable::Slot* ListenerTable::find(const AnyEvent& event) {
  const auto slot = std::ranges::find(slots_, &event, &Slot::event);
  return slot == slots_.end() ? nullptr : &*slot;
}

void ListenerTable::add(const AnyEvent& event, boost::intrusive_ptr<AnyListener> listener,
                        End end) {
  const boost::intrusive_ptr keep(this);
  call(new_listener, event.name);
  Slot* slot = find(event);
  if (!slot) slot = &slots_.emplace_back(Slot{&event, new ListenerList});
  auto& all = writable(slot->list);
  all.insert(end == End::back ? all.end() : all.begin(), std::move(listener));
  warn_if_too_many(*slot);
}

void ListenerTable::warn_if_too_many(Slot& slot) {
  const auto& all = slot.list->all;
  if (max_listeners == 0 || all.size() <= max_listeners || slot.warned) return;
  slot.warned = true;
  if (!on_warning) return;
  LeakWarning warning{slot.event->name, all.size(), max_listeners, {}};
  for (const auto& listener : all) warning.added_at.push_back(listener->added_at);
  on_warning(warning);
}

void ListenerTable::remove(const AnyEvent& event, const AnyListener& listener) {
  Slot* slot = find(event);
  if (!slot) return;
  const auto& now = slot->list->all;
  const auto last = std::find_if(now.rbegin(), now.rend(), [&](const auto& each) {
    return each.get() == &listener || each->identity() == &listener;
  });
  if (last == now.rend()) return;
  const auto place = now.rend() - last - 1;
  const auto removed = *last;  // it may be the last who holds what we were called from
  auto& all = writable(slot->list);
  all.erase(all.begin() + place);
  if (all.size() == 1) slot->warned = false;  // as Node: that note is its list's
  if (all.empty()) slots_.erase(slots_.begin() + (slot - slots_.data()));
  call(remove_listener, event.name);
}

// If somebody wants to know, the last one goes first, each with its own notice.
void ListenerTable::remove_all(const AnyEvent& event) {
  const Snapshot listeners = snapshot(event);
  if (!listeners) return;
  if (!snapshot(remove_listener)) {
    slots_.erase(slots_.begin() + (find(event) - slots_.data()));
    return;
  }
  const boost::intrusive_ptr keep(this);
  for (auto each = listeners->all.rbegin(); each != listeners->all.rend(); ++each)
    remove(event, **each);
}

void ListenerTable::remove_all() {
  const boost::intrusive_ptr keep(this);
  if (snapshot(remove_listener)) {
    std::vector<const AnyEvent*> events;
    for (const Slot& slot : slots_) events.push_back(slot.event);
    for (const AnyEvent* event : events)
      if (event != &remove_listener) remove_all(*event);
    remove_all(remove_listener);
  }
  slots_.clear();
}

std::size_t ListenerTable::count(const AnyEvent& event) const {
  const Snapshot listeners = snapshot(event);
  return listeners ? listeners->all.size() : 0;
}

std::vector<std::string_view> ListenerTable::names() const {
  std::vector<std::string_view> names;
  for (const Slot& slot : slots_) names.push_back(slot.event->name);
  return names;
}

EventEmitter::EventEmitter(EmitterOptions options) : table_(new ListenerTable) {
  table_->max_listeners = options.max_listeners;
  table_->on_warning = std::move(options.on_warning);
  table_->later = std::move(options.capture_rejections);
}

// Step 6: nobody waits for a listener. A rejection that is captured becomes an `error` on
// an empty stack; if nobody listens to that, it is thrown there.
void EventEmitter::settle(const Table& table, const Promise& promise) {
  if (!table->later) return;  // nobody asked for it: the promise speaks up when it goes
  promise.on_rejected([table](const std::exception_ptr& reason) {
    table->later([table, reason] { emit_error(table, reason); });
  });
}

bool EventEmitter::emit_error(Table table, const std::exception_ptr& problem) {
  table->call(error_monitor, problem);
  if (table->call(error, problem)) return true;
  if (problem) std::rethrow_exception(problem);
  throw UnhandledError();
}

}  // namespace lab30
