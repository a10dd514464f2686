#include "workers.hpp"

#include <stdexcept>
#include <utility>

namespace lab07 {

ThreadPool::ThreadPool(PoolConfig config) : config_(std::move(config)) {
  if (config_.threads < 1 || config_.threads > 100)
    throw std::invalid_argument("a pool has 1 to 100 threads");
  if (config_.queue < 1) throw std::invalid_argument("a pool needs room for a job");
  try {
    for (int i = 0; i < config_.threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (...) {
    drain();  // the threads that did start must not outlive the members they use
    throw;
  }
}

ThreadPool::~ThreadPool() {
  drain();
}

// Step 2: the queue is bounded, and submit() says at once that it is full. An unbounded
// queue hides an overload until the memory is gone. If submit() waited for room, it would
// block the loop that calls it.
Admission ThreadPool::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || waiting_.size() >= config_.queue) {
      ++counts_.refused;
      return closed_ ? Admission::closed : Admission::full;
    }
    ++counts_.accepted;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return Admission::accepted;
}

// Step 3: each thread takes the oldest job, and runs it without the lock.
void ThreadPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return;  // closed, and nothing is left
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    ++counts_.running;

    lock.unlock();
    const bool failed = !run(job);
    job = nullptr;  // what it captured may use the pool, so it goes without the lock
    lock.lock();
    --counts_.running;
    ++counts_.finished;
    if (failed) ++counts_.failed;
  }
}

bool ThreadPool::run(const Job& job) try {
  job(stop_.get_token());
  return true;
} catch (...) {
  if (config_.on_failure) config_.on_failure(std::current_exception());
  return false;
}

void ThreadPool::drain() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  join();
}

// Step 4: a job that waits can be taken back, but one that runs can only be asked to stop.
// A thread cannot be killed without leaving its locks locked. So whatever must be stopped
// against its will belongs in a process.
void ThreadPool::stop() {
  std::deque<Job> removed;  // destroyed without the lock: jobs may own anything
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    removed.swap(waiting_);
    counts_.removed += removed.size();
  }
  stop_.request_stop();
  join();
}

// Whoever comes second waits for the first one, so that both return when all is done.
void ThreadPool::join() {
  changed_.notify_all();
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

}  // namespace lab07
