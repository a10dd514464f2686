// heartbeat.cpp: what a job does to the loop, by where it runs.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <vector>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"
#include "lab/uv/uv.hpp"
#include "scenes/scenes.hpp"
#include "worker_process.hpp"
#include "world/jobs.hpp"

namespace lab07 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Ms = std::chrono::duration<double, std::milli>;
namespace trace = lab::trace;

namespace {

constexpr auto kBeat = 5ms;

// What a person sees of the loop while one job is done.
struct Pulse {
  std::string where;
  Ms job{};
  Ms worst_gap{};  // between two beats, from the job's start to its end
  int beats = 0;   // meanwhile
  std::uint64_t result = 0;
};

// A loop on which a timer beats every 5 ms.
class Heart {
 public:
  explicit Heart(std::string where) { pulse_.where = std::move(where); }

  // Runs the loop. On its third beat `begin` starts the job, which calls finish() on this
  // thread when it is done.
  Pulse feel(const std::function<void()>& begin) {
    begin_ = begin;
    timer_.start(
        kBeat, [this] { beat(); }, kBeat);
    loop_.run();
    timer_.stop();
    return pulse_;
  }
  void finish(std::uint64_t result) {
    gap();
    pulse_.job = Clock::now() - started_;
    pulse_.result = result;
    loop_.stop();
  }
  lab::uv::Loop& loop() { return loop_; }

 private:
  void beat() {
    trace::instant("beat", {.lane = pulse_.where});
    if (++beats_ > 3) {
      ++pulse_.beats;
      gap();
    }
    if (beats_ != 3) return;
    started_ = last_ = Clock::now();
    begin_();
  }
  void gap() {
    const auto now = Clock::now();
    pulse_.worst_gap = std::max<Ms>(pulse_.worst_gap, now - last_);
    last_ = now;
  }

  Pulse pulse_;
  lab::uv::Loop loop_;
  lab::uv::Timer timer_{loop_};
  std::function<void()> begin_;
  Clock::time_point started_{}, last_{};
  int beats_ = 0;
};

struct Job {
  std::size_t side;
  int passes;

  std::uint64_t run() const { return blur(side, passes); }
};

Pulse on_the_loop(const Job& job) {
  Heart heart("on the loop's thread");
  return heart.feel([&] {
    const trace::Span span("blur", {.lane = "on the loop's thread"});
    heart.finish(job.run());
  });
}

// Step 9: the remedy. The loop hands the job over and goes on. When a thread has done it,
// an Async wakes the loop, and only then does the loop look at the result.
Pulse on_the_pool(const Job& job, const PoolConfig& config) {
  Heart heart("a thread of the pool");
  std::atomic<std::uint64_t> result = 0;
  lab::uv::Async done(heart.loop(), [&] { heart.finish(result); });
  ThreadPool pool(config);
  return heart.feel([&] {
    static_cast<void>(pool.submit([&](const std::stop_token&) {
      result = job.run();
      done.send();
    }));
  });
}

// The answer makes the worker's channel readable, as it would any socket.
Pulse on_a_process(const Job& job) {
  WorkerProcess worker;
  Heart heart("a worker process");
  lab::uv::Poll channel(heart.loop(), worker.fd());
  return heart.feel([&] {
    channel.start(UV_READABLE, [&] {
      channel.stop();
      heart.finish(worker.receive().value_or(Message{}).value);
    });
    worker.send({.ask = Ask::blur,
                 .passes = static_cast<std::uint32_t>(job.passes),
                 .value = job.side});
  });
}

// Where Node's asynchronous crypto and zlib run.
Pulse on_libuvs_pool(const Job& job) {
  Heart heart("libuv's own pool");
  std::uint64_t result = 0;
  struct Work : uv_work_t {
    std::function<void()> run, done;
  } work{{}, [&] { result = job.run(); }, [&] { heart.finish(result); }};
  return heart.feel([&] {
    lab::uv::check(uv_queue_work(
                       heart.loop().raw(), &work,
                       [](uv_work_t* raw) { static_cast<Work*>(raw)->run(); },
                       [](uv_work_t* raw, int) { static_cast<Work*>(raw)->done(); }),
                   "uv_queue_work");
  });
}

// The worst gap is less than half of the job: the loop was free.
bool was_free(const Pulse& pulse) {
  return pulse.beats >= 5 && pulse.worst_gap * 2 < pulse.job;
}

// Other programs can hold up the loop's thread, too. So it may try a few times; a job on
// the loop's own thread would never be free.
Pulse free_once(const std::function<Pulse()>& feel) {
  Pulse pulse = feel();
  for (int again = 0; again < 9 && !was_free(pulse); ++again) pulse = feel();
  return pulse;
}

}  // namespace

int passes_for(std::size_t side, milliseconds time) {
  const auto start = lab::thread_cpu_time();  // not the clock: the core may be shared
  blur(side, 10);
  const Ms once = (lab::thread_cpu_time() - start) / 10;
  return std::max(1, static_cast<int>(time / once));
}

void blurred(Story& story, const Knobs& knobs) {
  const auto side = static_cast<std::size_t>(*knobs.side);
  const Job job{side, passes_for(side, story.quick() ? *knobs.job / 2 : *knobs.job)};
  story.say(
      "We blur a picture of {} x {} pixels {} times, in four places. Meanwhile a timer "
      "on the event loop should fire every 5 ms.",
      job.side, job.side, job.passes);
  story.picture(lab::Picture::strips, {"on the loop's thread", "a thread of the pool",
                                       "a worker process", "libuv's own pool"});
  const Pulse loop = on_the_loop(job);
  const Pulse pool = free_once([&] { return on_the_pool(job, knobs.pool()); });
  const Pulse process = free_once([&] { return on_a_process(job); });
  const Pulse libuv = on_libuvs_pool(job);
  lab::Table table{"The same blur", {"where", "ms", "timer fired", "worst gap, ms"}, {}};
  bool same = true;
  for (const Pulse& pulse : {loop, pool, process, libuv}) {
    same = same && pulse.result == loop.result;
    table.rows.push_back({pulse.where, fmt::format("{:.0f}", pulse.job.count()),
                          std::to_string(pulse.beats),
                          fmt::format("{:.0f}", pulse.worst_gap.count())});
  }
  story.table(table);
  const bool stalled = loop.beats == 0 && loop.worst_gap * 10 >= loop.job * 9;
  story.claim("07.7", same && stalled && was_free(pool),
              "with the blur on a worker thread for {}, the timer fired {} times. "
              "Control: on the loop's thread it fired {} times in {}",
              lab::text::time(pool.job), pool.beats, loop.beats,
              lab::text::time(loop.job));
  story.nuance(
      "07.7",
      "Asynchronous crypto and zlib need no Worker. They run on libuv's own pool, and "
      "with the blur there the timer fired {} times. I/O needs none either.",
      libuv.beats);
  story.claim("07.8", stalled && was_free(pool) && was_free(process),
              "the loop was blocked for at most {} with a thread and {} with a process. "
              "Control: {} with the blur on the loop",
              lab::text::time(pool.worst_gap), lab::text::time(process.worst_gap),
              lab::text::time(loop.worst_gap));
  story.takeaway("A worker keeps the loop free. It does not make the job faster.");
}

// Turn `where` from the loop to the pool, and watch the worst gap.
void live(Story& story, const Knobs& knobs) {
  story.say(
      "Move the jobs from the loop to the pool (knob `where`) and watch the worst gap. "
      "Then raise the rate.");
  story.picture(lab::Picture::curves, {"worst gap", "jobs waiting", "refused"});
  lab::uv::Loop loop;
  ThreadPool pool(knobs.pool());
  const auto side = static_cast<std::size_t>(*knobs.side);
  const int passes = passes_for(side, *knobs.job);
  const auto add = [&] {
    if (*knobs.where == 0) return static_cast<void>(blur(side, passes));
    static_cast<void>(
        pool.submit([=](const std::stop_token& stop) { blur(side, passes, stop); }));
  };
  int beats = 0;
  double owed = 0;
  Ms worst{};
  auto last = Clock::now();
  lab::uv::Timer heart(loop);
  heart.start(
      kBeat,
      [&] {
        if (lab::Program::stopped()) return loop.stop();
        const auto now = Clock::now();
        worst = std::max<Ms>(worst, now - last);
        last = now;
        for (owed += *knobs.rate / 200.0; owed >= 1; owed -= 1) add();
        if (++beats % 20 != 0) return;
        const PoolCounts counts = pool.counts();
        trace::counter("worst gap", worst.count(), {.args = {{"unit", "ms"}}});
        trace::counter("jobs waiting", static_cast<double>(counts.waiting));
        trace::counter("refused", static_cast<double>(counts.refused));
        worst = {};
      },
      kBeat);
  loop.run();
  pool.stop();
}

}  // namespace lab07
