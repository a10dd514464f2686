// isolation.cpp: what two workers have in common: threads everything, processes nothing but
// what they are sent.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <latch>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"
#include "scenes/scenes.hpp"
#include "worker_process.hpp"
#include "world/forked.hpp"
#include "world/memory_use.hpp"
#include "world/worker_role.hpp"

namespace lab07 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

namespace {

std::string name_of(int number) {
  return fmt::format("worker {}", number);
}
void declare(const WorkerProcess& worker, int number) {
  trace::actor(name_of(number), trace::Actor::process, worker.pid());
}

// Asks a worker and draws what went there and back; nullopt: it died instead.
std::optional<std::uint64_t> ask(WorkerProcess& worker, int number, const char* what,
                                 Message message) {
  const auto asked = trace::flow_out(what, {.lane = "main"});
  worker.send(message);
  const auto answer = worker.receive();
  trace::flow_in(asked, what, {.lane = name_of(number)});
  if (!answer) return std::nullopt;
  const auto answered = trace::flow_out("answer", {.lane = name_of(number)});
  trace::flow_in(answered, "answer", {.lane = "main"});
  return answer->value;
}

// A process or a thread, with the id of the process that it sees itself in.
void draw_id(const std::string& name, pid_t process) {
  trace::state(name, fmt::format("process {}", process));
}

// The ids of a pool's threads, and the processes that these threads see themselves in.
struct ThreadIds {
  std::set<int> threads;
  std::set<pid_t> processes;
};

ThreadIds ids_of_threads(int threads) {
  ThreadIds ids;
  std::mutex mutex;
  std::latch all_run(threads);  // jobs that wait for one another need a thread each
  ThreadPool pool({.threads = threads});
  for (int i = 0; i < threads; ++i) {
    const auto asked = trace::flow_out("who are you?", {.lane = "main"});
    static_cast<void>(pool.submit([&, asked](const std::stop_token&) {
      all_run.arrive_and_wait();
      const std::lock_guard lock(mutex);
      const std::string name = fmt::format("thread {}", ids.threads.size() + 1);
      trace::flow_in(asked, "who are you?", {.lane = name});
      draw_id(name, getpid());
      ids.threads.insert(lab::thread_id());
      ids.processes.insert(getpid());
    }));
  }
  pool.drain();
  return ids;
}

}  // namespace

// The two kinds of workers. The kernel's ids tell them apart.
void identity(Story& story, const Knobs& knobs) {
  const int workers = *knobs.threads;
  story.say(
      "We start {} worker processes and {} worker threads and ask each for its process "
      "id.",
      workers, workers);
  story.picture(lab::Picture::nodes, {"main", "worker 1", "thread 1"});
  trace::actor("main", trace::Actor::process);
  draw_id("main", getpid());
  std::list<WorkerProcess> processes;
  std::set<pid_t> pids{getpid()};
  for (int i = 0; i < workers; ++i) {
    declare(processes.emplace_back(), i + 1);
    pids.insert(processes.back().pid());
    ask(processes.back(), i + 1, "who are you?", {.ask = Ask::who});
    draw_id(name_of(i + 1), processes.back().pid());
  }
  const ThreadIds ids = ids_of_threads(workers);
  story.table({"Main and its workers",
               {"workers", "process ids", "thread ids"},
               {{fmt::format("{} processes", workers), fmt::format("{}", pids), "-"},
                {fmt::format("{} threads", workers), fmt::format("{}", ids.processes),
                 fmt::format("{}", ids.threads)}}});
  const auto count = static_cast<std::size_t>(workers);
  story.claim("07.1", pids.size() == count + 1,
              "{} worker processes and their parent have {} different process ids",
              workers, pids.size());
  story.claim(
      "07.5",
      ids.threads.size() == count && !ids.threads.contains(getpid()) &&
          ids.processes == std::set<pid_t>{getpid()},
      "{} worker threads have {} different thread ids and the same process id, {}",
      workers, ids.threads.size(), fmt::join(ids.processes, ", "));
  story.takeaway("Cluster starts processes. Worker threads are threads of one process.");
}

namespace {

// What a forked child sees that writes into memory which it was born with.
struct Fork {
  std::uint64_t copied = 0;      // bytes that it got of its own by writing
  std::int64_t parent_sees = 0;  // how many of its writes the parent then has
};

// Step 7: copy on write. A forked child starts with its parent's pages; the first write to
// a page gives the child a copy of its own. The parent never notices.
Fork fork_and_write(std::size_t bytes) {
  SharedNumber copied;
  std::vector<char> memory(bytes, 'p');
  {
    const Forked child([&] {
      const std::uint64_t before = private_bytes(getpid());
      for (std::size_t i = 0; i < bytes; i += 4096) memory[i] = 'c';
      *copied = private_bytes(getpid()) - before;
    });
  }
  return {*copied, std::ranges::count(memory, 'c')};
}

}  // namespace

void memory(Story& story, const Knobs&) {
  constexpr std::size_t kBytes = 8 << 20;
  story.say(
      "Two worker processes change a global variable, a forked child overwrites 8 MiB, "
      "and a thread changes a variable of main. Which changes does main see?");
  story.picture(lab::Picture::bars, {"Writes that main sees"});
  WorkerProcess first, second;
  std::uint64_t of_first = 0;
  for (int i = 0; i < 3; ++i) of_first = first.ask({.ask = Ask::bump, .value = 1});
  const std::uint64_t of_second = second.ask({.ask = Ask::bump, .value = 1});
  const Fork forked = fork_and_write(kBytes);
  int of_thread = 0;
  std::thread([&] { of_thread += 3; }).join();
  story.table({"Writes that main sees",
               {"who writes", "seen"},
               {{"a forked child", std::to_string(forked.parent_sees)},
                {"a thread", std::to_string(of_thread)}}});
  story.claim("07.2",
              of_first == 3 && of_second == 1 && forked.parent_sees == 0 &&
                  forked.copied >= kBytes && of_thread == 3,
              "one worker added 1 to a global three times, the other once; they read {} "
              "and {}. A forked child wrote 8 MiB, got {} of its own and changed {} "
              "bytes of its parent. Control: main saw all {} additions of a thread",
              of_first, of_second, lab::text::bytes(forked.copied), forked.parent_sees,
              of_thread);
  story.takeaway("Processes share only what you send them. Threads share everything.");
}

namespace {

std::uint64_t memory_of_processes(int workers) {
  std::list<WorkerProcess> all;
  std::uint64_t bytes = 0;
  for (int i = 0; i < workers; ++i) all.emplace_back().ask({.ask = Ask::who});
  for (const WorkerProcess& worker : all) bytes += proportional_bytes(worker.pid());
  return bytes;
}

std::uint64_t memory_of_threads(int workers) {
  const std::uint64_t before = proportional_bytes(getpid());
  std::latch all_run(workers + 1), measured(1);
  ThreadPool pool({.threads = workers});
  for (int i = 0; i < workers; ++i) {
    static_cast<void>(pool.submit([&](const std::stop_token&) {
      all_run.arrive_and_wait();
      measured.wait();
    }));
  }
  all_run.arrive_and_wait();
  const std::uint64_t after = proportional_bytes(getpid());
  measured.count_down();
  return std::max(after, before) - before;
}

}  // namespace

void weight(Story& story, const Knobs&) {
  constexpr int kWorkers = 4;
  story.say(
      "We start {} worker processes and {} threads and measure the memory of each while "
      "it is idle.",
      kWorkers, kWorkers);
  story.picture(lab::Picture::bars, {"Memory of one idle worker"});
  const std::uint64_t process = memory_of_processes(kWorkers) / kWorkers;
  const std::uint64_t thread = memory_of_threads(kWorkers) / kWorkers;
  story.table({"Memory of one idle worker",
               {"worker", "KiB"},
               {{"a process", std::to_string(process / 1024)},
                {"a thread", std::to_string(thread / 1024)}}});
  story.claim("07.3", process > 3 * thread && process > 0,
              "an idle worker process takes {} of memory, and an idle thread takes {}",
              lab::text::bytes(process), lab::text::bytes(thread));
  story.nuance(
      "07.3",
      "Here a runtime is some libraries and a heap. In Node it is a whole V8: a process "
      "takes about 40 MB, and a Worker 9 MB, because it has its own V8 too.");
  story.takeaway("A worker process costs far more memory than a thread, in Node too.");
}

namespace {

// A process with two threads, of which the first crashes when it is told to.
class TwoThreads {
 public:
  pid_t pid() const { return child_.pid(); }

  // How many threads run; waits for both, unless they do not come.
  std::uint64_t running() {
    for (int i = 0; i < 10'000 && *running_ < 2; ++i) std::this_thread::sleep_for(1ms);
    return *running_;
  }
  // Returns the signal that ended the process, and so both threads.
  int crash() {
    *crash_ = 1;
    return child_.wait();
  }

 private:
  SharedNumber running_, crash_;
  Forked child_{[this] {
    std::jthread other([this] {
      ++*running_;
      std::this_thread::sleep_for(20s);
    });
    ++*running_;
    for (int i = 0; i < 10'000 && *crash_ == 0; ++i) std::this_thread::sleep_for(1ms);
    crash_by_signal();
  }};
};

}  // namespace

void crash(Story& story, const Knobs&) {
  story.say(
      "One of two worker processes crashes with a segmentation fault. Then one of two "
      "threads of a third process does.");
  constexpr const char* kThird = "third process";
  story.picture(lab::Picture::nodes,
                {"main", "worker 1", "worker 2", kThird, "thread 1", "thread 2"});
  trace::actor("main", trace::Actor::process);
  WorkerProcess bad, good;
  declare(bad, 1);
  declare(good, 2);
  const bool answered = ask(bad, 1, "crash", {.ask = Ask::crash}).has_value();
  const int of_process = bad.wait().signal;
  trace::state("worker 1", "killed by SIGSEGV");
  const bool lives = ask(good, 2, "add 1", {.ask = Ask::bump, .value = 1}) == 1u;
  trace::state("worker 2", lives ? "still answers" : "gone");
  TwoThreads third;
  trace::actor(kThird, trace::Actor::process, third.pid());
  trace::state(kThird, fmt::format("runs {} threads", third.running()));
  for (std::uint64_t thread = 1; thread <= third.running(); ++thread) {
    const std::string name = fmt::format("thread {}", thread);
    trace::actor(name, trace::Actor::process);
    trace::flow_in(trace::flow_out("starts", {.lane = kThird}), "starts", {.lane = name});
    trace::state(name, "runs");
  }
  trace::flow_in(trace::flow_out("crash", {.lane = "main"}), "crash", {.lane = kThird});
  const int of_threads = third.crash();
  trace::state("thread 1", "crashed");
  trace::state(kThird, of_threads ? "killed by SIGSEGV" : "ended");
  trace::state("thread 2", of_threads ? "killed with it" : "ended");
  story.table({"A segmentation fault",
               {"in a worker", "ends", "the other worker"},
               {{"process", fmt::format("that process, by signal {}", of_process),
                 lives ? "goes on" : "is gone"},
                {"thread", fmt::format("its whole process, by signal {}", of_threads),
                 of_threads ? "is gone" : "goes on"}}});
  story.claim("07.2",
              !answered && of_process == SIGSEGV && lives && of_threads == SIGSEGV,
              "one worker process died of signal {} and the other still answered. "
              "Control: a thread that crashed took its whole process with it (signal {})",
              of_process, of_threads);
  story.nuance("07.5",
               "In Node an exception or a full heap ends only that Worker, and main gets "
               "an error event. A crash in native code ends the whole process.");
  story.takeaway("If code may crash, run it in its own process.");
}

}  // namespace lab07
