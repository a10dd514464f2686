// line_sink.hpp: a file, pipe or terminal as a destination of lines.
//
// Threads   Safe, by base_sink's lock.
// Errors    log() has none. flush() throws spdlog::spdlog_ex if the lines could not be
//           written: they are forgotten then, and a line that was cut is ended before the
//           next. A non-blocking descriptor is waited for. Ignore SIGPIPE, or a pipe without
//           a reader ends the process.
// Cost      One write(2) a flush.
// Source    sonic-boom, pino's destination.
// Left out  fsync: what was written survives the process, not a power cut.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <string>

#include "lab/os/descriptor.hpp"

namespace lab26 {

class LineSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LineSink(lab::Descriptor fd) : fd_(std::move(fd)) {}
  explicit LineSink(std::string path);  // appended to, and made if it is not there

  // After logrotate has renamed the file: goes on in a new one of the old name. Throws
  // lab::Error if that cannot be opened, and stays with the old one.
  void reopen();

 private:
  void sink_it_(const spdlog::details::log_msg& line) override;
  void flush_() override;

  std::string path_;
  lab::Descriptor fd_;
  std::string waiting_;
  bool is_cut_ = false;  // the last write ended within a line
};

}  // namespace lab26
