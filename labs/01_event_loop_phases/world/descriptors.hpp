// descriptors.hpp: what the experiments wait for: a pipe that is ready, a connect that
// fails.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "lab/core/error.hpp"
#include "lab/uv/uv.hpp"

namespace lab01 {

// A pipe with one byte in it, so that poll has a callback to run.
class ReadyPipe {
 public:
  ReadyPipe() {
    lab::check_errno(pipe2(fds_.data(), O_CLOEXEC), "make a pipe");
    lab::check_errno(write(fds_[1], "x", 1), "write a byte into a pipe");
  }
  ReadyPipe(const ReadyPipe&) = delete;
  ReadyPipe& operator=(const ReadyPipe&) = delete;
  ~ReadyPipe() {
    for (const int fd : fds_) close(fd);
  }
  int reading_end() const { return fds_[0]; }

 private:
  std::array<int, 2> fds_{};
};

// Connects to a unix socket that is not there. libuv learns at once that this fails, but
// it must not call back before the call returns, so it puts the callback off.
class FailingConnect : public lab::uv::Handle<uv_pipe_t> {
 public:
  explicit FailingConnect(lab::uv::Loop& loop) {
    initialized(uv_pipe_init(loop.raw(), raw(), 0), "uv_pipe_init");
  }
  void start(std::function<void()> on_error) {
    set(std::move(on_error));
    uv_pipe_connect(new uv_connect_t{}, raw(), "./no-such-socket",
                    [](uv_connect_t* raw, int) {
                      const std::unique_ptr<uv_connect_t> request(raw);
                      call<>(reinterpret_cast<uv_pipe_t*>(request->handle));
                    });
  }
};

}  // namespace lab01
