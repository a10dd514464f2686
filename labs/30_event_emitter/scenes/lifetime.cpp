// lifetime.cpp: who goes on listening.
#include <array>
#include <filesystem>
#include <memory>
#include <optional>

#include "event_emitter.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"

namespace lab30 {

using lab::Story;

namespace {

inline constexpr Event<> changed{"changed"};

// What a request keeps alive in a server.
using Body = std::array<char, 4096>;

enum class Way { forgets, takes_off, subscribes };

struct Leak {
  std::size_t listeners = 0;
  std::size_t bodies = 0;
  std::optional<LeakWarning> warning{};
};

// Each request listens to settings that live as long as the process.
Leak serve(int requests, Way way) {
  Leak seen;
  EventEmitter settings({.on_warning = [&](const LeakWarning& w) { seen.warning = w; }});
  std::vector<std::weak_ptr<Body>> bodies;
  // Step 8: a listener keeps alive what it captured, and the emitter keeps the listener.
  for (int i = 0; i < requests; ++i) {
    const auto body = std::make_shared<Body>();
    bodies.push_back(body);
    const auto reload = [body] {};
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
  seen.listeners = settings.listener_count(changed);
  for (const auto& body : bodies) seen.bodies += !body.expired();
  return seen;
}

// A listener closes a session while an event is on its way to it. `listen` adds the
// session's listener and returns what its destructor does.
template <class Listen>
std::string closed_meanwhile(Listen listen) {
  EventEmitter emitter;
  bool alive = true;
  std::string reached = "not called";
  std::function<void()> close;
  emitter.on(changed, [&] {
    close();
    alive = false;
  });
  close =
      listen(emitter, [&] { reached = alive ? "called, alive" : "called, destroyed"; });
  emitter.emit(changed);
  return reached;
}

}  // namespace

void leak(Story& story, const Knobs& knobs) {
  const int count = *knobs.requests;
  story.say(
      "{} requests each add a listener to a settings object that outlives them. If a "
      "request never removes its listener, the settings object should keep the request's "
      "body in memory.",
      count);
  story.picture(lab::Picture::curves, {"listeners"});
  lab::Table table{
      "After all were answered", {"a request", "listeners", "held", "warning"}, {}};
  Leak forgotten;
  for (const auto& [name, way] : {std::pair{"forgets its listener", Way::forgets},
                                  {"takes it off", Way::takes_off},
                                  {"has a subscription", Way::subscribes}}) {
    const Leak seen = serve(count, way);
    if (way == Way::forgets) forgotten = seen;
    table.rows.push_back(
        {name, std::to_string(seen.listeners),
         lab::text::bytes(seen.bodies * sizeof(Body)),
         seen.warning ? fmt::format("at {}", seen.warning->listeners) : "none"});
  }
  story.table(table);
  if (forgotten.warning) {
    const lab::Where line = forgotten.warning->added_at.back();
    story.say(
        "The warning came once, at listener {}, and it names the line that added that "
        "listener: {}:{}.",
        forgotten.warning->listeners,
        std::filesystem::path(line.file).filename().string(), line.line);
  }
  const auto by_off = closed_meanwhile([](EventEmitter& emitter, auto call) {
    const auto listening = emitter.on(changed, call);
    return [&emitter, listening] { emitter.off(changed, listening); };
  });
  const auto by_end = closed_meanwhile([](EventEmitter& emitter, auto call) {
    auto subscription = std::make_shared<Subscription>(emitter.subscribe(changed, call));
    return [subscription] { subscription->end(); };
  });
  story.table({"An earlier listener closes the session",
               {"its destructor", "its listener is"},
               {{"calls off(), as in Node", by_off}, {"ends a Subscription", by_end}}});
  story.takeaway(
      "Remove a listener when its owner goes. The warning at the 11th "
      "hints at a leak. Raising the limit only hides it.");
}

}  // namespace lab30
