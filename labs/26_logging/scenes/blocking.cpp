// blocking.cpp: 400 KiB of lines while nobody reads.
#include <atomic>
#include <functional>

#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"
#include "lab/os/run_dir.hpp"
#include "line_sink.hpp"
#include "logging.hpp"
#include "scenes/scenes.hpp"
#include "world/console.hpp"
#include "world/outputs.hpp"

namespace lab26 {

namespace trace = lab::trace;

namespace {

constexpr int kLines = 400;
const std::string kLine(1023, 'x');

// What a program logs with, on its own thread.
struct Log {
  std::function<void()> line;
  std::function<std::size_t()> queued;  // bytes in memory
  std::function<void()> finish;         // writes them
};

Log console(const Output& output) {
  const auto console = std::make_shared<Console>(output.writer.get());
  return {[=] { console->log(kLine); }, [=] { return console->queued(); },
          [=] { console->finish(); }};
}

Log queue(const Output& output) {
  const auto bytes = std::make_shared<std::atomic<std::size_t>>();
  const auto sink = std::make_shared<LineSink>(lab::Descriptor(dup(output.writer.get())));
  const auto log = std::make_shared<Logger>(
      std::vector<spdlog::sink_ptr>{sink},
      LogOptions{.on_queue = [=](std::size_t waiting) { *bytes = waiting; }});
  return {[=] { log->log(Level::info, kLine); }, [=] { return bytes->load(); },
          [=] { static_cast<void>(log->flush(std::chrono::seconds(20))); }};
}

// A program that logs all its lines to one output.
class Writer {
 public:
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  Writer(const char* lane, Output output, Log (*make)(const Output&))
      : lane_(lane), output_(std::move(output)) {
    thread_ = std::async(std::launch::async, [this, make] { run(make(output_)); });
  }

  // Whatever went wrong, nobody waits for ever.
  ~Writer() {
    if (thread_.valid()) read_all(output_.reader.get(), thread_);
  }

  void watch() { outcome = lab26::outcome(calls_, id_.get_future().get()); }
  void wake_the_reader() {
    trace::instant("the reader wakes", {.lane = lane_});
    read_all(output_.reader.get(), thread_);
    thread_.get();
  }

  Outcome outcome{};
  std::chrono::nanoseconds in_calls{};
  std::size_t queued = 0;

 private:
  void run(const Log& log) {
    id_.set_value(lab::thread_id());
    trace::Span span("400 calls", {.lane = lane_});
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kLines; ++i) log.line();
    in_calls = std::chrono::steady_clock::now() - start;
    span.end();
    queued = log.queued();
    returned_.set_value();
    log.finish();
  }

  const char* lane_;
  Output output_;
  std::promise<pid_t> id_;
  std::promise<void> returned_;
  std::future<void> calls_ = returned_.get_future();
  std::future<void> thread_;  // last, so that the thread ends before the others go
};

}  // namespace

void blocking(lab::Story& story, const Knobs&) {
  story.say(
      "Three programs log 400 KiB with console.log, as Node writes it: to a file, a "
      "pipe and a terminal that nobody reads. A fourth has a logger with a queue. Only "
      "the terminal without a queue should block.");
  constexpr const char* kWays[] = {"file", "pipe", "terminal", "terminal, by a queue"};
  story.picture(lab::Picture::strips, {kWays[0], kWays[1], kWays[2], kWays[3]});

  Writer writers[] = {{kWays[0], open_file(lab::run_dir() / "console.log"), console},
                      {kWays[1], open_pipe(), console},
                      {kWays[2], open_terminal(), console},
                      {kWays[3], open_terminal(), queue}};
  for (Writer& writer : writers) writer.watch();
  for (Writer& writer : writers) writer.wake_the_reader();

  lab::Table table{"400 KiB that nobody reads",
                   {"to", "in the calls", "still in memory", "before anybody read"},
                   {}};
  for (std::size_t i = 0; i < std::size(kWays); ++i) {
    const Writer& writer = writers[i];
    table.rows.push_back({kWays[i], lab::text::time(writer.in_calls),
                          lab::text::bytes(writer.queued),
                          writer.outcome == Outcome::returned ? "returned" : "blocked"});
  }
  story.table(table);
  const auto& [file, pipe, terminal, by_queue] = writers;
  story.claim(
      "26.1",
      file.outcome == Outcome::returned && file.queued == 0 &&
          pipe.outcome == Outcome::returned && pipe.queued > 0 &&
          terminal.outcome == Outcome::asleep && by_queue.outcome == Outcome::returned,
      "the terminal blocked its program for {}, until somebody read; the pipe did not "
      "block, but {} waited in memory. Control: with a logger's queue the same terminal "
      "did not block",
      lab::text::time(terminal.in_calls), lab::text::bytes(pipe.queued));
  story.nuance(
      "26.1",
      "In a container standard output is usually a pipe: console.log does not "
      "block there, and its queue has no limit. On Windows a pipe is synchronous.");
  story.takeaway(
      "Log to standard output, and know what it is: a file or a terminal can block, and "
      "a pipe that nobody reads fills your memory.");
}

}  // namespace lab26
