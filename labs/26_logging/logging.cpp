#include "logging.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <stdexcept>

namespace lab26 {

namespace {

thread_local Context context;

spdlog::level::level_enum of_spdlog(Level level) {
  return static_cast<spdlog::level::level_enum>(static_cast<int>(level) / 10 - 1);
}

std::string dumped(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Step 3: a text is escaped, so that no user can end the line and write one of their own.
void append_text(std::string& line, std::string_view text) {
  const bool is_plain = std::ranges::all_of(
      text, [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (is_plain) {
    ((line += '"') += text) += '"';
  } else {
    line += dumped(text);
  }
}

struct AppendValue {
  std::string& line;

  void operator()(bool value) const { line += value ? "true" : "false"; }
  void operator()(std::integral auto value) const { line += fmt::to_string(value); }
  void operator()(double value) const {
    line += std::isfinite(value) ? fmt::to_string(value) : "null";
  }
  void operator()(std::string_view value) const { append_text(line, value); }
  void operator()(const Json* value) const { line += dumped(*value); }
};

std::chrono::milliseconds system_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

LogOptions checked(LogOptions options) {
  if (options.gather_bytes > options.queue_bytes) {
    throw std::invalid_argument("a logger cannot gather more bytes than its queue holds");
  }
  if (!options.now) options.now = system_now;
  return options;
}

}  // namespace

Logger::Logger(std::vector<spdlog::sink_ptr> sinks, LogOptions options)
    : options_(checked(std::move(options))),
      redaction_(options_.redact),
      level_(options_.level),
      queue_(options_.queue_bytes, options_.when_full) {
  for (spdlog::sink_ptr& sink : sinks) {
    sink->set_pattern("%v");  // nothing around our line
    destinations_.push_back({std::move(sink)});
  }
  if (options_.queue_bytes > 0) writer_ = std::thread([this] { run(); });
}

Logger::~Logger() {
  if (!writer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  work_.notify_one();
  writer_.join();
}

void Logger::append(std::string& text, Fields fields) const {
  for (const Field& field : fields) {
    text += ',';
    append_text(text, field.name);
    text += ':';
    const auto* json = std::get_if<const Json*>(&field.value);
    const auto safe = redaction_.applied(field.name, json ? *json : nullptr);
    std::visit(AppendValue{text}, safe ? Field::Value(&*safe) : field.value);
  }
}

void Logger::write(Level level, std::string_view message, Fields fields) {
  std::string text = fmt::format(R"({{"level":{},"time":{})", static_cast<int>(level),
                                 options_.now().count());
  if (context) text += *context;
  append(text, fields);
  text += R"(,"msg":)";
  append_text(text, message);
  text += '}';
  put({level, std::move(text)});
  // Nobody can be told that this failed: the line waits in the queue.
  if (level == Level::fatal) static_cast<void>(flush(std::chrono::seconds(1)));
}

// Step 5: the call only puts the line into the queue. Without a queue it writes, and waits
// for as long as the reader sleeps.
void Logger::put(LogLine line) {
  std::unique_lock lock(mutex_);
  if (options_.queue_bytes == 0) {
    LogQueue::Batch one;
    one.lines.push_back(std::move(line));
    write_out(one);
    return;
  }
  while (!queue_.put(line)) {
    is_pressed_ = true;
    work_.notify_one();
    done_.wait(lock);
  }
  if (options_.on_queue) options_.on_queue(queue_.bytes());
  if (queue_.bytes() >= options_.gather_bytes) work_.notify_one();
}

bool Logger::flush(lab::TimeSpan within) {
  std::unique_lock lock(mutex_);
  if (!writer_.joinable()) return true;
  const std::uint64_t ticket = ++flush_wanted_;
  work_.notify_one();
  return done_.wait_for(lock, within, [&] { return flushed_ >= ticket; });
}

// Step 6: the writer takes all that waits in one go, so a burst costs one write.
void Logger::run() {
  std::unique_lock lock(mutex_);
  for (bool ends = false; !ends;) {
    work_.wait_for(lock, options_.gather_for, [this] {
      return is_ending_ || is_pressed_ || flushed_ < flush_wanted_ ||
             (!queue_.empty() && queue_.bytes() >= options_.gather_bytes);
    });
    ends = is_ending_;
    is_pressed_ = false;
    const std::uint64_t up_to = flush_wanted_;
    const LogQueue::Batch batch = queue_.take();
    if (options_.on_queue && !batch.lines.empty()) options_.on_queue(0);
    done_.notify_all();  // there is room
    lock.unlock();
    write_out(batch);
    lock.lock();
    flushed_ = up_to;
    done_.notify_all();
  }
}

void Logger::write_out(const LogQueue::Batch& batch) {
  dropped_ += batch.dropped;
  for (Destination& destination : destinations_) write_to(destination, batch);
}

namespace {

bool succeeds(const auto& act) {
  try {
    act();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

// Step 7: a gap in the log says so itself, at its place. A sink that throws at a line has
// lost that one; if it throws at the flush, all that it got may be lost.
void Logger::write_to(Destination& destination, const LogQueue::Batch& batch) {
  const auto& sink = destination.sink;
  std::uint64_t lines = 0, told = 0;
  const auto put = [&](Level level, const std::string& text) {
    sink->log({{}, {}, {}, of_spdlog(level), text});
  };
  const auto tell = [&] {
    if (destination.untold == 0) return;
    put(Level::warn, fmt::format(R"({{"level":40,"time":{},"dropped":{},)"
                                 R"("msg":"log lines were dropped"}})",
                                 options_.now().count(), destination.untold));
    told += destination.untold;
    destination.untold = 0;
  };
  const auto lose = [&](std::uint64_t count) {
    dropped_ += count;
    destination.untold += count;
  };
  const bool gap_is_first = options_.when_full == WhenFull::drop_oldest;
  if (gap_is_first) destination.untold += batch.dropped;
  for (const LogLine& line : batch.lines) {
    if (!sink->should_log(of_spdlog(line.level))) continue;
    const bool is_put = succeeds([&] {
      tell();
      put(line.level, line.text);
    });
    if (is_put) ++lines;
    if (!is_put) lose(1);
  }
  if (!gap_is_first) destination.untold += batch.dropped;
  static_cast<void>(succeeds(tell));  // if not, the next batch tells
  if (succeeds([&] { sink->flush(); })) return;
  lose(lines);
  destination.untold += told;
}

Context Logger::with(Fields fields) const {
  std::string text = context ? *context : "";
  append(text, fields);
  return std::make_shared<const std::string>(std::move(text));
}

Context current_context() {
  return context;
}

// Step 8: a request's id follows it without being passed to each function.
Scope::Scope(Context mine) : before_(std::exchange(context, std::move(mine))) {
}

Scope::~Scope() {
  context = std::move(before_);
}

}  // namespace lab26
