// heartbeat.cpp: what one job does to the loop, by where it runs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "jobs.hpp"
#include "lab/proc.hpp"
#include "lab/uv.hpp"
#include "scenes.hpp"
#include "worker_process.hpp"

namespace lab07 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Ms = std::chrono::duration<double, std::milli>;
namespace trace = lab::trace;

namespace {

constexpr auto kBeat = 5ms;

// What a person sees of the loop while one job is done.
struct Pulse {
  Ms job{};
  Ms worst_gap{};  // between two beats, from its start to its end
  int beats = 0;   // meanwhile
  std::uint64_t result = 0;
};

// A loop with a timer of 5 ms on it: its heart.
class Heart {
 public:
  using Finish = std::function<void(std::uint64_t result)>;

  // Runs the loop; on its third beat `begin` starts the job, which calls finish() on this
  // thread when it is done.
  Pulse feel(const std::function<void(Finish)>& begin) {
    Pulse pulse;
    Clock::time_point started{}, last{};
    bool running = false;
    int beats = 0;
    const auto gap = [&] {
      const auto now = Clock::now();
      pulse.worst_gap = std::max<Ms>(pulse.worst_gap, now - last);
      last = now;
    };
    timer_.start(
        kBeat,
        [&] {
          trace::instant("beat", {.lane = "loop"});
          if (running) {
            ++pulse.beats;
            gap();
          }
          if (++beats != 3) return;
          running = true;
          started = last = Clock::now();
          begin([&](std::uint64_t result) {
            gap();
            running = false;
            pulse.job = Clock::now() - started;
            pulse.result = result;
            loop_.stop();
          });
        },
        kBeat);
    loop_.run();
    timer_.stop();
    return pulse;
  }

  lab::uv::Loop& loop() { return loop_; }

 private:
  lab::uv::Loop loop_;
  lab::uv::Timer timer_{loop_};
};

struct Job {
  std::size_t side;
  int passes;

  std::uint64_t run() const { return blur(side, passes); }
  Message message() const {
    return {
        .ask = Ask::blur, .passes = static_cast<std::uint32_t>(passes), .value = side};
  }
};

Pulse on_the_loop(const Job& job) {
  Heart heart;
  return heart.feel([&](const Heart::Finish& finish) {
    const trace::Span span("blur", {.lane = "loop"});
    finish(job.run());
  });
}

// Step 7: the remedy. The loop hands the job over and goes on; when a thread has done it,
// an Async wakes the loop, and only then does the loop look at the result.
Pulse on_the_pool(const Job& job, const PoolConfig& config) {
  Heart heart;
  std::atomic<std::uint64_t> result = 0;
  Heart::Finish finish;
  lab::uv::Async done(heart.loop(), [&] { finish(result); });
  ThreadPool pool(config, drawn_jobs());
  return heart.feel([&](const Heart::Finish& when_done) {
    finish = when_done;
    static_cast<void>(pool.submit([&](const std::stop_token&) {
      result = job.run();
      done.send();
    }));
  });
}

Pulse on_a_fresh_thread(const Job& job) {
  Heart heart;
  std::atomic<std::uint64_t> result = 0;
  Heart::Finish finish;
  lab::uv::Async done(heart.loop(), [&] { finish(result); });
  std::jthread worker;
  return heart.feel([&](const Heart::Finish& when_done) {
    finish = when_done;
    worker = std::jthread([&] {
      result = job.run();
      done.send();
    });
  });
}

// The answer's arrival makes the worker's channel readable, as any socket's.
Pulse on_a_process(const Job& job, WorkerProcess& worker) {
  Heart heart;
  lab::uv::Poll channel(heart.loop(), worker.fd());
  return heart.feel([&](const Heart::Finish& finish) {
    channel.start(UV_READABLE, [&channel, &worker, finish] {
      channel.stop();
      const auto answer = worker.receive();
      finish(answer ? answer->value : 0);
    });
    worker.send(job.message());
  });
}

Pulse on_libuvs_pool(const Job& job) {
  struct Work {
    uv_work_t raw;
    const Job* job;
    std::uint64_t result;
    Heart::Finish finish;
  };
  Heart heart;
  Work work{{}, &job, 0, {}};
  work.raw.data = &work;
  return heart.feel([&](const Heart::Finish& finish) {
    work.finish = finish;
    lab::uv::check(uv_queue_work(
                       heart.loop().raw(), &work.raw,
                       [](uv_work_t* raw) {
                         auto* self = static_cast<Work*>(raw->data);
                         self->result = self->job->run();
                       },
                       [](uv_work_t* raw, int) {
                         auto* self = static_cast<Work*>(raw->data);
                         self->finish(self->result);
                       }),
                   "uv_queue_work");
  });
}

// Worst gap less than half of the job, and beats all the way: the loop was free.
bool was_free(const Pulse& pulse) {
  return pulse.beats >= 5 && pulse.worst_gap * 2 < pulse.job;
}

// Other programs can keep the loop's thread waiting, too. So a few times, until nobody did;
// a job on the loop's own thread would not be free at any time.
Pulse free_once(const std::function<Pulse()>& feel) {
  Pulse pulse = feel();
  for (int again = 0; again < 4 && !was_free(pulse); ++again) pulse = feel();
  return pulse;
}

}  // namespace

int passes_for(std::size_t side, milliseconds time) {
  Ms once = Ms::max();  // the best of a few
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    blur(side, 2);
    once = std::min<Ms>(once, (Clock::now() - start) / 2);
  }
  return std::max(1, static_cast<int>(time / once));
}

void blurred(Story& story, const Dials& dials) {
  const auto side = static_cast<std::size_t>(*dials.side);
  const Job job{side, passes_for(side, story.quick() ? *dials.job / 2 : *dials.job)};
  story.say("A picture of {} x {} is blurred {} times, while a timer beats every 5 ms.",
            job.side, job.side, job.passes);
  WorkerProcess worker;
  const std::vector<std::pair<const char*, Pulse>> all = {
      {"on the loop's thread", on_the_loop(job)},
      {"a thread of the pool", free_once([&] { return on_the_pool(job, dials.pool()); })},
      {"a fresh thread", free_once([&] { return on_a_fresh_thread(job); })},
      {"a worker process", free_once([&] { return on_a_process(job, worker); })},
      {"libuv's own pool", on_libuvs_pool(job)}};
  lab::Table table{"The same blur", {"where", "ms", "beats", "worst gap ms"}, {}};
  bool same = true;
  for (const auto& [where, pulse] : all) {
    same &= pulse.result == all[0].second.result;
    table.rows.push_back({where, fmt::format("{:.0f}", pulse.job.count()),
                          std::to_string(pulse.beats),
                          fmt::format("{:.0f}", pulse.worst_gap.count())});
  }
  story.table(table);
  const Pulse& in_line = all[0].second;
  const Pulse& pooled = all[1].second;
  const bool stalled = in_line.beats == 0 && in_line.worst_gap * 10 >= in_line.job * 9;
  story.claim(
      "07.7", "worker threads are for work that computes",
      same && stalled && was_free(pooled),
      "one blur, the same result: on the loop's thread {} beats in {:.0f} ms, on a "
      "worker {} in {:.0f} ms",
      in_line.beats, in_line.job.count(), pooled.beats, pooled.job.count());
  story.nuance(
      "07.7",
      "not for what has an asynchronous call already: Node's crypto and zlib run "
      "on libuv's own pool, and the loop beat {} times meanwhile, without a "
      "Worker. Nor for I/O, which needs no thread at all",
      all[4].second.beats);
  story.claim(
      "07.8", "they keep the main loop free",
      stalled && was_free(all[1].second) && was_free(all[2].second) &&
          was_free(all[3].second),
      "longest silence: {:.0f} of {:.0f} ms on the loop's thread; {:.0f} ms with a "
      "pool, {:.0f} with a fresh thread, {:.0f} with a process",
      in_line.worst_gap.count(), in_line.job.count(), pooled.worst_gap.count(),
      all[2].second.worst_gap.count(), all[3].second.worst_gap.count());
}

}  // namespace lab07
