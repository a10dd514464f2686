#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>

#include "event_emitter.hpp"
#include "experiments.hpp"
#include "scenes.hpp"

namespace lab30 {

namespace {

inline constexpr Event<> changed{"changed"};

// What a request keeps alive, in a server.
struct Body {
  std::array<char, 4096> bytes{};
};

enum class Way { forgets, takes_off, subscribes };

struct Leak {
  std::size_t listeners = 0;
  std::size_t bodies = 0;
  int calls = 0;  // by one emit
  std::optional<LeakWarning> warning{};
};

// Each request listens to settings that live as long as the process.
Leak serve(int requests, Way way) {
  Leak seen;
  EventEmitter settings({.on_warning = [&](const LeakWarning& w) { seen.warning = w; }});
  std::vector<std::weak_ptr<Body>> bodies;
  for (int i = 0; i < requests; ++i) {
    const auto body = std::make_shared<Body>();
    bodies.push_back(body);
    const auto reload = [&seen, body] { ++seen.calls; };
    if (way == Way::subscribes) {
      const auto until_answered = settings.subscribe(changed, reload);
    } else {
      const auto listening = settings.on(changed, reload);
      if (way == Way::takes_off) settings.off(changed, listening);
    }
    if (i % 50 == 0)
      lab::trace::counter("listeners",
                          static_cast<double>(settings.listener_count(changed)));
  }
  settings.emit(changed);
  seen.listeners = settings.listener_count(changed);
  for (const auto& body : bodies) seen.bodies += !body.expired();
  return seen;
}

std::vector<std::string> row(const char* name, const Leak& seen) {
  return {name, fmt::format("{}", seen.listeners),
          fmt::format("{} KiB", seen.bodies * sizeof(Body) / 1024),
          fmt::format("{}", seen.calls),
          seen.warning ? fmt::format("at {}", seen.warning->listeners) : "none"};
}

// The lines that added so many listeners, the busiest first.
std::string culprit(const LeakWarning& warning) {
  std::map<std::string, int> lines;
  for (const Place& place : warning.added_at) {
    const auto name = place.file.substr(place.file.rfind('/') + 1);
    ++lines[fmt::format("{}:{}", name, place.line)];
  }
  const auto most = std::max_element(
      lines.begin(), lines.end(),
      [](const auto& one, const auto& other) { return one.second < other.second; });
  return fmt::format("{} of them at {}", most->second, most->first);
}

}  // namespace

// Step 8: a listener keeps alive what it captured, and the emitter keeps the listener.
void leak(Story& story, Knob<int> requests) {
  const int count = *requests;
  story.say("{} requests, and each listens to settings that outlive it.", count);
  const Leak forgotten = serve(count, Way::forgets);
  const Leak off = serve(count, Way::takes_off);
  const Leak subscribed = serve(count, Way::subscribes);
  story.table({"After all were answered",
               {"a request", "listeners", "held", "calls by an emit", "warning"},
               {row("forgets its listener", forgotten), row("takes it off", off),
                row("has a subscription", subscribed)}});
  if (forgotten.warning)
    story.say("The warning, once: {} listeners of `{}`, {}.",
              forgotten.warning->listeners, forgotten.warning->event,
              culprit(*forgotten.warning));
  story.nuance(
      "30.2",
      "MaxListenersExceededWarning is a hint, not a limit: it comes once, at the "
      "11th, and nothing is refused. Raising the limit hides the leak");
}

namespace {

// A session that is closed while an event is on its way to it. `reached` says whether the
// event came after that.
template <class Listen>
std::string closed_meanwhile(Listen listen) {
  EventEmitter emitter;
  auto alive = std::make_shared<bool>(true);
  std::string reached = "not called";
  std::function<void()> stop;
  emitter.on(changed, [&] {
    stop();  // what ~Session does
    *alive = false;
  });
  stop = listen(emitter, [&reached, alive] {
    reached = *alive ? "called, alive" : "called after it went";
  });
  emitter.emit(changed);
  return reached;
}

}  // namespace

void gone(Story& story) {
  story.say("A listener closes a session that listens to the same event, behind it.");
  const auto by_off = closed_meanwhile([](EventEmitter& emitter, auto call) {
    const auto listening = emitter.on(changed, call);
    return [&emitter, listening] { emitter.off(changed, listening); };
  });
  const auto by_end = closed_meanwhile([](EventEmitter& emitter, auto call) {
    auto subscription = std::make_shared<Subscription>(emitter.subscribe(changed, call));
    return [subscription] { subscription->end(); };
  });
  story.table({"The session's listener is",
               {"its destructor", "then"},
               {{"calls off(), as in Node", by_off}, {"ends a Subscription", by_end}}});
  story.nuance("30.2",
               "in Node the late call does no harm: the listener keeps its object alive. "
               "In C++ nobody does, so a Subscription ends for the emit in progress too");
}

}  // namespace lab30
