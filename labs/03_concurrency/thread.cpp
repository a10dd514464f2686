// thread.cpp: the one thread: what it has under way, what it is told, and when.
#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "held_pool.hpp"
#include "lab/process.hpp"
#include "lab/run_dir.hpp"
#include "meeting.hpp"
#include "resolver.hpp"
#include "scenes.hpp"

namespace lab03 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

void draw(Notes& notes) {
  notes.on_start = [](const Note& note) {
    trace::instant(note.name + " called", {.lane = "main"});
  };
  notes.on_done = [](const Note& note) {
    trace::instant(note.name + " called back", {.lane = "main"});
  };
}

void meeting(Story& story, Knob<int> questions) {
  const int many = story.quick() ? std::min(*questions, 200) : *questions;
  story.say("A server that answers nobody until all {} clients have asked.", many);
  const Attendance blocking = ask_in_turn(many, 300ms);
  const Attendance at_once = ask_at_once(many, 20);
  lab::Table table{"Asking the server that waits for all",
                   {"how", "asked", "answered", "other callbacks meanwhile", "threads"},
                   {}};
  const auto row = [&](const char* how, const Attendance& seen) {
    table.rows.push_back({how, std::to_string(seen.asked), std::to_string(seen.answered),
                          std::to_string(seen.other_callbacks),
                          std::to_string(seen.threads)});
  };
  row("blocking calls, one after another", blocking);
  row("calls that do not block, one loop", at_once);
  story.table(table);
  story.claim("03.1", "the model is event-driven and non-blocking",
              at_once.answered == many && at_once.other_callbacks >= 20 &&
                  at_once.threads == blocking.threads && blocking.answered == 0,
              "{} of {} answered, and {} timer callbacks ran while they waited, on {} "
              "thread; blocking calls got {} answers, and hung at the first",
              at_once.answered, many, at_once.other_callbacks, at_once.threads,
              blocking.answered);
}

namespace {

// Where the code of uv_run comes from.
std::string library_of_the_loop() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void*>(uv_run), &info) == 0 || !info.dli_fname) return "?";
  const char* slash = std::strrchr(info.dli_fname, '/');
  return slash ? slash + 1 : info.dli_fname;
}

std::string uv_of_node() {
  try {
    lab::Child node = lab::Child::run({"node", "-p", "process.versions.uv"});
    std::string version = node.wait().out;
    version.erase(std::remove(version.begin(), version.end(), '\n'), version.end());
    return node.wait().ok() ? version : "";
  } catch (const lab::Error&) {
    return "";  // not installed
  }
}

// Opens a FIFO the blocking way: what happened, in order. The writer comes late.
std::string blocking_open(const std::filesystem::path& fifo) {
  lab::check_errno(mkfifo(fifo.c_str(), 0600), "make " + fifo.string());
  std::string order = "open called";
  std::thread writer([&] {
    std::this_thread::sleep_for(20ms);  // the call above has no other way out
    order += " > a writer came";
    close(open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  });
  close(open(fifo.c_str(), O_RDONLY | O_CLOEXEC));
  writer.join();
  std::filesystem::remove(fifo);
  return order + " > open returned";
}

double microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

}  // namespace

void calls(Story& story) {
  const std::string library = library_of_the_loop();
  const std::string node = uv_of_node();
  story.claim("03.3", "libuv is the C library behind the loop",
              library.starts_with("libuv.so"),
              "uv_run, from which all callbacks of this lab come, is code of {}, version "
              "{}{}",
              library, uv_version_string(), node.empty() ? "" : "; Node's is " + node);

  story.say("All threads of the pool are held, so that nothing can be done at once.");
  Notes notes;
  draw(notes);
  Loop loop;
  HeldPool pool(loop, lab::run_dir());
  pool.hold(4);
  Echo echo(loop);
  notes.start("uv_fs_stat", [&](Done done) { stat(loop, "/", std::move(done)); });
  notes.start("uv_getaddrinfo",
              [&](Done done) { lookup(loop, "127.0.0.1", std::move(done)); });
  notes.start("uv_queue_work", [&](Done done) {
    job(
        loop, [] {}, std::move(done));
  });
  notes.start("uv_tcp_connect", [&](Done done) { echo.ask(std::move(done)); });
  std::chrono::nanoseconds longest{};
  bool pending = true;
  lab::Table table{"Calls while nothing can be done", {"call", "returned after us"}, {}};
  for (const Note& note : notes.all()) {
    longest = std::max(longest, note.call_took);
    pending &= !note.done_in_call;
    table.rows.push_back(
        {note.name, fmt::format("{:.1f}", microseconds(note.call_took))});
  }
  story.table(table);
  pool.hold(0);
  const bool came = run_until(loop, [&] { return notes.all_done(); });
  const std::string control = blocking_open(lab::run_dir() / "late");
  story.claim("03.5", "an asynchronous call is handed to libuv, and returns",
              pending && came && control == "open called > a writer came > open returned",
              "4 calls returned in {:.0f} us at most with their work still to be done, "
              "and all called back later; without libuv: {}",
              microseconds(longest), control);
  story.nuance("03.5",
               "not everything goes to libuv one by one: Node keeps its timers in lists "
               "of its own on one libuv timer, and dns.resolve is c-ares");
}

namespace {

// Four jobs, each on a thread of its own, that end in the opposite order of their start.
struct Jobs {
  std::atomic<int> ended = 0;
  std::array<int, 4> workers{};  // thread ids
  std::vector<int> called_back;  // these jobs, in this order

  void start(Loop& loop, Notes& notes) {
    for (int number = 0; number < 4; ++number) {
      notes.start(fmt::format("job {}", number + 1), [&, number](Done done) {
        job(
            loop, [this, number] { work(number); },
            [this, number, done](int status) {
              called_back.push_back(number + 1);
              done(status);
            });
      });
    }
  }

  void work(int number) {
    workers[static_cast<std::size_t>(number)] = lab::thread_id();
    trace::Span span(fmt::format("job {}", number + 1),
                     {.lane = fmt::format("thread {}", lab::thread_id())});
    while (ended != 3 - number) std::this_thread::yield();
    std::this_thread::sleep_for(5ms);  // as a disk would
    span.end();
    ++ended;
  }
};

}  // namespace

// Step 6: a finished job is not a callback yet. Its thread puts it into a queue and wakes
// the loop; the loop looks when the main thread comes back to it, and not before.
void callbacks(Story& story) {
  story.say(
      "Four jobs that end in the opposite order of their start, while the main thread is "
      "busy with something else until all have ended.");
  Notes notes;
  draw(notes);
  Jobs jobs;
  Loop loop;
  Echo echo(loop);
  NameServer server(loop);
  Resolver resolver(loop, server.port());
  jobs.start(loop, notes);
  std::size_t while_busy = 0;
  lab::uv::Timer busy(loop);
  busy.start(0ms, [&] {
    const trace::Span span("busy", {.lane = "main"});
    while (jobs.ended < 4) std::this_thread::yield();
    while_busy = jobs.called_back.size();
  });
  run_until(loop, [&] { return notes.all_done(); });
  story.claim("03.9", "a finished operation queues its callback for the loop",
              while_busy == 0 && jobs.called_back.size() == 4,
              "when the main thread came back to the loop, 4 jobs had ended and {} of "
              "their callbacks had run; then they ran, in this order: {}",
              while_busy, fmt::join(jobs.called_back, ", "));

  notes.start("timer", [&](Done done) { busy.start(1ms, [done] { done(0); }); });
  notes.start("stat", [&](Done done) { stat(loop, "/", std::move(done)); });
  notes.start("lookup", [&](Done done) { lookup(loop, "127.0.0.1", std::move(done)); });
  notes.start("resolve", [&](Done done) { resolver.resolve("a.test", std::move(done)); });
  notes.start("TCP", [&](Done done) { echo.ask(std::move(done)); });
  const bool all = run_until(loop, [&] { return notes.all_done(); });
  const std::set<int> threads = notes.threads();
  const std::set<int> workers(jobs.workers.begin(), jobs.workers.end());
  const int first = threads.empty() ? 0 : *threads.begin();
  story.claim("03.2", "the main thread runs the callbacks of all of them",
              all && threads == std::set{getpid()},
              "{} callbacks of jobs, files, DNS, TCP and a timer: {} thread id, {}, the "
              "process's own",
              notes.all().size(), threads.size(), first);
  story.claim(
      "03.10", "the main thread runs that callback, another did the work",
      workers.size() == 4 && !workers.contains(getpid()) && threads == std::set{getpid()},
      "4 jobs ran on {} threads, none of them {}; their callbacks on {} alone",
      workers.size(), getpid(), first);
  story.nuance("03.2",
               "in V8 the main thread is where JavaScript runs; a worker_thread has a "
               "loop and a JavaScript thread of its own (lab 07)");
}

}  // namespace lab03
