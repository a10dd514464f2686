// pool.cpp: the four other threads: who needs them, and how many there are.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "held_pool.hpp"
#include "lab/process.hpp"
#include "lab/run_dir.hpp"
#include "resolver.hpp"
#include "scenes.hpp"

namespace lab03 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

namespace {

constexpr const char* kSize = "UV_THREADPOOL_SIZE";

// What a process saw that held some threads of its pool, and then asked for a file.
struct Seen {
  int before = 0;     // threads, before the pool's first job
  int after = 0;      // and after
  int later = 0;      // and after UV_THREADPOOL_SIZE was changed
  bool ran = false;   // the stat, while they were held
  bool done = false;  // once they were free
};

// libuv reads the size when the pool gets its first job, so each case is a process.
Seen with_pool(const std::string& size, int hold) {
  lab::Child child = lab::Child::role("pool", {size, std::to_string(hold)});
  const lab::Exit& exit = child.wait();
  Seen seen;
  std::istringstream text(exit.out);
  text >> seen.before >> seen.after >> seen.later >> seen.ran >> seen.done;
  if (!exit.ok() || !text) throw lab::Error("play the role pool", exit.err);
  return seen;
}

}  // namespace

int pool_main(std::span<const std::string> args) {
  if (args.size() != 2) return 2;
  if (args[0] == "default")
    unsetenv(kSize);
  else
    setenv(kSize, args[0].c_str(), 1);
  const auto hold = static_cast<std::size_t>(std::stoi(args[1]));
  Seen seen{.before = lab::thread_count()};
  Notes notes;
  Loop loop;
  HeldPool pool(loop, lab::run_dir() / fmt::format("pool-{}-{}", args[0], hold));
  pool.hold(hold);
  notes.start("stat", [&](Done done) { stat(loop, "/", std::move(done)); });
  seen.after = lab::thread_count();
  // Whether it must come or must not is the parent's to judge: so wait for a while.
  lab::uv::Timer patience(loop);
  bool over = false;
  patience.start(args[0] == "5" || hold < 4 ? 5s : 100ms, [&] { over = true; });
  run_until(loop, [&] { return over || notes.all_done(); });
  seen.ran = notes.all_done();
  setenv(kSize, "64", 1);
  pool.hold(0);
  seen.done = run_until(loop, [&] { return notes.all_done(); });
  seen.later = lab::thread_count();
  std::printf("%d %d %d %d %d\n", seen.before, seen.after, seen.later, seen.ran,
              seen.done);
  return 0;
}

// Step 7: how many threads the pool has, without asking it: so many can be held before a
// file has to wait.
void size(Story& story) {
  story.say("A file is asked for while some threads of the pool are held.");
  lab::Table table{"The pool's threads",
                   {kSize, "threads before", "after the first job", "held", "the file"},
                   {}};
  const auto with = [&](const std::string& given, int hold) {
    const Seen seen = with_pool(given, hold);
    table.rows.push_back({given, std::to_string(seen.before), std::to_string(seen.after),
                          std::to_string(hold), seen.ran ? "came" : "waited"});
    return seen;
  };
  const Seen three = with("default", 3);
  const Seen four = with("default", 4);
  const Seen five = with("5", 4);
  story.table(table);
  const int made = four.after - four.before;
  story.claim("03.4", "libuv brings a thread pool, of 4 threads by default",
              made == 4 && three.ran && !four.ran && four.done && five.ran &&
                  five.after - five.before == 5,
              "{} threads came with the first job; with 3 held a file's stat ran, with 4 "
              "held it waited until they were free; with a fifth thread it ran",
              made);
  story.nuance("03.4",
               "the pool is made by its first job, and its size is read then, once: set "
               "to 64 afterwards it stayed at {} threads. The most is 1024",
               four.later - four.before);
}

namespace {

// Everything that a Node program waits for, started at once.
class Everything {
 public:
  explicit Everything(const std::string& run)
      : file_(lab::run_dir() / ("a-file-" + run)), pool_(loop_, lab::run_dir() / run) {
    if (std::FILE* file = std::fopen(file_.c_str(), "we")) {
      std::fputs("some text", file);
      std::fclose(file);
    }
    draw(notes_);
  }

  // With threads of the pool held, until what does not need them is done; then until all.
  // Rows of what was done when.
  lab::Table play(std::size_t hold) {
    pool_.hold(hold);
    trace::counter("held", static_cast<double>(hold), {.lane = "pool"});
    start();
    const auto free = [&] {
      return notes_.done("setTimeout") && notes_.done("TCP to 127.0.0.1") &&
             notes_.done("dns.resolve4");
    };
    run_until(
        loop_, hold ? std::function<bool()>(free) : [&] { return notes_.all_done(); });
    lab::Table table{hold ? "All threads of the pool are held" : "The pool is free",
                     {"call", "meanwhile", "then"},
                     {}};
    for (const Note& note : notes_.all())
      table.rows.push_back({note.name, note.done ? "done" : "waits", ""});
    pool_.hold(0);
    trace::counter("held", 0, {.lane = "pool"});
    run_until(loop_, [&] { return notes_.all_done(); });
    auto row = table.rows.begin();
    for (const Note& note : notes_.all())
      row++->at(2) = note.done && note.status >= 0 ? "done" : "failed";
    return table;
  }

 private:
  void start() {
    notes_.start("fs.stat", [&](Done done) { stat(loop_, "/", std::move(done)); });
    notes_.start("fs.readFile",
                 [&](Done done) { read_file(loop_, file_, std::move(done)); });
    notes_.start("dns.lookup",
                 [&](Done done) { lookup(loop_, "127.0.0.1", std::move(done)); });
    notes_.start("a job, as crypto and zlib", [&](Done done) {
      job(
          loop_, [] {}, std::move(done));
    });
    notes_.start("dns.resolve4",
                 [&](Done done) { resolver_.resolve("example.test", std::move(done)); });
    notes_.start("TCP to 127.0.0.1", [&](Done done) { echo_.ask(std::move(done)); });
    notes_.start("setTimeout",
                 [&](Done done) { timer_.start(20ms, [done] { done(0); }); });
  }

  std::filesystem::path file_;
  Notes notes_;
  Loop loop_;
  HeldPool pool_;
  Echo echo_{loop_};
  NameServer server_{loop_};
  Resolver resolver_{loop_, server_.port()};
  lab::uv::Timer timer_{loop_};
};

// The column's cell in the row of this call.
std::string cell(const lab::Table& table, const std::string& call, std::size_t column) {
  for (const auto& row : table.rows) {
    if (row[0] == call) return row[column];
  }
  return "";
}

}  // namespace

// Step 8: the proof by exclusion. With all threads of the pool held, whatever still moves
// cannot have needed them.
void held(Story& story) {
  story.say("The same calls twice: while the pool is free, and while it is held.");
  const lab::Table free = Everything("free").play(0);
  const lab::Table full = Everything("full").play(4);
  story.table(free);
  story.table(full);
  const auto waits = [&](const char* call) {
    return cell(free, call, 1) == "done" && cell(full, call, 1) == "waits" &&
           cell(full, call, 2) == "done";
  };
  const auto moves = [&](const char* call) {
    return cell(free, call, 1) == "done" && cell(full, call, 1) == "done" &&
           cell(free, call, 2) == "done" && cell(full, call, 2) == "done";
  };
  story.claim(
      "03.6", "the pool serves file I/O", waits("fs.stat") && waits("fs.readFile"),
      "stat and readFile waited while its threads were held, and were done after; "
      "with the pool free they were done at once");
  story.nuance("03.6",
               "libuv 1.45 to 1.48 give some file calls to io_uring, which needs no "
               "thread; Node 20 has that off. The libuv here is {}",
               uv_version_string());
  story.claim("03.7", "the pool serves DNS", waits("dns.lookup") && moves("dns.resolve4"),
              "getaddrinfo waited for a thread; c-ares asked a name server over UDP and "
              "was answered meanwhile");
  story.nuance(
      "03.7",
      "only dns.lookup does, which is what every connection to a host name "
      "takes: HTTP to localhost hangs where 127.0.0.1 works. Unnamed by the usual "
      "answer: crypto and zlib share the same threads (a job waited too)");
  story.claim("03.8", "sockets use the kernel's readiness, not the pool",
              moves("TCP to 127.0.0.1") && moves("dns.resolve4"),
              "TCP connected, wrote and was answered, and so was UDP, with no thread of "
              "the pool free");
}

void trips(Story& story) {
  story.say("A stat and a readFile of one small file, started in the same turn.");
  const auto file = lab::run_dir() / "a-small-file";
  if (std::FILE* made = std::fopen(file.c_str(), "we")) std::fclose(made);
  Notes notes;
  draw(notes);
  Loop loop;
  std::uint64_t turns = 0;
  std::string order;
  lab::Table table{
      "Turns of the loop until the callback", {"call", "trips", "turns"}, {}};
  notes.on_done = [&](const Note& note) {
    order += (order.empty() ? "" : " > ") + note.name;
    table.rows.push_back(
        {note.name, note.name == "stat" ? "1" : "4", std::to_string(turns)});
  };
  lab::uv::Check check(loop);
  check.start([&] { ++turns; });
  lab::uv::Idle awake(loop);  // so that poll does not sleep: a setImmediate that repeats
  awake.start([] {});
  notes.start("readFile", [&](Done done) { read_file(loop, file, std::move(done)); });
  notes.start("stat", [&](Done done) { stat(loop, file, std::move(done)); });
  run_until(loop, [&] { return notes.all_done(); });
  story.table(table);
  story.table(
      {"Node plays this too", {"scene", "order"}, {{"stat and readFile", order}}});
  story.say("Each trip to the pool comes back in a later turn, and readFile makes four.");
}

namespace {

// CPU time, and nothing else.
void compute(int rounds) {
  volatile std::uint64_t hash = 1469598103934665603u;
  for (int i = 0; i < rounds; ++i)
    hash = (hash ^ static_cast<unsigned>(i)) * 1099511628211u;
}

}  // namespace

int sizing_main(std::span<const std::string> args) {
  if (args.size() != 3) return 2;
  setenv(kSize, args[0].c_str(), 1);
  const int jobs = std::stoi(args[1]);
  const int rounds = std::stoi(args[2]);
  Loop loop;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < jobs; ++i) {
    job(
        loop,
        [&, i] {
          const trace::Span span(fmt::format("job {}", i + 1),
                                 {.lane = fmt::format("thread {}", lab::thread_id())});
          compute(rounds);
        },
        [&](int) {
          const std::chrono::duration<double, std::milli> since =
              std::chrono::steady_clock::now() - start;
          std::printf("%.0f ", since.count());
        });
  }
  loop.run();
  std::printf("\n");
  return 0;
}

void sizing(Story& story, Knob<int> jobs) {
  const int rounds = story.quick() ? 5'000'000 : 40'000'000;
  story.say("{} jobs that only compute, on a pool of 1, 2, 4 and 8 threads and {} cores.",
            *jobs, std::thread::hardware_concurrency());
  lab::Table table{"Finished after so many ms", {"threads", "job by job"}, {}};
  for (const char* threads : {"1", "2", "4", "8"}) {
    lab::Child child = lab::Child::role(
        "sizing", {threads, std::to_string(*jobs), std::to_string(rounds)},
        {.deadline = 60s});
    if (!child.wait().ok()) throw lab::Error("play the role sizing", child.wait().err);
    std::string times = child.wait().out;
    times.erase(times.find_last_not_of(" \n") + 1);
    table.rows.push_back({threads, times});
  }
  story.table(table);
  story.say(
      "More threads than cores finish no sooner: they finish together, and the first "
      "one later. What waits, as files do, is another matter.");
}

}  // namespace lab03
