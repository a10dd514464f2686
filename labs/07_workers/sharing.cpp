// sharing.cpp: how workers talk: through memory, through messages, through a port.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "lab/loopback.hpp"
#include "lab/uv.hpp"
#include "scenes.hpp"
#include "worker_process.hpp"

namespace lab07 {

using namespace std::chrono_literals;

namespace {

constexpr int kAdds = 1'000'000;

// Two threads add one, a million times each; what the counter then holds.
template <class Add>
int race(Add add) {
  std::atomic<int> count = 0;
  std::atomic<int> here = 0;
  const auto work = [&] {
    for (++here; here < 2;) {
    }  // awake and on a core of its own: a latch would let one finish before the other wakes
    for (int i = 0; i < kAdds; ++i) add(count);
  };
  std::thread other(work);
  work();
  other.join();
  return count;
}

// Step 4: `count++` in JavaScript, or on a plain int: a load, an addition, a store, and
// between any two of them the other thread. Relaxed, so that C++ allows it at all.
int plain_race() {
  return race([](std::atomic<int>& count) {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  });
}

int atomic_race() {
  return race(
      [](std::atomic<int>& count) { count.fetch_add(1, std::memory_order_relaxed); });
}

}  // namespace

void counter(Story& story) {
  story.say("Two threads add one to the same number, a million times each.");
  lab::Table table{"Two threads, 2,000,000 additions", {"run", "plain", "atomic"}, {}};
  int least = 2 * kAdds;
  bool exact = true;
  // On a busy machine the two may take turns for a while, and then nothing is lost.
  for (int run = 1; run <= 200 && (run <= 3 || least == 2 * kAdds); ++run) {
    const int plain = plain_race();
    const int atomic = atomic_race();
    exact &= atomic == 2 * kAdds;
    if (run <= 3 || plain < least) {
      table.rows.push_back(
          {std::to_string(run), std::to_string(plain), std::to_string(atomic)});
    }
    least = std::min(least, plain);
  }
  story.table(table);
  story.claim(
      "07.6", "worker threads share memory", least < 2 * kAdds && exact,
      "{} additions of 2,000,000 were lost without atomics: both threads wrote the "
      "same bytes; with them, none",
      2 * kAdds - least);
  story.nuance(
      "07.6",
      "in Node only a SharedArrayBuffer is shared; globals are each Worker's own, "
      "and what is posted is copied. In C++ all memory is shared, asked for or "
      "not");
}

namespace {

double milliseconds_of(const std::function<void()>& call) {
  std::array<double, 5> times;
  for (double& time : times) {
    const auto start = std::chrono::steady_clock::now();
    call();
    time = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() -
                                                     start)
               .count();
  }
  std::ranges::sort(times);
  return times[2];
}

std::string size_text(std::size_t bytes) {
  return bytes < 1 << 20 ? fmt::format("{} KiB", bytes >> 10)
                         : fmt::format("{} MiB", bytes >> 20);
}

}  // namespace

// Step 5: a message is copied, into the kernel and out of it; shared memory is only
// pointed at. What is sent there and back, by its size.
void message(Story& story) {
  const std::size_t largest =
      story.quick() ? std::size_t{4} << 20 : std::size_t{32} << 20;
  SharedMemory shared(largest);
  std::ranges::fill(shared.bytes(), std::uint8_t{1});
  WorkerProcess worker(&shared);
  lab::Table table{"A worker process sums so many bytes",
                   {"size", "sent there and back", "in shared memory"},
                   {}};
  bool same = true;
  for (std::size_t size = 1 << 10; size <= largest; size *= 32) {
    const std::string bytes(size, '\1');
    const double copied = milliseconds_of([&] {
      worker.ask({.ask = Ask::echo}, bytes);
      same &= worker.bytes() == bytes;
    });
    const double pointed_at = milliseconds_of([&] {
      const std::uint64_t sum = worker.ask({.ask = Ask::sum_shared, .value = size});
      same &= sum == size / 8 * 0x0101010101010101u;
    });
    table.rows.push_back({size_text(size), fmt::format("{:.3f} ms", copied),
                          fmt::format("{:.3f} ms", pointed_at)});
  }
  story.table(table);
  story.say(
      "{} A message costs by its size; shared memory costs whoever forgets to lock.",
      same ? "Every byte came back." : "BYTES WERE LOST.");
}

namespace {

// Connects, and reads the process id of whoever accepted.
pid_t who_answers(std::uint16_t port) {
  const Descriptor client = lab::loopback::socket();
  lab::loopback::connect(client, port);
  pid_t pid = 0;
  recv(client.get(), &pid, sizeof pid, MSG_WAITALL);
  return pid;
}

// Asks two workers in turn to accept on the listener that they inherited.
std::set<pid_t> acceptors(const Descriptor& listener) {
  WorkerProcess first(nullptr, listener.get());
  WorkerProcess second(nullptr, listener.get());
  std::set<pid_t> pids;
  for (WorkerProcess* worker : {&first, &second, &first, &second}) {
    worker->send({.ask = Ask::accept});
    pids.insert(who_answers(lab::loopback::port_of(listener)));
    worker->receive();
  }
  return pids;
}

int second_bind_in_a_thread(std::uint16_t port) {
  int error = 0;
  std::thread([&] {
    error = lab::loopback::try_bind(lab::loopback::socket(), port);
  }).join();
  return error;
}

}  // namespace

// Step 6: sharing a port. A second bind is refused, by whichever worker. Who inherits the
// one listener can accept on it, C++ threads and processes alike. Node's cluster by default
// does neither: the primary accepts, and hands each connection to a worker (SCHED_RR).
void port(Story& story) {
  const Descriptor listener = lab::loopback::listen();
  const int second = second_bind_in_a_thread(lab::loopback::port_of(listener));
  const std::set<pid_t> pids = acceptors(listener);
  lab::Table table{"One port, two workers", {"workers", "how", "result"}, {}};
  table.rows.push_back(
      {"threads", "each binds the port",
       second == EADDRINUSE ? "EADDRINUSE" : fmt::format("errno {}", second)});
  table.rows.push_back({"processes", "both inherit one listener",
                        fmt::format("{} processes accepted", pids.size())});
  story.table(table);
  story.say(
      "{} A Worker that listens on a port that is taken gets EADDRINUSE.",
      second == EADDRINUSE && pids.size() == 2
          ? "Node's cluster has one listener, too: its primary accepts and hands over."
          : "Not what was expected: look at the table.");
}

namespace {

// A thread stores 7 and sends a message, while the main thread is busy until it sees the 7.
std::string message_or_memory() {
  std::string order;
  std::atomic<int> shared = 0;
  lab::uv::Loop loop;
  lab::uv::Async mailbox(loop, [&] {
    order += " > message";
    loop.stop();
  });
  std::thread worker;
  lab::uv::Timer busy(loop);
  busy.start(0ms, [&] {
    worker = std::thread([&] {
      mailbox.send();
      shared = 7;
    });
    while (shared != 7) std::this_thread::yield();
    order = "shared memory";
  });
  loop.run();
  worker.join();
  return order;
}

}  // namespace

void node(Story& story) {
  const Descriptor listener = lab::loopback::listen();
  int plain = 2 * kAdds;
  for (int run = 0; run < 200 && plain == 2 * kAdds; ++run) plain = plain_race();
  WorkerProcess process;
  static int global = 0;
  std::vector<char> buffer(1);
  pid_t of_thread = 0;
  std::thread([&] {
    of_thread = getpid();
    global = buffer[0] = 7;
  }).join();
  const auto changed = [](int value) { return value ? "changed" : "unchanged"; };
  lab::Table table{"Node plays this too", {"scene", "result"}, {}};
  table.rows = {
      {"a worker process's process id", process.pid() == getpid() ? "same" : "other"},
      {"two workers add to shared memory", plain < 2 * kAdds ? "some lost" : "all there"},
      {"the same with atomics", atomic_race() == 2 * kAdds ? "all there" : "some lost"},
      {"what a busy main sees first", message_or_memory()},
      {"a second worker thread binds the port",
       second_bind_in_a_thread(lab::loopback::port_of(listener)) == EADDRINUSE
           ? "EADDRINUSE"
           : "bound"},
      {"a worker thread's process id", of_thread == getpid() ? "same" : "other"},
      {"a worker thread sets a global", changed(global)},
      {"a worker thread writes a buffer it was posted", changed(buffer[0])},
  };
  story.table(table);
  story.say(
      "node labs/07_workers/node.mjs plays the same, and a test compares them: all is "
      "equal but the last two, which Node says are unchanged.");
}

}  // namespace lab07
