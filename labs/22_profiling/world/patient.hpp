// patient.hpp: a service on an event loop with a thread pool, and the gauges on it.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "doctor.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"
#include "lab/uv/uv.hpp"

namespace lab22 {

class Patient {
 public:
  using Milliseconds = std::chrono::milliseconds;

  // A request comes every 10 ms, and on_request serves it on the loop. The window is as long as
  // the loop has a core: on a busy machine it lasts longer, and as many requests come.
  Gauges observe(Milliseconds window, const std::function<void(Patient&)>& on_request) {
    in_pool([] {});  // libuv starts its threads now, and not while we look
    loop_.run();
    const std::size_t resident = lab::resident_bytes();
    const Scheduled before = scheduled_all();
    const auto begin = looked_ = std::chrono::steady_clock::now();
    const Scheduled at_begin = scheduled_ = scheduled();
    requests_.start(
        Milliseconds(0), [&] { on_request(*this); }, Milliseconds(10));
    gauge_.start(
        Milliseconds(5), [this] { look(); }, Milliseconds(5));
    const std::function<void()> end = [&] {
      const auto gone = std::chrono::steady_clock::now() - begin;
      const auto had = gone - (scheduled() - at_begin).waited_for_core;
      if (had >= window) return loop_.stop();
      end_.start(std::chrono::ceil<Milliseconds>(window - had), end);
    };
    end_.start(window, end);
    loop_.run();

    look();
    const Scheduled used = scheduled_all() - before;
    gauges_.cpus_wanted =
        std::chrono::duration<double>(used.on_core + used.waited_for_core) /
        (looked_ - begin);
    std::ranges::nth_element(delays_, delays_.begin() + std::ssize(delays_) / 2);
    gauges_.loop_delay = delays_[delays_.size() / 2];
    gauges_.grown_bytes = std::max(lab::resident_bytes(), resident) - resident;
    is_over_ = true;  // the jobs that still wait have nothing left to do
    for (lab::uv::Timer* timer : {&requests_, &gauge_, &end_}) timer->close();
    loop_.run();
    return gauges_;
  }

  // A job for libuv's pool.
  void in_pool(std::function<void()> work) {
    jobs_.push_back({{}, this, std::move(work)});
    Job& job = jobs_.back();
    job.request.data = &job;
    ++waiting_;
    const auto begin = [](uv_work_t* request) {
      const Job& begun = *static_cast<Job*>(request->data);
      --begun.patient->waiting_;
      if (!begun.patient->is_over_) begun.work();
    };
    const auto end = [](uv_work_t*, int) {};
    lab::uv::check(uv_queue_work(loop_.raw(), &job.request, begin, end), "uv_queue_work");
  }

  void keep(std::size_t bytes) { kept_.emplace_back(bytes, '.'); }

 private:
  struct Job {
    uv_work_t request;
    Patient* patient;
    std::function<void()> work;
  };

  // A loop that waits for a core is not to blame, so that time does not count.
  void look() {
    const auto now = std::chrono::steady_clock::now();
    const Scheduled at = scheduled();
    const std::chrono::nanoseconds delay =
        now - looked_ - (at - scheduled_).waited_for_core;
    looked_ = now;
    scheduled_ = at;
    const int waiting = waiting_;
    lab::trace::counter("pool queue", waiting);
    lab::trace::counter("loop delay (ms)", static_cast<double>(delay.count()) / 1e6);
    delays_.push_back(delay);
    gauges_.pool_queue = std::max(gauges_.pool_queue, waiting);
  }

  lab::uv::Loop loop_;
  lab::uv::Timer requests_{loop_}, gauge_{loop_}, end_{loop_};
  std::list<Job> jobs_;
  std::list<std::string> kept_;
  std::atomic<int> waiting_ = 0;
  std::atomic<bool> is_over_ = false;
  std::chrono::steady_clock::time_point looked_;
  Scheduled scheduled_;
  std::vector<std::chrono::nanoseconds> delays_;
  Gauges gauges_;
};

}  // namespace lab22
