// What a line costs: below the level, written at once, and by a queue; beside the bare
// write(2) and spdlog.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>

#include <cstdint>

#include "line_sink.hpp"
#include "logging.hpp"

namespace {

using namespace lab26;

std::shared_ptr<LineSink> null_file() {
  return std::make_shared<LineSink>("/dev/null");
}

// The baseline of a disabled level: the loop itself.
void BM_Logger_EmptyLoop(benchmark::State& state) {
  std::int64_t n = 0;
  for (auto _ : state) benchmark::DoNotOptimize(++n);
}
BENCHMARK(BM_Logger_EmptyLoop);

void BM_Logger_Log_BelowTheLevel(benchmark::State& state) {
  Logger log({null_file()}, {.queue_bytes = 0});
  std::int64_t n = 0;
  for (auto _ : state) {
    log.log(Level::debug, "request served", {{"route", "/pay"}, {"n", ++n}});
  }
}
BENCHMARK(BM_Logger_Log_BelowTheLevel);

// The baseline of a line: as many bytes, formatted before.
void BM_Logger_BareWrite(benchmark::State& state) {
  const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const std::string line(86, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(write(fd, line.data(), line.size()));
  close(fd);
}
BENCHMARK(BM_Logger_BareWrite);

void BM_Logger_Log_Direct(benchmark::State& state) {
  Logger log({null_file()}, {.queue_bytes = 0});
  std::int64_t n = 0;
  for (auto _ : state) {
    log.log(Level::info, "request served", {{"route", "/pay"}, {"n", ++n}});
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Logger_Log_Direct);

// With all that was gathered written, so it is the time of a whole line.
void BM_Logger_Log_Queued(benchmark::State& state) {
  Logger log({null_file()}, {.when_full = WhenFull::block,
                             .gather_bytes = static_cast<std::size_t>(state.range(0))});
  std::int64_t n = 0;
  for (auto _ : state) {
    log.log(Level::info, "request served", {{"route", "/pay"}, {"n", ++n}});
  }
  if (!log.flush(std::chrono::minutes(1))) state.SkipWithError("not written");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Logger_Log_Queued)->Arg(0)->Arg(65'536)->UseRealTime();

void BM_Logger_Log_Redacted(benchmark::State& state) {
  Logger log({null_file()}, {.queue_bytes = 0, .redact = {"user.pin", "password"}});
  const Json user = {{"name", "ann"}, {"pin", 1234}};
  for (auto _ : state) log.log(Level::info, "request served", {{"user", user}});
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Logger_Log_Redacted);

constexpr const char* kPattern = R"({"level":"%l","time":%E,%v})";

void BM_Spdlog_Log_Direct(benchmark::State& state) {
  spdlog::logger log("bench",
                     std::make_shared<spdlog::sinks::basic_file_sink_mt>("/dev/null"));
  log.set_pattern(kPattern);
  log.flush_on(spdlog::level::info);
  std::int64_t n = 0;
  for (auto _ : state) {
    log.info(R"("route":"{}","n":{},"msg":"request served")", "/pay", ++n);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Spdlog_Log_Direct);

void BM_Spdlog_Log_Async(benchmark::State& state) {
  const auto pool = std::make_shared<spdlog::details::thread_pool>(8'192, 1);
  const auto log = std::make_shared<spdlog::async_logger>(
      "bench", std::make_shared<spdlog::sinks::basic_file_sink_mt>("/dev/null"), pool,
      spdlog::async_overflow_policy::block);
  log->set_pattern(kPattern);
  std::int64_t n = 0;
  for (auto _ : state) {
    log->info(R"("route":"{}","n":{},"msg":"request served")", "/pay", ++n);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Spdlog_Log_Async)->UseRealTime();

}  // namespace
