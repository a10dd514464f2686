#include <memory>

#include "experiments.hpp"
#include "lab/error.hpp"
#include "lab/loopback.hpp"
#include "lab/uv.hpp"
#include "ready_pipe.hpp"

namespace lab01 {

namespace {

using namespace std::chrono_literals;
using lab::check_errno;
using lab::uv::Loop;

// Connects to nothing. libuv learns at once that it failed, but must not call back from
// inside the call: it puts the callback off.
class FailingConnect {
 public:
  void open(Loop& loop, PhaseLog& log) {
    log_ = &log;
    connect_.data = this;
    lab::uv::check(uv_pipe_init(loop.raw(), &pipe_, 0), "uv_pipe_init");
  }
  void start() {
    uv_pipe_connect(&connect_, &pipe_, "./no-such-socket",
                    [](uv_connect_t* request, int) {
                      auto* self = static_cast<FailingConnect*>(request->data);
                      self->log_->add(self->what);
                    });
  }
  std::string what = "refused";

 private:
  PhaseLog* log_ = nullptr;
  uv_pipe_t pipe_{};
  uv_connect_t connect_{};
};

// A port of 127.0.0.1 on which nobody listens.
sockaddr_in closed_port() {
  const lab::Descriptor socket = lab::loopback::socket();
  lab::loopback::bind(socket);
  return lab::loopback::address(lab::loopback::port_of(socket));
}

}  // namespace

// Step 3: one handle for every phase. The timer is due before the loop starts, the pipe
// has its byte, and the connect that fails at once gives the pending phase something to
// do.
void one_turn(uv_run_mode mode, PhaseLog& log) {
  ReadyPipe ready;
  Until<FailingConnect> world;
  Loop& loop = world.loop;
  world.thing->open(loop, log);
  world.thing->what = "pending";

  lab::uv::Timer timer(loop), closed(loop);
  lab::uv::Idle idle(loop);
  lab::uv::Prepare prepare(loop);
  lab::uv::Poll poll(loop, ready.reading_end());
  lab::uv::Check check(loop);

  timer.start(0ms, [&] {
    log.add("timer");
    world.thing->start();
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
    closed.close([&] { log.add("close"); });
  });
  loop.run(mode);
}

void timer_started_in_poll(uv_run_mode mode, PhaseLog& log) {
  ReadyPipe ready;
  Loop loop;
  lab::uv::Timer timer(loop);
  lab::uv::Poll poll(loop, ready.reading_end());
  lab::uv::Check check(loop);
  poll.start(UV_READABLE, [&] {
    log.add("poll");
    poll.stop();
    timer.start(0ms, [&] { log.add("timer"); });
  });
  check.start([&] {
    log.add("check");
    check.stop();
  });
  loop.run(mode);
  log.add("returned");
  loop.run();
}

// Step 4: the pending phase, caught by something that really is put off. libuv knows at
// once that there is no such socket, and still must not call back before the call
// returns.
void failed_connect(Phase start, PhaseLog& log) {
  ReadyPipe ready;
  Until<FailingConnect> world;
  Loop& loop = world.loop;
  world.thing->open(loop, log);

  lab::uv::Timer timer(loop);
  lab::uv::Idle idle(loop);
  lab::uv::Prepare prepare(loop);
  lab::uv::Poll poll(loop, ready.reading_end());
  lab::uv::Check check(loop);
  const auto start_in = [&](Phase here) {
    if (here != start) return;
    log.add("start");
    world.thing->start();
  };
  int turns = 0;
  timer.start(0ms, [&] { start_in(Phase::timers); });
  idle.start([&] { log.add("idle"); });
  prepare.start([&, done = false]() mutable {
    if (!std::exchange(done, true)) start_in(Phase::prepare);
  });
  poll.start(UV_READABLE, [&] {
    poll.stop();
    start_in(Phase::poll);
  });
  check.start([&] {
    if (++turns == 1) start_in(Phase::check);
    log.add("check");
    if (turns < 2) return;
    idle.stop();
    prepare.stop();
    check.stop();
  });
  loop.run();
}

void refused_tcp(PhaseLog& log) {
  struct Connect {
    uv_tcp_t tcp{};
    uv_connect_t request{};
  };
  Until<Connect> world;
  Connect& connect = *world.thing;
  Loop& loop = world.loop;
  lab::uv::check(uv_tcp_init(loop.raw(), &connect.tcp), "uv_tcp_init");
  connect.request.data = &log;
  const sockaddr_in address = closed_port();

  lab::uv::Check check(loop);
  lab::uv::Idle idle(loop);  // so that poll does not sleep before the first check
  idle.start([] {});
  check.start([&] {
    check.stop();
    idle.stop();
    log.add("start");
    uv_tcp_connect(
        &connect.request, &connect.tcp, reinterpret_cast<const sockaddr*>(&address),
        [](uv_connect_t* request, int status) {
          auto* entries = static_cast<PhaseLog*>(request->data);
          entries->add(status == UV_ECONNREFUSED ? "refused" : uv_err_name(status));
        });
  });
  loop.run();
}

void close_from_check(PhaseLog& log) {
  ReadyPipe ready;
  Loop loop;
  lab::uv::Timer timer(loop);
  lab::uv::Poll live(loop, ready.reading_end());
  lab::uv::Check second(loop), first(loop);
  lab::uv::Idle idle(loop);
  idle.start([] {});
  live.start(UV_READABLE, [] {});
  // libuv puts a new check handle at the head of its list: the last one started runs
  // first.
  second.start([&] {
    log.add("check 2");
    second.stop();
    idle.stop();
  });
  first.start([&] {
    log.add("check 1");
    first.stop();
    timer.start(0ms, [&] { log.add("timer"); });
    live.close([&] { log.add("close"); });
  });
  loop.run();
}

}  // namespace lab01
