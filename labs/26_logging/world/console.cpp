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
  struct Write {
    std::string text;
    uv_write_t request{};
  };
  auto* write = new Write{std::string(line) + '\n'};
  write->request.data = write;
  const uv_buf_t buffer =
      uv_buf_init(write->text.data(), static_cast<unsigned>(write->text.size()));
  const auto end = [](uv_write_t* request, int) {
    delete static_cast<Write*>(request->data);
  };
  if (!is_file_) {
    check(uv_write(&write->request, stream(), &buffer, 1, end), "write to the console");
    return;
  }
  uv_fs_t request{};
  check(uv_fs_write(nullptr, &request, fd_, &buffer, 1, -1, nullptr),
        "write to the file");
  uv_fs_req_cleanup(&request);
  end(&write->request, 0);
}

std::size_t Console::queued() const {
  return is_file_ ? 0
                  : uv_stream_get_write_queue_size(
                        reinterpret_cast<const uv_stream_t*>(&handle_));
}

}  // namespace lab26
