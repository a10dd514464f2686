#include "world/patient.hpp"

#include <algorithm>
#include <cstring>

#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"

namespace lab22 {

namespace trace = lab::trace;
using namespace std::chrono_literals;

Gauges Patient::observe(std::chrono::milliseconds window, const Request& on_request) {
  const std::size_t resident = lab::resident_bytes();
  const Scheduled before = scheduled_all();
  const auto begin = std::chrono::steady_clock::now();
  looked_ = begin;
  scheduled_ = scheduled_here();
  requests_.start(
      0ms, [&] { on_request(*this); }, 10ms);
  gauge_.start(
      5ms, [this] { look(); }, 5ms);
  end_.start(window, [this] { loop_.stop(); });
  loop_.run();

  look();
  const Scheduled after = scheduled_all();
  const auto wanted =
      after.on_core - before.on_core + after.waited_for_core - before.waited_for_core;
  const std::chrono::duration<double> lasted = std::chrono::steady_clock::now() - begin;
  gauges_.cpu_demand = std::chrono::duration<double>(wanted) / lasted;
  gauges_.grown_bytes = std::max(lab::resident_bytes(), resident) - resident;
  is_over_ = true;  // what still waits in the pool has nothing left to do
  requests_.close();
  gauge_.close();
  end_.close();
  loop_.run();
  return gauges_;
}

// A loop that waits for a core is not to blame, so that time does not count.
void Patient::look() {
  const auto now = std::chrono::steady_clock::now();
  const Scheduled scheduled = scheduled_here();
  const std::chrono::nanoseconds delay =
      now - looked_ - (scheduled.waited_for_core - scheduled_.waited_for_core);
  gauges_.loop_delay = std::max(gauges_.loop_delay, delay);
  looked_ = now;
  scheduled_ = scheduled;
  const int waiting = waiting_;
  gauges_.pool_queue = std::max(gauges_.pool_queue, static_cast<std::size_t>(waiting));
  trace::counter("pool queue", waiting);
  trace::counter("loop delay (ms)",
                 std::chrono::duration<double, std::milli>(delay).count());
}

void Patient::in_pool(std::function<void()> job) {
  Job& waiting = jobs_.emplace_back(uv_work_t{}, this, std::move(job));
  waiting.request.data = &waiting;
  ++waiting_;
  lab::uv::check(uv_queue_work(
                     loop_.raw(), &waiting.request,
                     [](uv_work_t* request) {
                       Job& begun = *static_cast<Job*>(request->data);
                       --begun.patient->waiting_;
                       if (!begun.patient->is_over_) begun.work();
                     },
                     [](uv_work_t*, int) {}),
                 "uv_queue_work");
}

void Patient::keep(std::size_t bytes) {
  kept_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
  std::memset(kept_.back().get(), 1, bytes);
}

}  // namespace lab22
