#include "line_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "lab/core/error.hpp"

namespace lab26 {

LineSink::LineSink(std::string path) : path_(std::move(path)) {
  reopen();
}

void LineSink::reopen() {
  const std::lock_guard lock(mutex_);
  const int fd = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  fd_.reset(static_cast<int>(lab::check_errno(fd, "open the log " + path_)));
}

void LineSink::sink_it_(const spdlog::details::log_msg& line) {
  if (waiting_.empty() && is_cut_) waiting_ = "\n";
  waiting_.append(line.payload.data(), line.payload.size());
  waiting_ += '\n';
}

void LineSink::flush_() {
  const std::string lines = std::exchange(waiting_, {});
  for (std::string_view rest = lines; !rest.empty();) {
    const ssize_t written = ::write(fd_.get(), rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
      if (written > 0) is_cut_ = lines[lines.size() - rest.size() - 1] != '\n';
    } else if (errno == EAGAIN) {
      pollfd room{fd_.get(), POLLOUT, 0};
      poll(&room, 1, -1);
    } else if (errno != EINTR) {
      throw spdlog::spdlog_ex("write the log", errno);
    }
  }
}

}  // namespace lab26
