// logging.hpp: one JSON object a line, through a bounded queue.
//
//   call --> level? --> line (fields, context, redaction) --> queue --> thread --> sinks
//
//   {"level":30,"time":1790000000000,"requestId":"r-7","route":"/pay","msg":"paid"}
//
// Units     Bytes of lines; time is std::chrono, the line's is in milliseconds since 1970.
// Threads   Any thread may log. With a queue, one thread of the logger's own writes.
// Lifetime  The destructor writes what waits, however long that takes a slow reader. A
//           process that ends in another way (_exit, a signal) loses it: flush() first.
// Errors    A sink that throws (a full disk) costs lines, never the caller: they are counted
//           as dropped, and the first line that can be written again says how many.
//           Impossible options throw std::invalid_argument.
// Cost      A disabled level: one atomic load and one branch. See bench/.
// Source    pino's lines, levels, children's bindings and redaction; spdlog's sinks, each
//           with a level of its own; AsyncLocalStorage for the context.
// Left out  Colours and pretty printing (a reader's job), sampling, err.cause, a queue that
//           survives SIGKILL, fork(). A key that comes twice is written twice, as by pino.
#pragma once

#include <spdlog/sinks/sink.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <variant>
#include <vector>

#include "lab/core/time_span.hpp"
#include "log_queue.hpp"
#include "redaction.hpp"

namespace lab26 {

// Step 1: a field is a name and a value, so a program can count errors by route without regex.
// It refers to its texts: pass it in the call.
struct Field {
  using Value = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view,
                             const Json*>;

  template <class T>
  Field(std::string_view field, const T& of) : name(field), value(of_type(of)) {}

  std::string_view name;
  Value value;

 private:
  template <class T>
  static Value of_type(const T& of);
};
using Fields = std::initializer_list<Field>;

// Fields that each line of one request has, on whatever thread the request is worked at.
using Context = std::shared_ptr<const std::string>;

struct LogOptions {
  Level level = Level::info;
  std::size_t queue_bytes = 1 << 20;  // 0: no queue, each call writes its line itself
  WhenFull when_full = WhenFull::drop_oldest;
  std::size_t gather_bytes = 0;  // as many are written together; at most the queue's
  lab::TimeSpan gather_for = std::chrono::seconds(1);  // or what has come until then
  std::vector<std::string> redact{};
  std::function<std::chrono::milliseconds()> now{};   // since 1970; empty: system_clock
  std::function<void(std::size_t bytes)> on_queue{};  // called with the lock held
};

class Logger {
 public:
  Logger(std::vector<spdlog::sink_ptr> sinks, LogOptions options);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger();

  // A fatal line waits until it is written, for a second at most, even if the queue is
  // full: the process is about to end. Without a queue each call waits for its sinks.
  void log(Level level, std::string_view message, Fields fields = {}) {
    if (enabled(level)) write(level, message, fields);
  }
  bool enabled(Level level) const {
    return level >= level_.load(std::memory_order_relaxed);
  }
  void set_level(Level level) { level_ = level; }  // also while others log

  // True once all that was logged before is written; false if that took longer.
  [[nodiscard]] bool flush(lab::TimeSpan within);

  std::uint64_t dropped() const { return dropped_; }  // so far, by policy or by a sink

  // The context of this thread with these fields besides, redacted as by this logger.
  Context with(Fields fields) const;

 private:
  void write(Level level, std::string_view message, Fields fields);
  void append(std::string& text, Fields fields) const;
  void put(LogLine line);
  void run();  // the writing thread
  struct Destination {
    spdlog::sink_ptr sink;
    std::uint64_t untold = 0;  // lines that it lost and that no line in it tells of yet
  };
  void write_out(const LogQueue::Batch& batch);
  void write_to(Destination& destination, const LogQueue::Batch& batch);

  std::vector<Destination> destinations_;  // of whoever writes
  const LogOptions options_;
  const Redaction redaction_;
  std::atomic<Level> level_;
  std::atomic<std::uint64_t> dropped_ = 0;

  std::mutex mutex_;  // of all below
  std::condition_variable work_, done_;
  LogQueue queue_;
  bool is_pressed_ = false;  // a line found no room
  bool is_ending_ = false;
  std::uint64_t flush_wanted_ = 0, flushed_ = 0;
  std::thread writer_;
};

// The context of this thread for as long as the object lives; then the one before. A job
// that goes to another thread takes current_context() along and starts with its own Scope.
class Scope {
 public:
  explicit Scope(Context context);
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope();

 private:
  Context before_;
};
Context current_context();

template <class T>
Field::Value Field::of_type(const T& of) {
  if constexpr (std::is_same_v<T, bool>) {
    return of;
  } else if constexpr (std::is_integral_v<T>) {
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    return static_cast<Wide>(of);
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<double>(of);
  } else if constexpr (std::is_same_v<T, Json>) {
    return &of;
  } else {
    return std::string_view(of);
  }
}

}  // namespace lab26
