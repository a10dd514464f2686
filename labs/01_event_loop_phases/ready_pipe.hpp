// ready_pipe.hpp: what the experiments wait on.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "lab/error.hpp"
#include "lab/uv.hpp"

namespace lab01 {

// A pipe with one byte in it: what makes poll call somebody.
class ReadyPipe {
 public:
  ReadyPipe() {
    lab::check_errno(pipe2(fds_.data(), O_CLOEXEC), "make a pipe");
    lab::check_errno(write(fds_[1], "x", 1), "write a byte into it");
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

// Keeps plain libuv handles in memory until the loop that closes them is gone.
template <class T>
struct Until {
  std::unique_ptr<T> thing = std::make_unique<T>();
  lab::uv::Loop loop{};  // destroyed first
};

}  // namespace lab01
