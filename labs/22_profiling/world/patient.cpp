#include "world/patient.hpp"

#include <algorithm>

#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"

namespace lab22 {

using namespace std::chrono_literals;

Gauges Patient::observe(std::chrono::milliseconds window,
                        const std::function<void(Patient&)>& on_request) {
  const std::size_t resident = lab::resident_bytes();
  const Scheduled before = scheduled_all();
  const auto begin = looked_ = std::chrono::steady_clock::now();
  scheduled_ = scheduled_here();
  const auto serve = [&] { on_request(*this); };
  requests_.start(0ms, serve, 10ms);
  gauge_.start(
      5ms, [this] { look(); }, 5ms);
  end_.start(window, [this] { loop_.stop(); });
  loop_.run();

  look();
  const Scheduled after = scheduled_all();
  const auto wanted =
      after.on_core - before.on_core + after.waited_for_core - before.waited_for_core;
  const std::chrono::duration<double> lasted = looked_ - begin;
  gauges_.cpus_wanted = std::chrono::duration<double>(wanted) / lasted;
  gauges_.grown_bytes = std::max(lab::resident_bytes(), resident) - resident;
  is_over_ = true;  // the jobs that still wait have nothing left to do
  for (lab::uv::Timer* timer : {&requests_, &gauge_, &end_}) timer->close();
  loop_.run();
  return gauges_;
}

// A loop that waits for a core is not to blame, so that time does not count.
void Patient::look() {
  const auto now = std::chrono::steady_clock::now();
  const Scheduled scheduled = scheduled_here();
  const std::chrono::nanoseconds delay =
      now - looked_ - (scheduled.waited_for_core - scheduled_.waited_for_core);
  const int waiting = waiting_;
  lab::trace::counter("pool queue", waiting);
  lab::trace::counter("loop delay (ms)", static_cast<double>(delay.count()) / 1e6);
  gauges_.loop_delay = std::max(gauges_.loop_delay, delay);
  gauges_.pool_queue = std::max(gauges_.pool_queue, static_cast<std::size_t>(waiting));
  looked_ = now;
  scheduled_ = scheduled;
}

void Patient::in_pool(std::function<void()> work) {
  Job& waiting = jobs_.emplace_back(uv_work_t{}, this, std::move(work));
  waiting.request.data = &waiting;
  ++waiting_;
  const auto begin = [](uv_work_t* request) {
    Job& job = *static_cast<Job*>(request->data);
    --job.patient->waiting_;
    if (!job.patient->is_over_) job.work();
  };
  lab::uv::check(
      uv_queue_work(loop_.raw(), &waiting.request, begin, [](uv_work_t*, int) {}),
      "uv_queue_work");
}

}  // namespace lab22
