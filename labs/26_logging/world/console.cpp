#include "world/console.hpp"

#include <unistd.h>

#include "lab/core/error.hpp"

namespace lab26 {

using lab::uv::check;

Console::Console(int fd) : fd_(static_cast<int>(lab::check_errno(dup(fd), "dup"))) {
  switch (uv_guess_handle(fd_)) {
    case UV_TTY:
      check(uv_tty_init(loop_.raw(), &handle_.tty, fd_, 0), "open the terminal");
      check(uv_stream_set_blocking(stream(), 1), "make the terminal blocking");
      break;
    case UV_NAMED_PIPE:
      check(uv_pipe_init(loop_.raw(), &handle_.pipe, 0), "make a pipe");
      check(uv_pipe_open(&handle_.pipe, fd_), "open the pipe");
      break;
    default:
      is_file_ = true;
  }
}

void Console::log(std::string_view line) {
  const std::string text = std::string(line) + '\n';
  if (is_file_) return write_sync(text);
  struct Write {
    uv_write_t request{};
    std::string text;
  };
  auto* write = new Write{.text = text};
  write->request.data = write;
  const uv_buf_t buffer =
      uv_buf_init(write->text.data(), static_cast<unsigned>(write->text.size()));
  check(uv_write(
            &write->request, stream(), &buffer, 1,
            [](uv_write_t* request, int) { delete static_cast<Write*>(request->data); }),
        "write to the console");
}

void Console::write_sync(std::string_view text) {
  std::string copy(text);
  const uv_buf_t buffer = uv_buf_init(copy.data(), static_cast<unsigned>(copy.size()));
  uv_fs_t request{};
  check(uv_fs_write(nullptr, &request, fd_, &buffer, 1, -1, nullptr),
        "write to the file");
  uv_fs_req_cleanup(&request);
}

std::size_t Console::queued() const {
  return is_file_ ? 0
                  : uv_stream_get_write_queue_size(
                        reinterpret_cast<const uv_stream_t*>(&handle_));
}

}  // namespace lab26
