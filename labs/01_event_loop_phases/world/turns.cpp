#include "lab/net/loopback.hpp"
#include "world/descriptors.hpp"
#include "world/experiments.hpp"

namespace lab01 {

using namespace std::chrono_literals;
using lab::uv::Check;
using lab::uv::Idle;
using lab::uv::Loop;
using lab::uv::Poll;
using lab::uv::Prepare;
using lab::uv::Timer;

// The timer is due before the loop starts, and the pipe has its byte.
void one_iteration(PhaseLog& log) {
  ReadyPipe ready;
  Loop loop;
  FailingConnect connect(loop);
  Timer timer(loop), closed(loop);
  Idle idle(loop);
  Prepare prepare(loop);
  Poll poll(loop, ready.reading_end());
  Check check(loop);

  // Step 3: every phase gets something to do. The timer is due, and a connect that fails at
  // once gives the pending phase a callback.
  timer.start(0ms, [&] {
    log.add("timer");
    connect.start(log.step("pending"));
  });
  idle.start([&] {
    log.add("idle");
    idle.stop();
  });
  prepare.start([&] {
    log.add("prepare");
    prepare.stop();
  });
  poll.start(UV_READABLE, [&] {
    log.add("poll");
    poll.stop();
  });
  check.start([&] {
    log.add("check");
    check.stop();
    closed.close(log.step("close"));
  });
  loop.run();
}

void failed_connect(Phase start, PhaseLog& log) {
  ReadyPipe ready;
  Loop loop;
  FailingConnect connect(loop);
  Timer timer(loop);
  Idle idle(loop);
  Prepare prepare(loop);
  Poll poll(loop, ready.reading_end());
  Check check(loop);
  // Step 4: when deferred callbacks run. Pending comes after timers and after poll, so only
  // a callback that is deferred in check or closing waits for the next iteration.
  const auto start_in = [&](Phase here) {
    if (here != start) return;
    log.add("start");
    connect.start(log.step("refused"));
  };
  int iterations = 0;
  timer.start(0ms, [&] { start_in(Phase::timers); });
  idle.start(log.step("idle"));
  prepare.start([&, done = false]() mutable {
    if (!std::exchange(done, true)) start_in(Phase::prepare);
  });
  poll.start(UV_READABLE, [&] {
    poll.stop();
    start_in(Phase::poll);
  });
  check.start([&] {
    if (++iterations == 1) start_in(Phase::check);
    log.add("check");
    if (iterations == 1) return;
    idle.stop();
    prepare.stop();
    check.stop();
  });
  loop.run();
}

void refused_tcp(PhaseLog& log) {
  lab::Descriptor nobody_listens = lab::loopback::socket();
  lab::loopback::bind(nobody_listens);
  const std::uint16_t port = lab::loopback::port_of(nobody_listens);
  Loop loop;
  lab::uv::Tcp connection(loop);
  Check check(loop);
  Idle idle(loop);  // so that poll does not sleep before the first check
  idle.start([] {});
  check.start([&] {
    check.stop();
    idle.stop();
    log.add("start");
    connection.connect(port, [&](int status) {
      log.add(status == UV_ECONNREFUSED ? "refused" : uv_err_name(status));
    });
  });
  loop.run();
}

void close_from_check(PhaseLog& log) {
  ReadyPipe ready;
  Loop loop;
  Timer timer(loop);
  Poll live(loop, ready.reading_end());
  Check second(loop), first(loop);
  Idle idle(loop);
  idle.start([] {});
  live.start(UV_READABLE, [] {});
  // libuv puts a new check handle at the head of its list: the one started last runs first.
  second.start([&] {
    log.add("check 2");
    second.stop();
    idle.stop();
  });
  first.start([&] {
    log.add("check 1");
    first.stop();
    timer.start(0ms, log.step("timer"));
    live.close(log.step("close"));
  });
  loop.run();
}

}  // namespace lab01
