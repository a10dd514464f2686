// sharing.cpp: what threads share, and what they see of it.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "lab/core/trace.hpp"
#include "lab/net/loopback.hpp"
#include "lab/uv/uv.hpp"
#include "scenes/scenes.hpp"
#include "worker_process.hpp"

namespace lab07 {

using namespace std::chrono_literals;
namespace trace = lab::trace;

namespace {

constexpr int kAdds = 1'000'000;

// Two threads add one, each so many times. Returns what the counter then holds.
template <class Add>
int race(int adds, Add add) {
  std::atomic<int> count = 0;
  std::atomic<int> here = 0;
  const auto work = [&] {
    for (++here; here < 2;) {
    }  // both awake, on a core each: a latch might let one finish before the other wakes
    for (int i = 0; i < adds; ++i) add(count);
  };
  std::thread other(work);
  work();
  other.join();
  return count;
}

// Step 8: `count++` in JavaScript, or on a plain int: a load, an addition, a store, and
// between any two of them the other thread. Relaxed, so that C++ allows it at all.
int plain_race(int adds) {
  return race(adds, [](std::atomic<int>& count) {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  });
}

int atomic_race(int adds) {
  return race(adds, [](std::atomic<int>& count) {
    count.fetch_add(1, std::memory_order_relaxed);
  });
}

struct Race {
  int wanted = 0;
  int sum = 0;

  int lost() const { return wanted - sum; }
};

// On a busy machine the two may take turns, and then nothing is lost: again, and longer, so
// that one of them is interrupted in the middle.
Race losing_race() {
  Race result;
  for (int run = 0; run < 140 && result.lost() == 0; ++run) {
    const int adds = kAdds << (run / 20);
    result = {2 * adds, plain_race(adds)};
  }
  return result;
}

}  // namespace

void counter(Story& story, const Knobs&) {
  story.say(
      "Two threads add 1 to the same number with plain additions, a million times each "
      "or "
      "more, until at least one addition is lost. Then they do the same with atomic "
      "ones.");
  story.picture(lab::Picture::bars, {"Two threads add to one number"});
  const Race plain = losing_race();
  const Race atomic{plain.wanted, atomic_race(plain.wanted / 2)};
  story.table({"Two threads add to one number",
               {"additions", "made", "sum", "lost"},
               {{"plain", std::to_string(plain.wanted), std::to_string(plain.sum),
                 std::to_string(plain.lost())},
                {"atomic", std::to_string(atomic.wanted), std::to_string(atomic.sum),
                 std::to_string(atomic.lost())}}});
  story.claim("07.6", plain.lost() > 0 && atomic.lost() == 0,
              "{} of {} plain additions were lost, and {} of the atomic ones",
              plain.lost(), plain.wanted, atomic.lost());
  story.nuance("07.6",
               "In Node only a SharedArrayBuffer is shared. Each Worker has its own "
               "globals, and messages are copied. In C++ threads share all memory.");
  story.takeaway(
      "Shared memory needs atomics, because count++ is three steps: read, add, write.");
}

namespace {

// A thread posts a message and stores 7, while main is busy until it sees the 7.
std::string message_or_memory() {
  std::string order;
  std::atomic<int> shared = 0;
  lab::EventId message = 0;
  lab::uv::Loop loop;
  lab::uv::Async mailbox(loop, [&] {
    trace::flow_in(message, "message", {.lane = "main"});
    order += " > message";
    loop.stop();
  });
  std::thread worker;
  lab::uv::Timer busy(loop);
  busy.start(0ms, [&] {
    worker = std::thread([&] {
      message = trace::flow_out("message", {.lane = "worker"});
      mailbox.send();
      trace::instant("stores 7", {.lane = "worker"});
      shared = 7;
    });
    while (shared != 7) std::this_thread::yield();
    trace::instant("sees the 7", {.lane = "main"});
    order = "shared memory";
  });
  loop.run();
  worker.join();
  return order;
}

int second_bind_in_a_thread() {
  const Descriptor listener = lab::loopback::listen();
  int error = 0;
  std::thread([&] {
    error = lab::loopback::try_bind(lab::loopback::socket(),
                                    lab::loopback::port_of(listener));
  }).join();
  return error;
}

}  // namespace

void node(Story& story, const Knobs&) {
  lab::Table table{"Node plays this too", {"experiment", "in C++"}, {}};
  story.say(
      "Eight short experiments run here, and node.mjs runs the same eight in Node. In "
      "one of them a worker posts a message and stores 7, while main loops until it sees "
      "the 7.");
  story.picture(lab::Picture::bars, {table.title});
  WorkerProcess process;
  static int global = 0;
  std::vector<char> buffer(1);
  pid_t of_thread = 0;
  std::thread([&] {
    of_thread = getpid();
    global = buffer[0] = 7;
  }).join();
  const auto changed = [](int value) { return value ? "changed" : "unchanged"; };
  const auto sum = [](const Race& race) {
    return race.lost() ? "some lost" : "all there";
  };
  const auto id = [](pid_t value) { return value == getpid() ? "same" : "other"; };
  table.rows = {{"a worker process's process id", id(process.pid())},
                {"two workers add to shared memory", sum(losing_race())},
                {"the same with atomics", sum({2 * kAdds, atomic_race(kAdds)})},
                {"what a busy main sees first", message_or_memory()},
                {"a second worker thread binds the port",
                 second_bind_in_a_thread() == EADDRINUSE ? "EADDRINUSE" : "bound"},
                {"a worker thread's process id", id(of_thread)},
                {"a worker thread sets a global", changed(global)},
                {"a worker thread writes a posted buffer", changed(buffer[0])}};
  story.table(table);
  story.takeaway(
      "Node differs only in the last two rows. Its Workers copy what C++ threads share, "
      "so main's global and buffer stay unchanged.");
}

}  // namespace lab07
