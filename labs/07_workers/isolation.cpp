// isolation.cpp: what two workers have in common: with threads everything, with processes
// nothing but what they are sent.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <latch>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "lab/error.hpp"
#include "lab/proc.hpp"
#include "scenes.hpp"
#include "worker_process.hpp"

namespace lab07 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

PoolObservers drawn_jobs() {
  // A thread's job begins and ends on that thread.
  thread_local std::optional<trace::Span> running;
  return {.on_start =
              [](int thread, JobId id) {
                running = trace::Span(fmt::format("job {}", id),
                                      {.lane = fmt::format("thread {}", thread + 1)});
              },
          .on_finish = [](int, JobId, const std::exception_ptr&) { running.reset(); }};
}

namespace {

// The thread ids of the pool's threads, and the processes that they see themselves in. Jobs
// that wait for one another need a thread each.
std::set<int> thread_ids(int threads, std::set<pid_t>& processes) {
  std::set<int> ids;
  std::mutex mutex;
  std::latch all_run(threads);
  ThreadPool pool({.threads = threads}, drawn_jobs());
  for (int i = 0; i < threads; ++i) {
    static_cast<void>(pool.submit([&](const std::stop_token&) {
      all_run.arrive_and_wait();
      const std::lock_guard lock(mutex);
      ids.insert(lab::thread_id());
      processes.insert(getpid());
    }));
  }
  pool.drain();
  return ids;
}

}  // namespace

// Step 1: the two kinds of workers. What tells them apart is in the process table.
void identity(Story& story, const Dials& dials) {
  const int workers = *dials.threads;
  std::list<WorkerProcess> processes;
  std::set<pid_t> pids{getpid()};
  std::set<std::uint64_t> main_threads{static_cast<std::uint64_t>(lab::thread_id())};
  for (int i = 0; i < workers; ++i) {
    WorkerProcess& worker = processes.emplace_back();
    pids.insert(worker.pid());
    main_threads.insert(worker.ask({.ask = Ask::who}));
  }
  std::set<pid_t> of_threads;
  const std::set<int> threads = thread_ids(workers, of_threads);
  lab::Table table{"Main and its workers", {"workers", "processes", "threads"}, {}};
  table.rows.push_back({fmt::format("{} processes", workers), fmt::format("{}", pids),
                        fmt::format("{}", main_threads)});
  table.rows.push_back({fmt::format("{} threads", workers), fmt::format("{}", of_threads),
                        fmt::format("{}", threads)});
  story.table(table);
  const auto count = static_cast<std::size_t>(workers);
  story.claim("07.1", "the workers of a cluster are separate processes",
              pids.size() == count + 1 && main_threads.size() == count + 1,
              "{} workers and their parent: {} process ids", workers, pids.size());
  story.claim("07.5", "worker threads live in one process",
              threads.size() == count && !threads.contains(getpid()) &&
                  of_threads == std::set<pid_t>{getpid()},
              "{} workers: {} thread ids, all in process {}", workers, threads.size(),
              fmt::join(of_threads, ", "));
}

namespace {

int g_global = 0;

// What a forked child sees that writes into memory which it was born with.
struct Fork {
  std::uint64_t private_before = 0;  // bytes that it shares with nobody
  std::uint64_t private_after = 0;   // once it has written
  int parent_sees = 0;               // of 0: what the parent's memory then holds
};

// Step 2: copy on write. A forked child starts with its parent's pages; the first write to
// one gives it a copy of its own. The parent never notices.
Fork fork_and_write(std::size_t bytes) {
  struct Report {
    std::uint64_t before, after;
  };
  SharedMemory report(sizeof(Report));
  std::vector<char> memory(bytes, 'p');
  const pid_t child = fork();
  lab::check_errno(child, "fork");
  if (child == 0) {
    auto* seen = reinterpret_cast<Report*>(report.bytes().data());
    seen->before = private_bytes(getpid());
    for (std::size_t i = 0; i < bytes; i += 4096) memory[i] = 'c';
    g_global = 42;
    seen->after = private_bytes(getpid());
    _exit(0);
  }
  int status = 0;
  lab::check_errno(waitpid(child, &status, 0), "wait for the forked child");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw lab::Error("fork and write", "the child did not finish");
  }
  const auto* seen = reinterpret_cast<const Report*>(report.bytes().data());
  const auto changed = std::ranges::count(memory, 'c');
  return {seen->before, seen->after, static_cast<int>(changed) + g_global};
}

}  // namespace

void memory(Story& story) {
  constexpr std::size_t kBytes = 8 << 20;
  story.say("A global of each worker, and 8 MiB that a forked child overwrites.");
  WorkerProcess first;
  WorkerProcess second;
  std::uint64_t of_first = 0;
  for (int i = 0; i < 3; ++i) of_first = first.ask({.ask = Ask::bump, .value = 1});
  const std::uint64_t of_second = second.ask({.ask = Ask::bump, .value = 1});
  const Fork forked = fork_and_write(kBytes);
  int of_threads = 0;
  {
    ThreadPool pool({.threads = 1});
    for (int i = 0; i < 3; ++i)
      static_cast<void>(pool.submit([&](const std::stop_token&) { ++of_threads; }));
  }
  const std::uint64_t copied = forked.private_after - forked.private_before;
  story.claim(
      "07.2", "each worker of a cluster has its own memory",
      of_first == 3 && of_second == 1 && forked.parent_sees == 0 && copied >= kBytes &&
          of_threads == 3,
      "bumped 3 times in one worker and once in another: {} and {}; a forked child "
      "wrote 8 MiB and so got {:.1f} MiB of its own, its parent's bytes changed: "
      "{}. Control: a thread's 3 writes are all here ({})",
      of_first, of_second, static_cast<double>(copied) / (1 << 20), forked.parent_sees,
      of_threads);
}

// Step 3: what one more worker costs in memory. PSS counts a page that n processes share as
// one n-th for each, so the sum over all is what the machine really gives.
void weight(Story& story) {
  constexpr int kWorkers = 4;
  std::uint64_t processes = 0;
  {
    std::list<WorkerProcess> workers;
    for (int i = 0; i < kWorkers; ++i) workers.emplace_back().ask({.ask = Ask::who});
    for (const WorkerProcess& worker : workers)
      processes += proportional_bytes(worker.pid());
  }
  std::uint64_t threads = 0;
  {
    const std::uint64_t before = proportional_bytes(getpid());
    std::latch all_run(kWorkers + 1);
    std::latch measured(1);
    ThreadPool pool({.threads = kWorkers});
    for (int i = 0; i < kWorkers; ++i) {
      static_cast<void>(pool.submit([&](const std::stop_token&) {
        all_run.arrive_and_wait();
        measured.wait();
      }));
    }
    all_run.arrive_and_wait();
    const std::uint64_t after = proportional_bytes(getpid());
    threads = after > before ? after - before : 0;
    measured.count_down();
  }
  const auto each = [](std::uint64_t all) {
    return static_cast<double>(all) / kWorkers / 1024;
  };
  story.claim(
      "07.3", "each worker of a cluster has a runtime of its own",
      processes > 3 * threads && processes > 0,
      "memory of an idle worker (PSS): {:.0f} KiB for a process, {:.0f} KiB for a "
      "thread",
      each(processes), each(threads));
  story.nuance(
      "07.3",
      "here it is libraries and a heap. In Node it is all of V8, and a Worker has "
      "its own too: node.mjs measures some 40 MB a process, 9 MB a Worker");
}

// Crashes a job in a pool of two threads while the other thread is at work.
int crash_main(std::span<const std::string> args) {
  if (!args.empty()) return 2;
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::latch other_works(2);
  ThreadPool pool({.threads = 2});
  static_cast<void>(pool.submit([&](const std::stop_token&) {
    other_works.arrive_and_wait();
    std::this_thread::sleep_for(10s);
  }));
  static_cast<void>(pool.submit([&](const std::stop_token&) {
    other_works.arrive_and_wait();
    std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would take it
    std::raise(SIGSEGV);
  }));
  pool.drain();
  return 0;
}

void crash(Story& story) {
  story.say("A worker gets SIGSEGV, as if it had written where nothing is.");
  WorkerProcess bad;
  WorkerProcess good;
  bad.send({.ask = Ask::crash});
  const bool answered = bad.receive().has_value();
  const int signal = bad.wait().signal;
  const bool lives = good.ask({.ask = Ask::bump, .value = 1}) == 1;
  lab::Child threads = lab::Child::role("crash");
  const int of_threads = threads.wait().signal;
  lab::Table table{
      "A segmentation fault", {"in a worker", "ends", "the other worker"}, {}};
  table.rows.push_back({"process", fmt::format("that process, by signal {}", signal),
                        lives ? "goes on" : "is gone"});
  table.rows.push_back({"thread",
                        fmt::format("the whole process, by signal {}", of_threads),
                        of_threads ? "is gone" : "goes on"});
  story.table(table);
  story.claim("07.2", "each worker of a cluster has its own memory",
              !answered && signal == SIGSEGV && lives && of_threads == SIGSEGV,
              "a worker process died of signal {} and the other answered; a thread that "
              "did the same took its process along (signal {})",
              signal, of_threads);
  story.nuance("07.5",
               "an exception or a full heap ends only a Node Worker, and main is told "
               "(ERR_WORKER_OUT_OF_MEMORY); a crash in native code ends all of them");
}

}  // namespace lab07
