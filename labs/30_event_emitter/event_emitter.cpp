#include "event_emitter.hpp"

#include <algorithm>

namespace lab30 {
namespace {

// Step 3: while an emit reads the list, it is replaced instead of changed, so the emit goes
// on with those that listened when it began.
template <class List>
List& writable(std::shared_ptr<List>& list) {
  if (list.use_count() > 1) list = std::make_shared<List>(*list);
  return *list;
}

}  // namespace

EventEmitter::Entry* EventEmitter::Table::find(const AnyEvent& event) {
  const auto entry = std::ranges::find(entries, &event, &Entry::event);
  return entry == entries.end() ? nullptr : &*entry;
}

// Step 4: `on` adds to the list of its event.
void EventEmitter::Table::add(Registration registration) {
  const AnyEvent& event = *registration.event;
  Entry* entry = find(event);
  if (!entry) entry = &entries.emplace_back(Entry{&event, std::make_shared<List>()});
  List& list = writable(entry->listeners);
  list.insert(registration.in_front ? list.begin() : list.end(),
              std::make_shared<Registration>(std::move(registration)));
  warn_if_too_many(*entry);
}

void EventEmitter::Table::warn_if_too_many(Entry& entry) const {
  const List& list = *entry.listeners;
  const std::size_t limit = options.max_listeners;
  if (limit == 0 || list.size() <= limit || entry.warned) return;
  entry.warned = true;
  if (!options.on_warning) return;
  LeakWarning warning{entry.event->name, list.size(), limit, {}};
  for (const auto& each : list) warning.added_at.push_back(each->added_at);
  options.on_warning(warning);
}

void EventEmitter::Table::remove(const AnyEvent& event, const void* meant) {
  Entry* const entry = find(event);
  if (!entry) return;
  const List& now = *entry->listeners;
  const auto last = std::find_if(now.rbegin(), now.rend(), [&](const auto& each) {
    return each.get() == meant || each->function.get() == meant;
  });
  if (last == now.rend()) return;
  // Goes last: what a listener captured may end a Subscription, and so come back here.
  const auto removed = *last;
  const auto place = now.rend() - last - 1;
  List& list = writable(entry->listeners);
  list.erase(list.begin() + place);
  if (list.size() == 1) entry->warned = false;  // as in Node
  if (list.empty()) entries.erase(entries.begin() + (entry - entries.data()));
}

void EventEmitter::Table::remove_all(const AnyEvent& event) {
  Entry* const entry = find(event);
  if (!entry) return;
  const auto removed = std::move(entry->listeners);
  entries.erase(entries.begin() + (entry - entries.data()));
}

// Step 5: a `once` listener is removed before it is called. In this order, an emit of the
// same event inside the call does not find it any more. False: an emit further in has
// called it already.
bool EventEmitter::claim(Registration& once) {
  if (std::exchange(once.called, true)) return false;
  if (const auto table = once.table.lock()) table->remove(*once.event, &once);
  return true;
}

bool EventEmitter::emit_error(std::shared_ptr<Table> table,
                              const std::exception_ptr& problem) {
  call<std::exception_ptr>(table->listeners_of(error_monitor), problem);
  if (call<std::exception_ptr>(table->listeners_of(error), problem)) return true;
  if (problem) std::rethrow_exception(problem);
  throw UnhandledError();
}

// Step 6: nobody waits for an async listener. A rejection that is captured becomes an
// `error` on an empty stack; if nobody listens to that, it is thrown there.
void EventEmitter::capture(const Promise& promise, const std::weak_ptr<Table>& from) {
  const auto table = from.lock();
  if (!table || !table->capturing || !table->options.capture_rejections) return;
  const auto later = table->options.capture_rejections;
  promise.on_rejected([from, later](const std::exception_ptr& reason) {
    later([from, reason] {
      const auto still = from.lock();
      if (!still) return Promise::on_unhandled(reason);
      const bool before = std::exchange(still->capturing, false);
      const std::shared_ptr<void> restore(nullptr,
                                          [&](void*) { still->capturing = before; });
      emit_error(still, reason);
    });
  });
}

std::size_t EventEmitter::listener_count(const AnyEvent& event) const {
  const auto listeners = table_->listeners_of(event);
  return listeners ? listeners->size() : 0;
}

std::vector<std::string_view> EventEmitter::event_names() const {
  std::vector<std::string_view> names;
  for (const Entry& entry : table_->entries) names.push_back(entry.event->name);
  return names;
}

}  // namespace lab30
