#include "thread_pool.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace lab07 {

ThreadPool::ThreadPool(PoolConfig config, PoolObservers observers)
    : config_(std::move(config)), observers_(std::move(observers)) {
  if (config_.threads < 1) throw std::invalid_argument("a pool needs a thread");
  if (config_.queue < 1) throw std::invalid_argument("a pool needs room for a job");
  if (!config_.now) throw std::invalid_argument("a pool needs a clock");
  running_.resize(static_cast<std::size_t>(config_.threads));
  try {
    for (int i = 0; i < config_.threads; ++i)
      threads_.emplace_back([this, i] { work(i); });
  } catch (...) {
    drain();  // the threads that did start must not outlive the members they use
    throw;
  }
}

ThreadPool::~ThreadPool() {
  drain();
}

// Step 9: the queue is bounded, and a full one says so at once. An unbounded queue hides
// an overload until memory is gone; one that blocks would block the loop that submits.
Submission ThreadPool::submit(Job job) {
  Submission answer;
  {
    const std::lock_guard lock(mutex_);
    if (closed_)
      answer.refused = Refused::closed;
    else if (waiting_.size() >= config_.queue)
      answer.refused = Refused::full;
    if (!answer) {
      ++counts_.refused;
      return answer;
    }
    answer.id = ++last_id_;
    waiting_.push_back({answer.id, std::move(job), config_.now()});
    ++counts_.accepted;
  }
  changed_.notify_one();
  return answer;
}

// Step 10: each thread takes the oldest job, and runs it without the lock.
void ThreadPool::work(int thread) {
  Running& mine = running_[static_cast<std::size_t>(thread)];
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return;  // closed, and nothing is left
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    queue_time_.record(config_.now() - next.since);
    mine = {next.id, std::stop_source()};
    ++counts_.running;
    const std::stop_token token = mine.stop.get_token();

    lock.unlock();
    run(thread, next.id, next.job, token);
    next.job = nullptr;  // what it captured goes before the lock is taken again
    lock.lock();
    mine = {};
    --counts_.running;
  }
}

void ThreadPool::run(int thread, JobId id, const Job& job, const std::stop_token& token) {
  if (observers_.on_start) observers_.on_start(thread, id);
  std::exception_ptr thrown;
  try {
    job(token);
  } catch (...) {
    thrown = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    ++counts_.finished;
    if (thrown) ++counts_.failed;
  }
  if (observers_.on_finish) observers_.on_finish(thread, id, thrown);
}

// Step 11: what waits can be taken back; what runs can only be asked. A thread cannot be
// killed without leaving its locks locked, which is why a Worker that hangs is ended
// whole, and why a process is the only job that can be stopped against its will.
Cancelled ThreadPool::cancel(JobId id) {
  std::stop_source stop{std::nostopstate};
  Job removed;  // destroyed without the lock: it may own anything
  {
    const std::lock_guard lock(mutex_);
    const auto queued = std::ranges::find(waiting_, id, &Waiting::id);
    if (queued != waiting_.end()) {
      removed = std::move(queued->job);
      waiting_.erase(queued);
      ++counts_.removed;
      return Cancelled::removed;
    }
    const auto running = std::ranges::find(running_, id, &Running::id);
    if (id == 0 || running == running_.end()) return Cancelled::too_late;
    stop = running->stop;
  }
  stop.request_stop();  // may call back: without the lock
  return Cancelled::asked;
}

void ThreadPool::drain() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  join();
}

void ThreadPool::stop() {
  std::deque<Waiting> removed;
  std::vector<Running> running;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    removed.swap(waiting_);
    counts_.removed += removed.size();
    running = running_;
  }
  for (Running& one : running) one.stop.request_stop();
  changed_.notify_all();
  join();
}

void ThreadPool::join() {
  const std::lock_guard lock(joining_);
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

PoolCounts ThreadPool::counts() const {
  const std::lock_guard lock(mutex_);
  PoolCounts counts = counts_;
  counts.waiting = waiting_.size();
  return counts;
}

lab::Latency ThreadPool::queue_time() const {
  const std::lock_guard lock(mutex_);
  return queue_time_;
}

}  // namespace lab07
