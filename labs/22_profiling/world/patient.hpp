// patient.hpp: a service on an event loop with a thread pool, and the gauges on it.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "doctor.hpp"
#include "lab/uv/uv.hpp"

namespace lab22 {

class Patient {
 public:
  using Request = std::function<void(Patient&)>;

  // A request comes every 10 ms, and on_request serves it on the loop.
  Gauges observe(std::chrono::milliseconds window, const Request& on_request);

  // For on_request: a job for libuv's pool; and memory that is never given back.
  void in_pool(std::function<void()> job);
  void keep(std::size_t bytes);

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
  std::vector<std::unique_ptr<char[]>> kept_;
  std::atomic<int> waiting_ = 0;
  std::atomic<bool> is_over_ = false;

  std::chrono::steady_clock::time_point looked_;
  Scheduled scheduled_;
  Gauges gauges_;
};

}  // namespace lab22
