#include "world/pulse.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "lab/core/trace.hpp"
#include "world/jobs.hpp"

namespace lab23 {

namespace trace = lab::trace;

namespace {

constexpr int kMostBeats = 6000;  // half a minute: then something is wrong

// Ticks on a thread of its own while `running`, from construction to stop().
class Clock {
 public:
  Clock(const std::atomic<bool>& running, const std::function<void(int)>& on_beat)
      : thread_([this, &running, &on_beat](const std::stop_token& stop) {
          auto next = std::chrono::steady_clock::now();
          while (!stop.stop_requested()) {
            std::this_thread::sleep_until(next += kBeat);
            if (!running) continue;
            trace::instant("beat", {.lane = "the clock"});
            ++beats_;
            if (on_beat) on_beat(beats_);
          }
        }) {}

  int stop() {
    thread_.request_stop();
    thread_.join();
    return beats_;
  }

 private:
  int beats_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace

PongServer::PongServer(lab::uv::Loop& loop)
    : loop_(loop), listener_(loop, [this] {
        lab::uv::Tcp& client = clients_.emplace_back(loop_);
        listener_.accept(client);
        client.read_start([&client](std::string_view, int status) {
          if (status < 0) return client.close();
          static constexpr std::string_view kPong = "pong";
          client.write(kPong, [](int) {});
        });
      }) {
}

Pulse pulse_during(const std::string& lane, const Job& job, const Outside& outside) {
  Pulse pulse;
  std::atomic<bool> running = false;
  Clock clock(running, outside.on_clock);
  Backend backend;
  std::optional<trace::Span> span;
  bool over = false;
  int all = 0;
  lab::uv::Timer heart(backend.loop), start(backend.loop);
  heart.start(
      kBeat,
      [&] {
        trace::instant("beat", {.lane = lane});
        pulse.beats += running ? 1 : 0;
        const bool may_end = over && (!outside.may_end || outside.may_end());
        if (may_end || ++all > kMostBeats) backend.loop.stop();
      },
      kBeat);
  start.start(4 * kBeat, [&] {
    span = trace::Span("the job", {.lane = lane});
    running = true;
    job(backend, [&](std::uint64_t result) {
      running = false;
      over = true;
      span.reset();
      pulse.result = result;
    });
    backend.ticks.drain();  // as Node does after each callback
  });
  backend.loop.run();
  pulse.slices = backend.slices;
  pulse.clock_beats = clock.stop();
  return pulse;
}

Job sliced_sum(std::uint64_t steps, std::chrono::nanoseconds slice, Queue queue) {
  return [=](Backend& backend, const Done& done) {
    const auto pieces = std::make_shared<Sum>(steps);
    const auto defer = [&backend, queue](Callback rest) {
      ++backend.slices;
      if (queue == Queue::ticks) return backend.ticks.next_tick(std::move(rest));
      backend.immediates.set_immediate(std::move(rest));
    };
    SlicedJob::run([pieces] { return pieces->advance(); }, slice, defer,
                   [pieces, done] { done(pieces->result()); });
  };
}

}  // namespace lab23
