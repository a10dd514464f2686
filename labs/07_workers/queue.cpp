// queue.cpp: what the pool promises besides running jobs: a bound, an answer, an end.
#include <fmt/format.h>

#include <atomic>
#include <latch>
#include <memory>
#include <vector>

#include "jobs.hpp"
#include "scenes.hpp"

namespace lab07 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

namespace {

// Jobs that stay until they are let go, and then have a picture to blur. Declared after its
// pool, so that it opens before the pool waits for them.
class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { open(); }

  ThreadPool::Job job() {
    return [open = open_](const std::stop_token& stop) {
      open->wait(false);
      blur(256, 4, stop);
    };
  }
  void open() {
    *open_ = true;
    open_->notify_all();
  }

 private:
  std::shared_ptr<std::atomic<bool>> open_ = std::make_shared<std::atomic<bool>>(false);
};

void wait_until_running(const ThreadPool& pool, std::size_t jobs) {
  while (pool.counts().running < jobs) std::this_thread::yield();
}

}  // namespace

void overload(Story& story, const Dials& dials) {
  const auto threads = static_cast<std::size_t>(*dials.threads);
  const auto room = static_cast<std::size_t>(*dials.queue);
  const std::size_t jobs = threads + room + 10;
  story.say("{} jobs at once for {} threads and a queue of {}.", jobs, threads, room);
  ThreadPool pool(dials.pool(), drawn_jobs());
  Gate gate;
  std::size_t accepted = 0;
  while (accepted < threads) {  // a job for each thread, and none left in the queue
    accepted += bool(pool.submit(gate.job()));
    wait_until_running(pool, accepted);
  }
  while (accepted + pool.counts().refused < jobs) {
    accepted += bool(pool.submit(gate.job()));
    trace::counter("waiting", static_cast<double>(pool.counts().waiting),
                   {.lane = "queue"});
  }
  const PoolCounts full = pool.counts();
  gate.open();
  pool.drain();
  const PoolCounts drained = pool.counts();
  lab::Table table{"The pool", {"when", "running", "waiting", "refused", "finished"}, {}};
  const auto row = [&](const char* when, const PoolCounts& counts) {
    table.rows.push_back({when, std::to_string(counts.running),
                          std::to_string(counts.waiting), std::to_string(counts.refused),
                          std::to_string(counts.finished)});
  };
  row("overloaded", full);
  row("drained", drained);
  story.table(table);
  const bool kept =
      full.waiting == room && full.refused == 10 && drained.finished == drained.accepted;
  story.say(
      "{} A refusal comes at once and costs nothing; an unbounded queue would have taken "
      "them all, and hidden the overload until the memory is gone.",
      kept ? "What had no room was refused, what was accepted was done."
           : "The pool broke its promise: look at the table.");
  story.say(
      "Time in the queue: half waited {:.1f} ms or less, the worst {:.1f} ms.",
      std::chrono::duration<double, std::milli>(pool.queue_time().percentile(50)).count(),
      std::chrono::duration<double, std::milli>(pool.queue_time().max()).count());
}

void cancelled(Story& story, const Dials& dials) {
  story.say("One job is taken back while it waits, one while it runs; one looks away.");
  ThreadPool pool({.threads = 2, .queue = static_cast<std::size_t>(*dials.queue)},
                  drawn_jobs());
  std::atomic<bool> looked = false;
  std::atomic<bool> ran = false;
  Gate gate;
  const Submission careful = pool.submit([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) blur(64, 1, stop);
    looked = true;
  });
  wait_until_running(pool, 1);
  const Submission deaf = pool.submit(gate.job());  // never looks at its token
  wait_until_running(pool, 2);
  const Submission waiting = pool.submit([&](const std::stop_token&) { ran = true; });
  lab::Table table{"cancel()", {"a job that", "answer", "and then"}, {}};
  const auto text = [](Cancelled answer) {
    return answer == Cancelled::removed ? "removed"
           : answer == Cancelled::asked ? "asked to stop"
                                        : "too late";
  };
  const Cancelled removed = pool.cancel(waiting.id);
  const Cancelled asked = pool.cancel(careful.id);
  const Cancelled ignored = pool.cancel(deaf.id);
  const bool deaf_still_runs = pool.counts().running > 0;
  gate.open();
  pool.drain();
  const Cancelled late = pool.cancel(careful.id);
  table.rows = {
      {"waits", text(removed), ran ? "it ran" : "it never ran"},
      {"runs and looks at its token", text(asked), looked ? "it stopped" : "it went on"},
      {"runs and never looks", text(ignored),
       deaf_still_runs ? "it went on" : "it stopped"},
      {"has finished", text(late), "nothing"}};
  story.table(table);
  story.say(
      "A thread cannot be stopped against its will: its locks would stay locked. Only a "
      "process can, since nothing of ours is in it.");
}

}  // namespace lab07
