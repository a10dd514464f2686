// events.cpp: calls that nobody waits for, and what happens between two calls.
#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <fstream>

#include "lab/core/trace.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/runtimes.hpp"

namespace lab16 {

namespace {

// A folder. Each file is one event once it has been written, not when it is made: it is not
// whole yet.
struct Bucket {
  const std::filesystem::path folder;
  lab::Descriptor watch{inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  lab::uv::Poll poll;

  Bucket(lab::uv::Loop& loop, const char* name, Host& host)
      : folder(lab::run_dir() / name), poll(loop, watch.get()) {
    std::filesystem::create_directories(folder);
    lab::check_errno(inotify_add_watch(watch.get(), folder.c_str(), IN_CLOSE_WRITE),
                     "watch " + folder.string());
    poll.start(UV_READABLE, [this, &host] {
      alignas(inotify_event) char bytes[16 << 10];
      const ssize_t size = read(watch.get(), bytes, sizeof bytes);
      for (const char* at = bytes; at < bytes + size;) {
        const auto* change = reinterpret_cast<const inotify_event*>(at);
        if (change->len) host.deliver(event("key", change->name));
        at += sizeof *change + change->len;
      }
    });
  }
  void drop(const std::string& key) const { std::ofstream(folder / key) << "a picture"; }
};

}  // namespace

void upload(Story& story, const Knobs&) {
  story.say(
      "Four files are dropped in a folder. The function crashes on flaky.jpg the first "
      "time, after it has handled twice.jpg, and on corrupt.jpg every time. With three "
      "attempts, expect one dead letter.");
  story.picture(Picture::nodes,
                {"events", "instance 1", "one attempt 1", "dead letters"});
  lab::trace::actor("events", lab::trace::Actor::service);
  lab::uv::Loop loop;
  Stage function(loop, "instance", native(), {.instances = 2});
  Stage once(loop, "one attempt", native(), {.attempts = 1});
  Bucket bucket(loop, "uploads", function.host), other(loop, "others", once.host);
  const std::string keys[] = {"photo.jpg", "flaky.jpg", "twice.jpg", "corrupt.jpg"};
  for (const std::string& key : keys) bucket.drop(key);
  other.drop("flaky.jpg");
  until(loop, [&] {
    return function.host.dead_letters().size() == 1 && function.processed(keys[0]) == 1 &&
           function.processed(keys[1]) == 1 && function.processed(keys[2]) == 2 &&
           once.host.dead_letters().size() == 1;
  });
  lab::trace::actor("dead letters", lab::trace::Actor::service);
  for (const std::string& letter : function.host.dead_letters())
    lab::trace::instant(Json::parse(letter).begin()->get<std::string>(),
                        {.lane = "dead letters"});
  lab::Table table{"Four uploads", {"file", "attempts", "handled"}, {}};
  std::string seen;
  for (const std::string& key : keys) {
    const int attempts = function.attempts(event("key", key)),
              handled = function.processed(key);
    table.rows.push_back({key, std::to_string(attempts), std::to_string(handled)});
    seen +=
        fmt::format("{}{} {} of {}", seen.empty() ? "" : ", ", key, handled, attempts);
  }
  story.table(table);
  const int control = once.processed("flaky.jpg");
  story.claim(
      "16.5",
      seen == "photo.jpg 1 of 1, flaky.jpg 1 of 2, twice.jpg 2 of 2, "
              "corrupt.jpg 0 of 3" &&
          function.host.dead_letters() == std::vector{event("key", "corrupt.jpg")} &&
          control == 0,
      "attempts that handled the file: {}, which became a dead letter. "
      "Control: with a single attempt, flaky.jpg was handled {} times",
      seen, control);
  story.takeaway(
      "Retries cure faults that pass; the dead-letter queue keeps what always fails. "
      "The function crashed after its work on twice.jpg: be idempotent.");
}

void frozen(Story& story, const Knobs& knobs) {
  story.say(
      "One instance has a timer that fires every 10 ms. Another leaves some work for 200 "
      "ms after its response. Then no request comes for a second. Expect neither to "
      "run.");
  story.picture(Picture::strips,
                {"scheduled 1", "frozen 1", "not frozen 1", "idle too long 1"});
  lab::uv::Loop loop;
  Stage scheduled(loop, "scheduled", native()), frozen(loop, "frozen", native()),
      awake(loop, "not frozen", native(), {.freezes = false}),
      expired(loop, "idle too long", native(), {.idle = *knobs.idle});
  const auto ticks = [](Stage& stage) { return stage.call()["ticks"].get<int>(); };
  scheduled.call();
  expired.call("/later");
  awake.call("/later");
  const int first = ticks(frozen), first_awake = ticks(awake);
  scheduled.host.every(200ms, "{}");
  until(loop, [&] {
    return scheduled.attempts("{}") >= 5 && expired.host.instances() == 0 &&
           awake.processed("later") == 1;
  });
  const int calls = scheduled.attempts("{}"), done = expired.processed("later"),
            done_awake = awake.processed("later"), seen = ticks(frozen) - first,
            seen_awake = ticks(awake) - first_awake;
  story.table({"A second without a request",
               {"what", "frozen", "not frozen"},
               {{"ticks of its timer", std::to_string(seen), std::to_string(seen_awake)},
                {"work left for later and done", std::to_string(done),
                 std::to_string(done_awake)},
                {"calls by the platform's scheduler", std::to_string(calls), "-"}}});
  story.claim(
      "16.6",
      calls >= 5 && done == 0 && done_awake == 1 && seen_awake >= 10 &&
          seen_awake >= 3 * seen,
      "the timer of the control, which was not frozen, fired {} times, and that of the "
      "frozen instance {}. Work left for later was done {} times in the control, and {} "
      "in the frozen one. The platform's scheduler made {} calls",
      seen_awake, seen, done_awake, done, calls);
  story.takeaway(
      "Finish the work before you respond, or put it in a queue, and leave schedules to "
      "the platform.");
}

}  // namespace lab16
