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

enum class By { console, queue };

// A program that logs all its lines to one output, on a thread of its own.
struct Program {
  const char* lane;
  Output output;
  By by;
  std::promise<pid_t> id{};
  std::promise<void> returned{};
  std::future<void> thread{};
  std::chrono::nanoseconds in_calls{};
  std::size_t queued = 0;  // bytes in memory when the calls had returned
  Outcome outcome{};

  // Whatever went wrong, nobody waits for ever.
  ~Program() {
    if (thread.valid()) read_all(output.reader.get(), thread);
  }

  void run() {
    id.set_value(lab::thread_id());
    if (by == By::console) {
      Console console(output.writer.get());
      log([&] { console.log(kLine); });
      queued = console.queued();
      returned.set_value();
      console.finish();
    } else {
      std::atomic<std::size_t> waiting = 0;
      Logger logger(
          {std::make_shared<LineSink>(lab::Descriptor(dup(output.writer.get())))},
          {.on_queue = [&](std::size_t bytes) { waiting = bytes; }});
      log([&] { logger.log(Level::info, kLine); });
      queued = waiting;
      returned.set_value();
    }
  }

  void log(const std::function<void()>& line) {
    const trace::Span span("400 calls", {.lane = lane});
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kLines; ++i) line();
    in_calls = std::chrono::steady_clock::now() - start;
  }

  std::vector<std::string> row() const {
    return {lane, lab::text::time(in_calls), lab::text::bytes(queued),
            outcome == Outcome::returned ? "returned" : "blocked"};
  }
};

}  // namespace

void blocking(lab::Story& story, const Knobs&) {
  story.say(
      "Three programs log 400 KiB with console.log, as Node writes it: to a file, a "
      "pipe and a terminal that nobody reads. A fourth has a logger with a queue. Only "
      "the terminal without a queue should block.");
  story.picture(lab::Picture::strips,
                {"file", "pipe", "terminal", "terminal, by a queue"});
  Program programs[] = {{"file", open_file(lab::run_dir() / "console.log"), By::console},
                        {"pipe", open_pipe(), By::console},
                        {"terminal", open_terminal(), By::console},
                        {"terminal, by a queue", open_terminal(), By::queue}};
  for (Program& each : programs)
    each.thread = std::async(std::launch::async, [&each] { each.run(); });
  for (Program& each : programs)
    each.outcome = outcome(each.returned.get_future(), each.id.get_future().get());
  for (Program& each : programs) {
    trace::instant("the reader wakes", {.lane = each.lane});
    read_all(each.output.reader.get(), each.thread);
    each.thread.get();
  }

  lab::Table table{"400 KiB that nobody reads",
                   {"to", "in the calls", "still in memory", "before anybody read"},
                   {}};
  for (const Program& each : programs) table.rows.push_back(each.row());
  story.table(table);
  const auto& [file, pipe, terminal, by_queue] = programs;
  story.claim("26.1",
              file.outcome == Outcome::returned && file.queued == 0 &&
                  pipe.outcome == Outcome::returned && pipe.queued > 0 &&
                  terminal.outcome == Outcome::asleep &&
                  by_queue.outcome == Outcome::returned,
              "the terminal blocked for {}; {} for the pipe waited in memory. Control: "
              "by a queue the terminal did not block",
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
