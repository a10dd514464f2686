// What backpressure costs. A relay between two real TCP connections, with a feeder before
// it and a drain after it, each on a thread of its own: our streams with several
// high-water marks, beside a plain read/write loop, and splice, which copies nothing into
// the process. Then the price of one chunk, in memory.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>

#include "world/transfer.hpp"

using namespace lab05;

namespace {

constexpr std::size_t kTotal = 64 * kMiB;
constexpr std::size_t kPiece = 64 * kKiB;
constexpr std::size_t kKernelBuffer = 256 * kKiB;

void feed(int fd) {
  const std::string piece(kPiece, 'x');
  for (std::size_t sent = 0; sent < kTotal;) {
    const ssize_t now = send(fd, piece.data(), piece.size(), MSG_NOSIGNAL);
    if (now <= 0) break;
    sent += static_cast<std::size_t>(now);
  }
  close(fd);
}

std::size_t drain(int fd) {
  std::string piece(kPiece, '\0');
  std::size_t received = 0;
  for (ssize_t now = 1; now > 0;) {
    now = recv(fd, piece.data(), piece.size(), 0);
    received += static_cast<std::size_t>(std::max<ssize_t>(now, 0));
  }
  close(fd);
  return received;
}

// Times how long `relay(in, out)` takes for all the bytes. It owns both descriptors.
template <class Relay>
void run_relay(benchmark::State& state, Relay relay) {
  std::signal(SIGPIPE, SIG_IGN);
  for (auto _ : state) {
    const lab::Connection in = lab::connect_over_loopback(kKernelBuffer);
    const lab::Connection out = lab::connect_over_loopback(kKernelBuffer);
    std::size_t received = 0;
    const auto began = std::chrono::steady_clock::now();
    {
      std::jthread feeder([&] { feed(in.near_end); });
      std::jthread drainer([&] { received = drain(out.far_end); });
      relay(in.far_end, out.near_end);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    state.SetIterationTime(took.count());
    if (received != kTotal) state.SkipWithError("bytes were lost");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(kTotal) * state.iterations());
}

void BM_Relay_Baseline_ReadWrite(benchmark::State& state) {
  run_relay(state, [](int in, int out) {
    std::string piece(kPiece, '\0');
    for (ssize_t got; (got = read(in, piece.data(), piece.size())) > 0;) {
      for (ssize_t put = 0, now; put < got; put += now) {
        now = write(out, piece.data() + put, static_cast<std::size_t>(got - put));
        if (now <= 0) break;
      }
    }
    close(in);
    close(out);
  });
}
BENCHMARK(BM_Relay_Baseline_ReadWrite)->UseManualTime()->Unit(benchmark::kMillisecond);

void BM_Relay_Baseline_Splice(benchmark::State& state) {
  run_relay(state, [](int in, int out) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return;
    for (ssize_t got; (got = splice(in, nullptr, ends[1], nullptr, kPiece,
                                    SPLICE_F_MOVE | SPLICE_F_MORE)) > 0;) {
      for (ssize_t now; got > 0; got -= now) {
        now = splice(ends[0], nullptr, out, nullptr, static_cast<std::size_t>(got),
                     SPLICE_F_MOVE | SPLICE_F_MORE);
        if (now <= 0) break;
      }
    }
    for (const int fd : {ends[0], ends[1], in, out}) close(fd);
  });
}
BENCHMARK(BM_Relay_Baseline_Splice)->UseManualTime()->Unit(benchmark::kMillisecond);

void BM_Relay_Pipeline_HighWaterMark(benchmark::State& state) {
  const auto mark = static_cast<std::size_t>(state.range(0));
  std::size_t peak = 0;
  run_relay(state, [&](int in, int out) {
    lab::uv::Loop loop;
    Ticks ticks;
    lab::Socket source(ticks, loop, in, kPiece, lab::kOnlyReads);
    lab::Socket sink(ticks, loop, out, mark, lab::kOnlyWrites);
    ticks.run([&] {
      pipeline(source, {}, sink, [](std::optional<lab::Error>) {});
      source.on_data(
          [&](const Chunk&) { peak = std::max(peak, sink.writable_length()); });
    });
    loop.run();
  });
  state.counters["longest_queue"] =
      benchmark::Counter(static_cast<double>(peak), benchmark::Counter::kDefaults,
                         benchmark::Counter::OneK::kIs1024);
}
BENCHMARK(BM_Relay_Pipeline_HighWaterMark)
    ->RangeMultiplier(8)
    ->Range(4 << 10, 16 << 20)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

// --- one chunk, without a socket ---

class Nowhere : public Writable {
 public:
  explicit Nowhere(Ticks& ticks) : Stream(ticks), Writable(ticks, 256 * kKiB) {}
  std::size_t bytes = 0;

 protected:
  void write_chunk(Chunk chunk, lab::Done done) override {
    bytes += chunk.size();
    done({});
  }
};

class Endless : public Readable {
 public:
  explicit Endless(Ticks& ticks) : Stream(ticks), Readable(ticks, kPiece) {}
  std::size_t left = 0;

  void go_on(std::size_t chunks) {
    left = chunks;
    read_more();
  }

 protected:
  void read_more() override {
    if (left == 0) return;
    --left;
    push(chunk_);
  }

 private:
  Chunk chunk_{std::string(kPiece, 'x')};
};

void BM_Chunk_Baseline_Callback(benchmark::State& state) {
  const Chunk chunk{std::string(kPiece, 'x')};
  std::size_t bytes = 0;
  const std::function<void(Chunk)> take = [&](Chunk one) { bytes += one.size(); };
  for (auto _ : state) {
    take(chunk);
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(BM_Chunk_Baseline_Callback);

void BM_Chunk_Write_Synchronous(benchmark::State& state) {
  Ticks ticks;
  Nowhere sink(ticks);
  const Chunk chunk{std::string(kPiece, 'x')};
  for (auto _ : state) {
    ticks.run([&] { benchmark::DoNotOptimize(sink.write(chunk)); });
  }
}
BENCHMARK(BM_Chunk_Write_Synchronous);

void BM_Chunk_Pipe_Synchronous(benchmark::State& state) {
  constexpr std::size_t kBatch = 1000;
  Ticks ticks;
  Endless source(ticks);
  Nowhere sink(ticks);
  ticks.run([&] { pipe(source, sink); });
  while (state.KeepRunningBatch(kBatch)) {
    ticks.run([&] { source.go_on(kBatch); });
  }
  if (sink.bytes != static_cast<std::size_t>(state.iterations()) * kPiece) {
    state.SkipWithError("chunks were lost");
  }
}
BENCHMARK(BM_Chunk_Pipe_Synchronous);

}  // namespace
