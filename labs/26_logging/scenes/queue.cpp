// queue.cpp: more lines than the queue holds, while the reader sleeps.
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <tuple>

#include "lab/core/error.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/os/proc.hpp"
#include "line_sink.hpp"
#include "logging.hpp"
#include "scenes/scenes.hpp"
#include "world/outputs.hpp"

namespace lab26 {

namespace {

// A pipe with no room left.
Output open_full_pipe() {
  constexpr std::size_t kCapacity = 4'096;
  Output pipe = open_pipe(kCapacity);
  const std::string filling(kCapacity, '\n');
  lab::check_errno(write(pipe.writer.get(), filling.data(), filling.size()),
                   "fill the pipe");
  return pipe;
}

struct Flood {
  Outcome outcome{};
  std::size_t most = 0;  // bytes that waited
  std::uint64_t kept = 0, dropped = 0, dropped_by_log = 0;
  std::uint64_t first = 0, last = 0;  // of the lines that were kept

  void log(int fd, WhenFull when_full, std::size_t queue, std::uint64_t lines,
           std::promise<pid_t>& begins, std::promise<void>& returns) {
    std::promise<void> takes;
    bool has_taken = false;
    Logger log({std::make_shared<LineSink>(lab::Descriptor(dup(fd)))},
               {.queue_bytes = queue,
                .when_full = when_full,
                .on_queue = [&](std::size_t bytes) {
                  if (!bytes && !std::exchange(has_taken, true)) takes.set_value();
                  most = std::max(most, bytes);
                  lab::trace::counter("waiting", static_cast<double>(bytes),
                                      {.args = {{"unit", "bytes"}}});
                }});
    begins.set_value(lab::thread_id());
    for (std::uint64_t n = 0; n < lines; ++n) {
      log.log(Level::info, "served", {{"n", n}});
      // The first line waits for the pipe before the second comes. So it does not depend on
      // the scheduler how many lines leave the queue.
      if (n == 0) takes.get_future().wait();
    }
    returns.set_value();
    if (log.flush(std::chrono::seconds(20))) dropped = log.dropped();
  }

  void read(const std::string& line) {
    if (line.empty()) return;  // what filled the pipe
    const Json fields = Json::parse(line);
    dropped_by_log += fields.value("dropped", 0u);
    if (!fields.contains("n")) return;
    last = fields["n"];
    if (kept++ == 0) first = last;
  }
};

Flood flood(WhenFull when_full, std::size_t queue, std::uint64_t lines) {
  Flood flood;
  const Output pipe = open_full_pipe();
  std::promise<pid_t> begins;
  std::promise<void> returns;
  auto writer = std::async(std::launch::async, [&] {
    flood.log(pipe.writer.get(), when_full, queue, lines, begins, returns);
  });
  flood.outcome = outcome(returns.get_future(), begins.get_future().get());
  std::istringstream text(read_all(pipe.reader.get(), writer));
  writer.get();
  for (std::string line; std::getline(text, line);) flood.read(line);
  return flood;
}

}  // namespace

void full_queue(lab::Story& story, const Knobs& knobs) {
  const std::size_t queue = *knobs.queue;
  const std::uint64_t lines = queue / 20 + 300;  // over three times what fits
  story.say(
      "The log goes to a full pipe whose reader sleeps, and the queue holds {}. The "
      "program logs {} lines. With each policy either it should wait, or lines should be "
      "dropped: the oldest or the newest.",
      lab::text::bytes(queue), lines);
  story.picture(lab::Picture::bars, {"When the queue is full"});
  const Flood block = flood(WhenFull::block, queue, lines),
              oldest = flood(WhenFull::drop_oldest, queue, lines),
              newest = flood(WhenFull::drop_newest, queue, lines);
  bool adds_up = true;
  const auto row = [&](const char* policy, const Flood& each) {
    adds_up = adds_up && each.kept + each.dropped_by_log == lines &&
              each.dropped_by_log == each.dropped && each.most <= queue;
    return std::vector<std::string>{
        policy, each.outcome == Outcome::asleep ? "waited" : "went on",
        each.last + 1 == lines ? "kept" : "lost", std::to_string(each.dropped_by_log),
        std::to_string(each.kept)};
  };
  story.table({"When the queue is full",
               {"policy", "the program", "last line", "dropped, says the log",
                fmt::format("of {}", lines)},
               {row("block", block), row("drop the oldest", oldest),
                row("drop the newest", newest)}});
  story.claim("26.5",
              adds_up && block.outcome == Outcome::asleep && block.kept == lines &&
                  oldest.outcome == Outcome::returned && oldest.last + 1 == lines &&
                  oldest.dropped > 0 && newest.outcome == Outcome::returned &&
                  newest.first == 0 && newest.last + 1 < lines && newest.dropped > 0,
              "the queue never held more than {}. Of {} lines \"block\" kept all, and "
              "the program waited. The other two did not wait and dropped {} and {} "
              "lines, and the log says so",
              lab::text::bytes(queue), lines, oldest.dropped, newest.dropped);
  story.nuance("26.5",
               "Choose a policy for each log: block for an audit trail, drop for a debug "
               "log. A queue without a limit only turns a slow disk into a crash.");
  story.takeaway(
      "Give the queue a limit, decide what happens when it is full, and write into the "
      "log how many lines are missing.");
}

}  // namespace lab26
