// thread.cpp: the one thread: what it has under way, and when it learns what is finished.
#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "lab/core/text.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"
#include "resolver.hpp"
#include "scenes/scenes.hpp"
#include "world/barrier.hpp"
#include "world/echo.hpp"
#include "world/held_pool.hpp"
#include "world/name_server.hpp"

namespace lab03 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

void draw(Operations& operations) {
  operations.on_start = [](const Operation& one) { trace::state(one.name, "waiting"); };
  operations.on_done = [](const Operation& one) { trace::state(one.name, "done"); };
}

void meeting(Story& story, const Knobs& knobs) {
  const int many = story.quick() ? std::min(*knobs.questions, 200) : *knobs.questions;
  story.say(
      "A server replies to nobody until all {} clients have asked. One thread plays all "
      "the clients, first with blocking calls, then with non-blocking calls.",
      many);
  story.picture(lab::Picture::bars, {"Answers from the server that waits for everybody"});
  const Attendance blocking = ask_in_turn(BarrierServer(many).port(), many, 300ms);
  const Attendance at_once = ask_at_once(BarrierServer(many).port(), many, 20);
  const auto row = [](const char* how, const Attendance& seen) {
    return std::vector{std::string(how), std::to_string(seen.asked),
                       std::to_string(seen.other_callbacks), std::to_string(seen.threads),
                       std::to_string(seen.answered)};
  };
  story.table(
      {"Answers from the server that waits for everybody",
       {"how", "asked", "timer callbacks", "threads", "answered"},
       {row("blocking, in turn", blocking), row("non-blocking, one loop", at_once)}});
  story.claim("03.1",
              at_once.answered == many && at_once.other_callbacks >= 20 &&
                  at_once.threads == blocking.threads && blocking.answered == 0,
              "{} of {} clients were answered on {} thread, and {} timer callbacks ran "
              "while they waited. Control: blocking calls got {} answers, and the first "
              "call was still waiting when we gave up after 300 ms",
              at_once.answered, many, at_once.threads, at_once.other_callbacks,
              blocking.answered);
  story.takeaway(
      "One thread serves many clients because it never waits for any of them. The waits "
      "overlap.");
}

namespace {

// Where the code of uv_run comes from.
std::string library_of_the_loop() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(uv_run), &info) == 0 || !info.dli_fname) return "?";
  return std::filesystem::path(info.dli_fname).filename();
}

// Opens a FIFO with a plain open(), and lists what happened in order. The writer comes late.
std::string blocking_open(const std::filesystem::path& fifo) {
  lab::check_errno(mkfifo(fifo.c_str(), 0600), "make " + fifo.string());
  std::string order = "open called";
  lab::Descriptor end;  // kept: on a busy machine the writer may come before the reader
  std::thread writer([&] {
    std::this_thread::sleep_for(20ms);  // the open below has no other way out
    order += " > a writer came";
    end.reset(open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  });
  close(open(fifo.c_str(), O_RDONLY | O_CLOEXEC));
  writer.join();
  return order + " > open returned";
}

}  // namespace

void calls(Story& story, const Knobs&) {
  story.say(
      "All threads of the pool are held, so no file, name or pool work can be done. Four "
      "asynchronous calls are made all the same. Each should return at once.");
  story.picture(lab::Picture::strips,
                {"uv_fs_stat", "uv_getaddrinfo", "uv_queue_work", "uv_tcp_connect"});
  const std::string library = library_of_the_loop();
  story.claim("03.3", library.starts_with("libuv.so"),
              "this lab's loop function, uv_run, comes from {}, version {}. In Node, "
              "process.versions.uv shows the version",
              library, uv_version_string());

  Operations operations;
  draw(operations);
  Loop loop;
  HeldPool pool(loop);
  pool.hold(4);
  Echo echo(loop);
  operations.start("uv_fs_stat", [&](Done done) { stat(loop, "/", done); });
  operations.start("uv_getaddrinfo", [&](Done done) { lookup(loop, "127.0.0.1", done); });
  operations.start("uv_queue_work", [&](Done done) {
    job(
        loop, [] {}, done);
  });
  operations.start("uv_tcp_connect", [&](Done done) { echo.ask(done); });
  const auto longest = std::ranges::max(operations.all(), {}, &Operation::call_took);
  const bool pending = std::ranges::none_of(operations.all(), &Operation::done_in_call);
  pool.hold(0);
  const bool all_came = run_until(loop, [&] { return operations.all_done(); });
  const std::string control = blocking_open(lab::run_dir() / "late");
  story.claim(
      "03.5",
      pending && all_came && control == "open called > a writer came > open returned",
      "all 4 calls returned within {}, before any work was done, and their callbacks ran "
      "later. Control: a plain blocking open() did not return until a writer arrived",
      lab::text::time(longest.call_took));
  story.nuance("03.5",
               "Not every call goes to libuv. Node keeps its timers in lists of its own, "
               "on one libuv timer, and dns.resolve uses c-ares.");
  story.takeaway(
      "An asynchronous call only hands over the work. The result comes later.");
}

namespace {

// Four jobs, each on a thread of its own. They finish in the opposite order of their start.
struct Jobs {
  std::atomic<int> finished = 0;
  std::array<int, 4> workers{};  // thread ids
  std::vector<int> called_back;  // the jobs, in the order of their callbacks

  void start(Loop& loop, Operations& operations) {
    for (int number = 0; number < 4; ++number) {
      operations.start(fmt::format("job {}", number + 1), [&, number](Done done) {
        const auto ended = [this, number, done](int status) {
          called_back.push_back(number + 1);
          done(status);
        };
        job(
            loop, [this, number] { work(number); }, ended);
      });
    }
  }

  void work(int number) {
    workers[static_cast<std::size_t>(number)] = lab::thread_id();
    const trace::Span span("working", {.lane = fmt::format("worker {}", number + 1)});
    while (finished != 3 - number) std::this_thread::yield();
    ++finished;
  }
};

}  // namespace

// Step 6: a finished job still waits for its callback. Its thread puts it into a queue and
// wakes the loop. The loop looks there only when the main thread comes back to it.
void callbacks(Story& story, const Knobs&) {
  story.say(
      "The pool finishes four jobs while the main thread is busy with something else. "
      "Their callbacks should wait until the main thread returns to the loop.");
  story.picture(lab::Picture::strips,
                {"main", "worker 1", "worker 2", "worker 3", "worker 4"});
  Operations operations;
  Jobs jobs;
  Loop loop;
  Echo echo(loop);
  NameServer server(loop);
  Resolver resolver(loop, server.port());
  operations.on_done = [](const Operation& one) {
    trace::instant(one.name + " called back", {.lane = "main"});
  };
  jobs.start(loop, operations);
  std::size_t while_busy = 0;
  lab::uv::Timer timer(loop);
  timer.start(0ms, [&] {
    const trace::Span span("busy", {.lane = "main"});
    while (jobs.finished < 4) std::this_thread::yield();
    while_busy = jobs.called_back.size();
  });
  run_until(loop, [&] { return operations.all_done(); });
  story.claim("03.9", while_busy == 0 && jobs.called_back.size() == 4,
              "when the main thread came back to the loop, 4 jobs had finished and {} of "
              "their callbacks had run. Then all ran, in the order {}",
              while_busy, fmt::join(jobs.called_back, ", "));

  operations.start("timer", [&](Done done) { timer.start(1ms, [done] { done(0); }); });
  operations.start("stat", [&](Done done) { stat(loop, "/", done); });
  operations.start("lookup", [&](Done done) { lookup(loop, "127.0.0.1", done); });
  operations.start("resolve", [&](Done done) { resolver.resolve("a.test", done); });
  operations.start("TCP", [&](Done done) { echo.ask(done); });
  const bool all = run_until(loop, [&] { return operations.all_done(); });
  const std::set<int> threads = operations.callback_threads();
  const std::set<int> workers(jobs.workers.begin(), jobs.workers.end());
  story.claim("03.2", all && threads == std::set{getpid()},
              "{} callbacks of jobs, a file, DNS, TCP and a timer all ran on the "
              "process's main thread, {}",
              operations.all().size(), fmt::join(threads, ", "));
  story.claim("03.10", workers.size() == 4 && !workers.contains(getpid()),
              "the 4 jobs ran on {} other threads ({}), their callbacks on {}",
              workers.size(), fmt::join(workers, ", "), fmt::join(threads, ", "));
  story.nuance("03.2",
               "In Node a worker_thread has its own V8, its own loop and its own "
               "JavaScript thread (lab 07).");
  story.takeaway(
      "Work may run on any thread. Your callbacks run one at a time, on the main "
      "thread.");
}

}  // namespace lab03
