// What a pipeline of streams carries, by chunk size: a file to /dev/null, plain and through
// gzip; beside `cat` and `gzip -1` on the same file. (For Node, see the lab's page.) Then
// the price of one chunk, in memory.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "gzip.hpp"
#include "lab/os/process.hpp"
#include "lab/stream/file.hpp"
#include "lab/stream/pipe.hpp"

namespace {

using namespace lab;

constexpr std::size_t kSize = std::size_t{64} << 20;

// Words in random order: gzip makes about a third of it, as of most texts.
const std::string& file() {
  static const std::string path = [] {
    std::string name = "/tmp/bench-streams-XXXXXX";
    close(mkstemp(name.data()));
    std::ofstream out(name);
    std::mt19937 random(4);
    std::string text;
    while (text.size() < kSize)
      for (int i = 1 + static_cast<int>(random() % 9); i >= 0; --i)
        text += i == 0 ? ' ' : static_cast<char>('a' + random() % 12);
    out.write(text.data(), kSize);
    std::atexit([] { unlink(file().c_str()); });
    return name;
  }();
  return path;
}

void run_pipeline(benchmark::State& state, bool through_gzip) {
  const auto chunk = static_cast<std::size_t>(state.range(0)) << 10;
  const std::string& path = file();
  for (auto _ : state) {
    uv::Loop loop;
    Ticks ticks;
    FileSource source(ticks, loop, path, chunk);
    FileSink sink(ticks, loop, "/dev/null", chunk);
    lab04::Gzip gzip(ticks, 1);
    bool done = false;
    const auto told = [&](std::optional<Error> error) { done = !error; };
    ticks.run([&] {
      if (through_gzip)
        pipeline(source, {&gzip}, sink, told);
      else
        pipeline(source, {}, sink, told);
    });
    loop.run();
    if (!done) state.SkipWithError("the pipeline failed");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(kSize) * state.iterations());
}

void BM_Pipeline_FileToNull(benchmark::State& state) {
  run_pipeline(state, false);
}
BENCHMARK(BM_Pipeline_FileToNull)
    ->ArgName("KiB")
    ->RangeMultiplier(4)
    ->Range(4, 1024)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void BM_Pipeline_ThroughGzip(benchmark::State& state) {
  run_pipeline(state, true);
}
BENCHMARK(BM_Pipeline_ThroughGzip)
    ->ArgName("KiB")
    ->RangeMultiplier(4)
    ->Range(4, 1024)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void run_program(benchmark::State& state, const std::string& command) {
  const std::string line = command + " " + file() + " | wc -c";  // else cat does nothing
  for (auto _ : state) {
    const auto exit = Child::run({"sh", "-c", line}).wait();
    if (!exit.ok()) state.SkipWithError("the program failed");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(kSize) * state.iterations());
}

void BM_Baseline_Cat(benchmark::State& state) {
  run_program(state, "cat");
}
BENCHMARK(BM_Baseline_Cat)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_Baseline_Gzip1(benchmark::State& state) {
  run_program(state, "gzip -1 -c");
}
BENCHMARK(BM_Baseline_Gzip1)->UseRealTime()->Unit(benchmark::kMillisecond);

// The system calls alone, in this process: what no stream can beat.
void BM_Baseline_ReadWrite(benchmark::State& state) {
  std::string buffer(static_cast<std::size_t>(state.range(0)) << 10, '\0');
  for (auto _ : state) {
    const int in = open(file().c_str(), O_RDONLY), out = open("/dev/null", O_WRONLY);
    for (ssize_t got; (got = read(in, buffer.data(), buffer.size())) > 0;)
      if (write(out, buffer.data(), static_cast<std::size_t>(got)) != got) break;
    close(in);
    close(out);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(kSize) * state.iterations());
}
BENCHMARK(BM_Baseline_ReadWrite)
    ->ArgName("KiB")
    ->RangeMultiplier(4)
    ->Range(4, 1024)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// One chunk through a PassThrough that flows: two streams, no loop, no copy.
void BM_PassThrough_OneChunk(benchmark::State& state) {
  Ticks ticks;
  PassThrough stage(ticks, std::size_t{16} << 10);
  std::size_t bytes = 0;
  ticks.run([&] { stage.on_data([&](const Chunk& chunk) { bytes += chunk.size(); }); });
  const Chunk chunk(std::string(1024, 'x'));
  for (auto _ : state) ticks.run([&] { (void)stage.write(chunk); });
  benchmark::DoNotOptimize(bytes);
}
BENCHMARK(BM_PassThrough_OneChunk);

void BM_Baseline_FunctionCall(benchmark::State& state) {
  std::size_t bytes = 0;
  std::function<void(const Chunk&)> call = [&](const Chunk& chunk) {
    bytes += chunk.size();
  };
  benchmark::DoNotOptimize(call);
  const Chunk chunk(std::string(1024, 'x'));
  for (auto _ : state) call(chunk);
  benchmark::DoNotOptimize(bytes);
}
BENCHMARK(BM_Baseline_FunctionCall);

}  // namespace
