// log_queue.hpp: lines that wait to be written, in bounded memory.
//
//   put --> [ oldest ... newest ] --> take       full: block, drop the oldest or the newest
//
// Units     Bytes of the lines. One line always fits into an empty queue, whatever its
//           length: so the queue holds at most its capacity, or one line. Fatal lines
//           come on top of that.
// Threads   None: the logger has the lock.
// Errors    None. What has no room is the caller's decision (block) or is counted.
// Left out  A queue for each thread, and binary lines that are formatted later: see quill
//           and NanoLog for a call that takes ten nanoseconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace lab26 {

enum class Level { trace = 10, debug = 20, info = 30, warn = 40, error = 50, fatal = 60 };

enum class WhenFull {
  block,        // the caller waits: no line is lost, and the service stands still
  drop_oldest,  // the end of the story is kept
  drop_newest,  // its beginning, which tells how it came to this
};

struct LogLine {
  Level level;
  std::string text;  // one JSON object, without a newline
};

class LogQueue {
 public:
  // All lines that waited, and how many were dropped between the last batch and this one:
  // before its lines if the oldest go first, otherwise after them.
  struct Batch {
    std::vector<LogLine> lines;
    std::uint64_t dropped = 0;
  };

  LogQueue(std::size_t capacity, WhenFull when_full)
      : capacity_(capacity), when_full_(when_full) {}

  // False: there is no room, and the policy is to block. The line is untouched then.
  [[nodiscard]] bool put(LogLine& line);
  [[nodiscard]] Batch take();

  std::size_t bytes() const { return bytes_; }
  bool empty() const { return lines_.empty(); }

 private:
  const std::size_t capacity_;
  const WhenFull when_full_;
  std::deque<LogLine> lines_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace lab26
