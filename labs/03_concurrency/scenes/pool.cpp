// pool.cpp: the other four threads: how many there are, and who needs them.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"
#include "resolver.hpp"
#include "scenes/scenes.hpp"
#include "world/echo.hpp"
#include "world/held_pool.hpp"
#include "world/name_server.hpp"

namespace lab03 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

namespace {

constexpr const char* kSize = "UV_THREADPOOL_SIZE";

// What a process saw that held threads of its pool and then asked for a file.
struct PoolFacts {
  int threads_before = 0;   // before the pool's first job
  int threads_after = 0;    // and after it
  int threads_resized = 0;  // after UV_THREADPOOL_SIZE was changed in the running process
  bool came_while_held = false;
  bool came_when_free = false;
};

std::string strip_name(int held, const std::string& size) {
  return fmt::format("a file, {} of {} threads held", held,
                     size == "default" ? "4" : size);
}

// libuv reads the size when the pool gets its first job, so each case needs a process.
PoolFacts with_pool(const std::string& size, int held) {
  lab::Child child = lab::Child::role("pool", {size, std::to_string(held)});
  const lab::Exit& exit = child.wait();
  PoolFacts facts;
  std::istringstream text(exit.out);
  text >> facts.threads_before >> facts.threads_after >> facts.threads_resized >>
      facts.came_while_held >> facts.came_when_free;
  if (!exit.ok() || !text) throw lab::Error("play the role pool", exit.err);
  return facts;
}

}  // namespace

int pool_main(std::span<const std::string> args) {
  if (args.size() != 2) return 2;
  args[0] == "default" ? unsetenv(kSize) : setenv(kSize, args[0].c_str(), 1);
  const int held = std::stoi(args[1]);
  PoolFacts facts{.threads_before = lab::thread_count()};
  Operations operations;
  draw(operations);
  Loop loop;
  HeldPool pool(loop);
  pool.hold(static_cast<std::size_t>(held));
  operations.start(strip_name(held, args[0]), [&](Done done) { stat(loop, "/", done); });
  facts.threads_after = lab::thread_count();
  // Whether the file must come or must not is for the parent to judge: give it a while.
  lab::uv::Timer patience(loop);
  bool over = false;
  patience.start(args[0] == "5" || held < 4 ? 5s : 100ms, [&] { over = true; });
  run_until(loop, [&] { return over || operations.all_done(); });
  facts.came_while_held = operations.all_done();
  setenv(kSize, "64", 1);
  pool.hold(0);
  facts.came_when_free = run_until(loop, [&] { return operations.all_done(); });
  facts.threads_resized = lab::thread_count();
  std::printf("%d %d %d %d %d\n", facts.threads_before, facts.threads_after,
              facts.threads_resized, facts.came_while_held, facts.came_when_free);
  return 0;
}

// Step 7: how to count the pool's threads without asking it: hold as many as it takes until
// a file has to wait.
void size(Story& story, const Knobs&) {
  story.say(
      "A process holds some threads of its pool and then calls fs.stat. The result "
      "should come as long as one thread is free.");
  story.picture(lab::Picture::strips,
                {strip_name(3, "4"), strip_name(4, "4"), strip_name(4, "5")});
  lab::Table table{"The pool's threads",
                   {kSize, "before", "after the first job", "held", "the file"},
                   {}};
  const auto with = [&](const std::string& size, int held) {
    const PoolFacts facts = with_pool(size, held);
    table.rows.push_back({size, std::to_string(facts.threads_before),
                          std::to_string(facts.threads_after), std::to_string(held),
                          facts.came_while_held ? "came" : "waited"});
    return facts;
  };
  const PoolFacts three = with("default", 3);
  const PoolFacts four = with("default", 4);
  const PoolFacts five = with("5", 4);
  story.table(table);
  const int made = four.threads_after - four.threads_before;
  story.claim(
      "03.4",
      made == 4 && three.came_while_held && !four.came_while_held &&
          four.came_when_free && five.came_while_held &&
          five.threads_after - five.threads_before == 5,
      "the first job started {} threads. With 3 of them held, a file call finished; with "
      "4 held, it waited. Control: with {}=5 and 4 held, it finished",
      made, kSize);
  story.nuance(
      "03.4",
      "The first job creates the pool, and its size is read only then. We set it to 64 "
      "afterwards, and the pool kept its {} threads. The limit is 1024.",
      four.threads_resized - four.threads_before);
  story.takeaway(
      "Four slow file calls are enough to block every file call of a process.");
}

namespace {

// Everything that a Node program waits for, started at once.
class Everything {
 public:
  Everything() {
    std::ofstream(file_) << "some text";
    draw(operations_);
  }

  // With threads of the pool held, until what does not need them is done; then with the
  // pool free. One row per call: its state meanwhile, and its state then.
  lab::Table play(std::size_t hold) {
    pool_.hold(hold);
    trace::state("the pool", hold ? "held" : "free");
    start();
    const auto without_the_pool = [&] {
      return operations_.done("setTimeout") && operations_.done("TCP to 127.0.0.1") &&
             operations_.done("dns.resolve4") && (hold || operations_.all_done());
    };
    run_until(loop_, without_the_pool);
    lab::Table table{hold ? "All threads of the pool are held" : "The pool is free",
                     {"call", "meanwhile", "then"},
                     {}};
    for (const Operation& one : operations_.all())
      table.rows.push_back({one.name, one.done ? "done" : "waits", ""});
    pool_.hold(0);
    trace::state("the pool", "free");
    run_until(loop_, [&] { return operations_.all_done(); });
    auto row = table.rows.begin();
    for (const Operation& one : operations_.all())
      row++->at(2) = one.done && one.status >= 0 ? "done" : "failed";
    return table;
  }

 private:
  void start() {
    const auto call = [&](const char* name, const std::function<void(Done)>& start) {
      operations_.start(name, start);
    };
    call("fs.stat", [&](Done done) { stat(loop_, "/", done); });
    call("fs.readFile", [&](Done done) { read_file(loop_, file_, done); });
    call("dns.lookup", [&](Done done) { lookup(loop_, "127.0.0.1", done); });
    call("a job, as crypto and zlib", [&](Done done) {
      job(
          loop_, [] {}, done);
    });
    call("dns.resolve4", [&](Done done) { resolver_.resolve("example.test", done); });
    call("TCP to 127.0.0.1", [&](Done done) { echo_.ask(done); });
    call("setTimeout", [&](Done done) { timer_.start(20ms, [done] { done(0); }); });
  }

  std::filesystem::path file_ = lab::run_dir() / "a-file";
  Operations operations_;
  Loop loop_;
  HeldPool pool_{loop_};
  Echo echo_{loop_};
  NameServer server_{loop_};
  Resolver resolver_{loop_, server_.port()};
  lab::uv::Timer timer_{loop_};
};

std::vector<std::string> row_of(const lab::Table& table, const std::string& call) {
  for (const auto& row : table.rows)
    if (row[0] == call) return row;
  return {};
}

}  // namespace

// Step 8: proof by exclusion. While every thread of the pool is held, whatever still
// finishes cannot have needed one.
void held(Story& story, const Knobs&) {
  story.say(
      "We make seven calls twice: with a free pool, and with all its threads held. A "
      "call that finishes the second time does not need the pool.");
  story.picture(lab::Picture::strips, {"the pool", "fs.stat", "fs.readFile", "dns.lookup",
                                       "a job, as crypto and zlib", "dns.resolve4",
                                       "TCP to 127.0.0.1", "setTimeout"});
  const lab::Table free = Everything().play(0);
  const lab::Table full = Everything().play(4);
  story.table(free);
  story.table(full);
  const auto saw = [&](const std::string& call, const char* while_held) {
    return row_of(free, call) == std::vector<std::string>{call, "done", "done"} &&
           row_of(full, call) == std::vector<std::string>{call, while_held, "done"};
  };
  story.claim("03.6", saw("fs.stat", "waits") && saw("fs.readFile", "waits"),
              "fs.stat and fs.readFile waited while the pool was held and finished once "
              "it was free. Control: with a free pool they finished at once");
  story.nuance("03.6",
               "libuv 1.45 to 1.48 hand some file calls to io_uring, which needs no "
               "thread; Node 20 has that switched off. The libuv here is {}.",
               uv_version_string());
  story.claim("03.7", saw("dns.lookup", "waits") && saw("dns.resolve4", "done"),
              "getaddrinfo waited for a thread. Control: c-ares asked a name server over "
              "UDP and was answered meanwhile");
  story.nuance("03.7",
               "Only dns.lookup needs the pool, and every connection to a host name uses "
               "it. So HTTP to localhost hangs while HTTP to 127.0.0.1 works. Crypto and "
               "zlib share the same threads.");
  story.claim("03.8", saw("TCP to 127.0.0.1", "done") && saw("dns.resolve4", "done"),
              "with no thread of the pool free, a TCP connection was opened, used and "
              "closed, and a UDP query was answered");
  story.takeaway(
      "Files, host names, crypto and zlib share four threads. Sockets need none.");
}

void trips(Story& story, const Knobs&) {
  story.say(
      "We call fs.readFile and then fs.stat for one small file. Each trip to the pool "
      "comes back in a later loop iteration, and readFile makes four trips.");
  story.picture(lab::Picture::bars, {"Loop iterations until the callback"});
  const auto file = lab::run_dir() / "a-small-file";
  std::ofstream(file) << "some text";
  Operations operations;
  Loop loop;
  int iterations = 0;
  std::string order;
  lab::Table table{"Loop iterations until the callback",
                   {"call", "trips to the pool", "iterations"},
                   {}};
  operations.on_done = [&](const Operation& one) {
    trace::instant(one.name + " called back", {.lane = "main"});
    order += (order.empty() ? "" : " > ") + one.name;
    table.rows.push_back(
        {one.name, one.name == "stat" ? "1" : "4", std::to_string(iterations)});
  };
  lab::uv::Check check(loop);
  check.start([&] { ++iterations; });
  lab::uv::Idle awake(loop);  // keeps poll from sleeping, as a repeated setImmediate does
  awake.start([] {});
  operations.start("readFile", [&](Done done) { read_file(loop, file, done); });
  operations.start("stat", [&](Done done) { stat(loop, file, done); });
  run_until(loop, [&] { return operations.all_done(); });
  story.table(table);
  story.table(
      {"Node plays this too", {"scene", "order"}, {{"stat and readFile", order}}});
  story.takeaway("One call can make several trips to the pool, one after another.");
}

}  // namespace lab03
