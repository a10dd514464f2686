#include <array>
#include <latch>

#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"
#include "world/descriptors.hpp"
#include "world/experiments.hpp"

namespace lab01 {

namespace {

using namespace std::chrono_literals;
namespace trace = lab::trace;
using lab::uv::Loop;
using Clock = std::chrono::steady_clock;

template <class Duration>
Duration since(Clock::time_point start) {
  return std::chrono::duration_cast<Duration>(Clock::now() - start);
}

// A server that answers one byte after a delay, and its clients, all on one loop.
class Answers {
 public:
  Answers(Loop& loop, std::chrono::milliseconds delay)
      : loop_(loop), delay_(delay), listener_(loop, [this] { accepted(); }) {}

  void ask(std::function<void()> on_answer) {
    lab::uv::Tcp& client = *clients_.emplace_back(std::make_unique<lab::uv::Tcp>(loop_));
    client.connect(listener_.port(), [&client, on_answer](int status) {
      if (status < 0) return;  // then its answer is missing in the count
      client.read_start([on_answer](std::string_view bytes, int) {
        if (!bytes.empty()) on_answer();
      });
    });
  }

 private:
  struct Served {
    explicit Served(Loop& loop) : tcp(loop), timer(loop) {}
    lab::uv::Tcp tcp;
    lab::uv::Timer timer;
  };

  void accepted() {
    Served& served = *served_.emplace_back(std::make_unique<Served>(loop_));
    listener_.accept(served.tcp);
    served.timer.start(delay_, [&served] { served.tcp.write("!", [](int) {}); });
  }

  Loop& loop_;
  std::chrono::milliseconds delay_;
  std::vector<std::unique_ptr<lab::uv::Tcp>> clients_;
  std::vector<std::unique_ptr<Served>> served_;
  lab::uv::Listener listener_;
};

// Holds all four threads of libuv's pool: each runs a job that waits for let_go(). It must
// outlive the loop, which waits for the jobs when it goes.
class PoolHolder {
 public:
  void hold(Loop& loop) {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      jobs_[i].thread = "pool thread " + std::to_string(i + 1);
      jobs_[i].gate = &gate_;
      jobs_[i].work.data = &jobs_[i];
      uv_queue_work(loop.raw(), &jobs_[i].work, wait, [](uv_work_t*, int) {});
    }
  }
  void let_go() { gate_.count_down(); }

 private:
  struct Job {
    std::string thread;
    std::latch* gate = nullptr;
    uv_work_t work{};
  };

  static void wait(uv_work_t* work) {
    const Job& job = *static_cast<Job*>(work->data);
    trace::state(job.thread, "held");
    job.gate->wait();
    trace::state(job.thread, "free");
  }

  std::latch gate_{1};
  std::array<Job, 4> jobs_;
};

}  // namespace

// Step 5: waits overlap because no thread waits. Each connection is an entry in epoll's
// list and a timer in a heap, and the one thread is free in between.
Overlap overlapping_waits(int connections, std::chrono::milliseconds delay) {
  Overlap result{.threads_before = lab::thread_count()};
  Loop loop;
  Answers answers(loop, delay);
  lab::uv::Timer deadline(loop);
  deadline.start(20s, [&] { loop.stop(); });
  const auto start = Clock::now();
  const auto answered = [&] {
    trace::counter("waiting", connections - ++result.answered, {.lane = "loop"});
    if (result.answered == connections / 2) result.threads_during = lab::thread_count();
    if (result.answered == connections) loop.stop();
  };
  for (int i = 0; i < connections; ++i) {
    answers.ask(answered);
    trace::counter("waiting", i + 1, {.lane = "loop"});
  }
  loop.run();
  result.wall = since<std::chrono::milliseconds>(start);
  return result;
}

ThreadIds threads_of_callbacks() {
  ThreadIds ids;
  ReadyPipe ready;
  Loop loop;
  lab::uv::Timer timer(loop), closed(loop);
  lab::uv::Poll poll(loop, ready.reading_end());
  const auto note = [&] { ids.of_callbacks.insert(lab::thread_id()); };
  timer.start(0ms, note);
  poll.start(UV_READABLE, [&] {
    note();
    poll.stop();
    closed.close(note);
  });
  uv_work_t work{};
  work.data = &ids;
  uv_queue_work(
      loop.raw(), &work,
      [](uv_work_t* job) {
        static_cast<ThreadIds*>(job->data)->of_pool_work = lab::thread_id();
      },
      [](uv_work_t* job, int) {
        static_cast<ThreadIds*>(job->data)->of_callbacks.insert(lab::thread_id());
      });
  loop.run();
  ids.threads_after = lab::thread_count();
  return ids;
}

HeldPool pool_held() {
  struct Stat {
    bool done = false;
    lab::EventId queued = 0;
    uv_fs_t request{};
  };
  HeldPool result;
  Stat stat;
  PoolHolder pool;
  Loop loop;
  pool.hold(loop);
  stat.queued = trace::queued("fs.stat", {.lane = "pool queue"});
  trace::state("fs.stat", "waiting");
  stat.request.data = &stat;
  uv_fs_stat(loop.raw(), &stat.request, "/", [](uv_fs_t* request) {
    auto& done = *static_cast<Stat*>(request->data);
    trace::taken(done.queued, "fs.stat", {.lane = "pool queue"});
    trace::state("fs.stat", "done");
    done.done = true;
    uv_fs_req_cleanup(request);
  });
  Answers answers(loop, 20ms);
  lab::uv::Timer deadline(loop);
  const auto free_the_pool = [&] {
    pool.let_go();
    loop.stop();
  };
  deadline.start(10s, free_the_pool);
  // Step 6: a proof by exclusion. With all four threads of the pool held, whatever still
  // makes progress cannot need them: the socket does, the file does not.
  trace::state("TCP request", "waiting");
  answers.ask([&] {
    trace::state("TCP request", "answered");
    trace::instant("TCP answered", {.lane = "loop"});
    result.tcp_answered = true;
    // The file gets as long again.
    deadline.start(20ms, [&] {
      result.file_waited = !stat.done;
      free_the_pool();
    });
  });
  loop.run();

  lab::uv::Timer look(loop);
  look.start(
      1ms, [&] { stat.done ? loop.stop() : void(); }, 1ms);
  deadline.start(10s, [&] { loop.stop(); });
  loop.run();
  result.file_done = stat.done;
  return result;
}

Sleep wait_for_timer(std::chrono::milliseconds delay, bool with_idle) {
  Sleep sleep;
  Loop loop;
  lab::uv::check(uv_loop_configure(loop.raw(), UV_METRICS_IDLE_TIME),
                 "measure idle time");
  lab::uv::Timer timer(loop);
  lab::uv::Idle idle(loop);
  lab::uv::Prepare prepare(loop);
  lab::uv::Check check(loop);
  prepare.start([&] { ++sleep.prepare_calls; });
  check.start([&] { ++sleep.iterations; });
  if (with_idle) idle.start([&] { ++sleep.idle_calls; });
  timer.start(delay, [&] { loop.stop(); });

  const auto start = Clock::now();
  const auto cpu = lab::cpu_time();
  loop.run();
  sleep.wall = since<std::chrono::microseconds>(start);
  sleep.cpu = lab::cpu_time() - cpu;
  sleep.in_poll = std::chrono::microseconds(uv_metrics_idle_time(loop.raw()) / 1000);
  return sleep;
}

std::vector<Timeout> backend_timeouts() {
  ReadyPipe quiet;
  char byte;
  lab::check_errno(read(quiet.reading_end(), &byte, 1), "empty a pipe");
  std::vector<Timeout> timeouts;
  Loop loop;
  // Step 7: how long poll may sleep: until the nearest timer, and not at all while an idle
  // or a closing handle waits. Node keeps an idle handle active while an immediate waits.
  const auto note = [&](const char* active) {
    timeouts.push_back({active, uv_backend_timeout(loop.raw())});
  };
  uv_update_time(loop.raw());
  note("nothing");
  lab::uv::Poll poll(loop, quiet.reading_end());
  poll.start(UV_READABLE, [] {});
  loop.run(UV_RUN_NOWAIT);  // until epoll knows of it, libuv says 0
  note("a socket");
  lab::uv::Timer timer(loop);
  timer.start(50ms, [] {});
  note("a socket, a timer in 50 ms");
  timer.start(0ms, [] {});
  note("a socket, a timer that is due");
  timer.start(50ms, [] {});
  lab::uv::Idle idle(loop);
  idle.start([] {});
  note("a timer in 50 ms, an active idle handle");
  idle.stop();
  lab::uv::Timer closing(loop);
  closing.close();
  note("a timer in 50 ms, a handle that is closing");
  return timeouts;
}

}  // namespace lab01
