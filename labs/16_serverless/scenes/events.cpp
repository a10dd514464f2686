// events.cpp: calls that nobody waits for, and what happens between two calls.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "lab/core/trace.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "scenes/stage.hpp"
#include "world/runtimes.hpp"
#include "world/triggers.hpp"

namespace lab16 {

namespace {

std::string event_of(const std::string& key) {
  return fmt::format(R"({{"key":"{}"}})", key);
}

// A folder that calls a function, and a file for each name dropped into it.
void drop(const std::filesystem::path& bucket, std::initializer_list<const char*> names) {
  for (const char* name : names) std::ofstream(bucket / name) << "a picture";
}

}  // namespace

void upload(Story& story, const Knobs&) {
  story.say(
      "Four files are dropped in a folder. The function handles photo.jpg, dies at the "
      "first sight of flaky.jpg, dies right after it has handled twice.jpg, and always "
      "dies of corrupt.jpg. Each event has three attempts.");
  story.picture(Picture::nodes);
  lab::trace::actor("events", lab::trace::Actor::service);
  lab::trace::actor("dead letters", lab::trace::Actor::service);
  const auto folder = lab::run_dir() / "bucket", other = lab::run_dir() / "other";
  std::filesystem::create_directories(folder);
  std::filesystem::create_directories(other);
  lab::uv::Loop loop;
  Stage function(loop, "instance", native(), {.instances = 2, .deadline = 30s});
  Stage once(loop, "once", native(), {.deadline = 30s, .attempts = 1});
  Bucket bucket(loop, folder, function.host()), another(loop, other, once.host());
  constexpr const char* kKeys[] = {"photo.jpg", "flaky.jpg", "twice.jpg", "corrupt.jpg"};
  drop(folder, {kKeys[0], kKeys[1], kKeys[2], kKeys[3]});
  drop(other, {"flaky.jpg"});
  until(loop, [&] {
    return function.processed("photo.jpg") + function.processed("flaky.jpg") +
                   function.processed("twice.jpg") ==
               4 &&
           !function.host().dead_letters().empty() && !once.host().dead_letters().empty();
  });
  lab::Table table{"Four uploads", {"file", "attempts", "handled"}, {}};
  std::string seen;
  for (const std::string key : kKeys) {
    const int calls = function.calls(event_of(key)), handled = function.processed(key);
    table.rows.push_back({key, std::to_string(calls), std::to_string(handled)});
    seen += fmt::format("{}:{} ", calls, handled);
  }
  story.table(table);
  const std::vector<std::string> dead = {event_of("corrupt.jpg")};
  const int lost = once.processed("flaky.jpg");
  story.claim("16.5",
              seen == "1:1 2:1 2:2 3:0 " && function.host().dead_letters() == dead &&
                  lost == 0 && once.host().dead_letters().size() == 1,
              "the attempts and how often each file was handled: {}({} dead letter). "
              "Control: with one attempt, flaky.jpg was handled {} times",
              seen, function.host().dead_letters().size(), lost);
  story.nuance("16.5",
               "At least once: twice.jpg was handled twice, because the function died "
               "before it had said that it was done. So handlers are idempotent.");
  story.takeaway(
      "Retries cure what passes, a dead-letter queue keeps what does not, and an "
      "idempotent handler survives both.");
}

namespace {

struct Between {
  int scheduled = 0;          // calls by the platform's scheduler meanwhile
  int frozen = 0, awake = 0;  // ticks of an instance's own timer of 10 ms
  int lost = 0, done = 0;     // the work left for later that was done
  bool holds() const {
    return scheduled >= 5 && awake >= 3 * frozen && awake >= 10 && lost == 0 && done == 1;
  }
};

Between between(const std::string& name, const Function& function, milliseconds idle) {
  lab::uv::Loop loop;
  Stage scheduled(loop, name + ", scheduled", function, {.deadline = 30s});
  Stage frozen(loop, name + ", frozen", function, {.deadline = 30s});
  Stage awake(loop, name + ", not frozen", function, {.deadline = 30s, .freezes = false});
  Stage expired(loop, name + ", expired", function, {.idle = idle, .deadline = 30s});
  const std::string later = R"({"later":true})", tick = R"({"scheduled":true})";
  scheduled.call();
  expired.call(later);
  const auto ticks = [](Stage& stage, const std::string& event = "{}") {
    return stage.call(event)["ticks"].get<int>();
  };
  Between seen{.frozen = -ticks(frozen), .awake = -ticks(awake, later)};
  scheduled.host().every(100ms, tick);
  until(loop, [&] {
    return scheduled.calls(tick) >= 5 && expired.host().instances() == 0 &&
           awake.processed("later") == 1;
  });
  seen.scheduled = scheduled.calls(tick);
  seen.frozen += ticks(frozen);
  seen.awake += ticks(awake);
  seen.lost = expired.processed("later");
  seen.done = awake.processed("later");
  return seen;
}

}  // namespace

void frozen(Story& story, const Knobs& knobs) {
  story.say(
      "An instance has a timer of 10 ms and leaves some work for 50 ms after its "
      "response. "
      "Then no request comes for half a second. What runs meanwhile?");
  std::vector<Runtime> all{{"C++", native()}};
  if (const auto function = node()) all.push_back({"Node", *function});
  const std::string name = all.back().name;
  const std::string lanes[] = {name + ", scheduled 1", name + ", frozen 1",
                               name + ", not frozen 1", name + ", expired 1"};
  story.picture(Picture::strips, {lanes[0], lanes[1], lanes[2], lanes[3]});
  lab::Table table{"Half a second without a request",
                   {"function", "calls by the scheduler", "ticks", "ticks, not frozen",
                    "later work done", "later work done, not frozen"},
                   {}};
  for (const Runtime& one : all) {
    const Between seen = between(one.name, one.function, *knobs.idle);
    table.rows.push_back({one.name, std::to_string(seen.scheduled),
                          std::to_string(seen.frozen), std::to_string(seen.awake),
                          std::to_string(seen.lost), std::to_string(seen.done)});
    story.claim(
        "16.6", seen.holds(),
        "{}: the frozen instance's timer ticked {} times and its work left for later "
        "was done {} times, while the host's scheduler made {} calls. Control: not "
        "frozen, {} ticks, and the work was done",
        one.name, seen.frozen, seen.lost, seen.scheduled, seen.awake);
  }
  story.table(table);
  story.nuance("16.6",
               "If another request comes in time, the rest of the work is done then, "
               "late and on that request's time.");
  story.takeaway(
      "Finish the work before you respond, or put it in a queue, and leave schedules to "
      "the platform.");
}

}  // namespace lab16
