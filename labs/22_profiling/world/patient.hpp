// patient.hpp: a service on an event loop with a thread pool, and the gauges on it.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <string>

#include "doctor.hpp"
#include "lab/uv/uv.hpp"

namespace lab22 {

class Patient {
 public:
  // A request comes every 10 ms, and on_request serves it on the loop.
  Gauges observe(std::chrono::milliseconds window,
                 const std::function<void(Patient&)>& on_request);

  void in_pool(std::function<void()> work);  // a job for libuv's pool
  void keep(std::size_t bytes) { kept_.emplace_back(bytes, '.'); }

 private:
  struct Job {
    uv_work_t request;
    Patient* patient;
    std::function<void()> work;
  };
  void look();

  lab::uv::Loop loop_;
  lab::uv::Timer requests_{loop_}, gauge_{loop_}, end_{loop_};
  std::list<Job> jobs_;
  std::list<std::string> kept_;
  std::atomic<int> waiting_ = 0;
  std::atomic<bool> is_over_ = false;
  std::chrono::steady_clock::time_point looked_;
  Scheduled scheduled_;
  Gauges gauges_;
};

}  // namespace lab22
