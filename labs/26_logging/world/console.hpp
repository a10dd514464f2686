// console.hpp: console.log as Node writes it, by the same calls of libuv.
//
//   file      uv_fs_write without a callback: synchronous
//   terminal  uv_write on a stream that was set to blocking: synchronous
//   pipe      uv_write: what the pipe has no room for waits in memory
#pragma once

#include <uv.h>

#include <string>

#include "lab/uv/uv.hpp"

namespace lab26 {

class Console {
 public:
  explicit Console(int fd);  // keeps a copy of it

  void log(std::string_view line);
  std::size_t queued() const;     // bytes in memory
  void finish() { loop_.run(); }  // until all is written, as a process does at its end

 private:
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&handle_); }

  int fd_;
  uv_any_handle handle_{};  // the loop closes it, so it lives longer
  bool is_file_ = false;
  lab::uv::Loop loop_;
};

}  // namespace lab26
