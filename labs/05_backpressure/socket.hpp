// socket.hpp: the two ends of a real connection as streams.
//
// Order     Every callback of libuv enters through Ticks::run, so that what it deferred
//           happens before the next callback, as in Node.
// Lifetime  The descriptor is closed when the stream is destroyed or goes, whichever is
// first. Source    net.Socket of Node 20, here one class for each direction.
#pragma once

#include "lab/uv.hpp"
#include "readable.hpp"
#include "writable.hpp"

namespace lab05 {

inline Error socket_error(std::string_view tried, int status) {
  return Error(tried, uv_strerror(status));
}

// Reads only while somebody wants to: a paused SocketSource leaves the bytes in the
// kernel, whose buffer fills up, whose window closes, and so the other end has to wait.
class SocketSource : public Readable {
 public:
  SocketSource(Ticks& ticks, lab::uv::Loop& loop, int fd, std::size_t high_water_mark)
      : Stream(ticks), Readable(ticks, high_water_mark), socket_(loop, fd) {}

 protected:
  void read_more() override {
    socket_.read_start([this](std::string_view bytes, int status) {
      ticks().run([&] { received(bytes, status); });
    });
  }

  void release(std::function<void()> released) override {
    socket_.close([this, released] { ticks().run(released); });
  }

 private:
  void received(std::string_view bytes, int status) {
    socket_.read_stop();  // until read_more() asks again
    if (status == UV_EOF) return push_end();
    if (status < 0) return destroy(socket_error("read", status));
    push(Chunk(std::string(bytes)));
  }

  lab::uv::Tcp socket_;
};

// Step 6: a chunk counts as written once the kernel has taken all of it. So the queue of
// this sink starts to grow only after the kernel's own buffers are full.
class SocketSink : public Writable {
 public:
  SocketSink(Ticks& ticks, lab::uv::Loop& loop, int fd, std::size_t high_water_mark)
      : Stream(ticks), Writable(ticks, high_water_mark), socket_(loop, fd) {}

 protected:
  void write_chunk(Chunk chunk, Done done) override {
    socket_.write(chunk.view(), [this, chunk, done](int status) {
      ticks().run([&] { answer(done, "write", status); });
    });
  }

  void finish_writing(Done done) override {
    socket_.shutdown([this, done](int status) {
      ticks().run([&] { answer(done, "shutdown", status); });
    });
  }

  void release(std::function<void()> released) override {
    socket_.close([this, released] { ticks().run(released); });
  }

 private:
  static void answer(const Done& done, std::string_view tried, int status) {
    if (status < 0) return done(socket_error(tried, status));
    done({});
  }

  lab::uv::Tcp socket_;
};

}  // namespace lab05
