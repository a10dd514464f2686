// socket.hpp: one end of a real connection as a duplex.
//
// Order     Every callback of libuv enters through Ticks::run, so that what it deferred
//           happens before the next callback, as in Node.
// Lifetime  The descriptor is closed when the stream is destroyed or goes, whichever is
//           first.
// Errors    What libuv refuses or reports fails the stream; but a direction that cannot be
//           ended, because the other end has reset the connection, counts as ended.
// Source    net.Socket of Node 20; as there, half-open is not allowed unless asked for.
#pragma once

#include "lab/stream/duplex.hpp"
#include "lab/uv/uv.hpp"

namespace lab {

// Reads only while somebody wants to: a paused socket leaves the bytes in the kernel, whose
// buffer fills up, whose window closes, and so the other end has to wait.
class Socket : public Duplex {
 public:
  Socket(Ticks& ticks, uv::Loop& loop, int fd, std::size_t high_water_mark,
         DuplexOptions options = {.allow_half_open = false})
      : Stream(ticks), Duplex(ticks, high_water_mark, options), socket_(loop, fd) {}

 protected:
  void read_more() override;

  // A chunk counts as written once the kernel has taken all of it. So the queue of writes
  // starts to grow only after the kernel's own buffers are full.
  void write_chunk(Chunk chunk, Done done) override;

  // Ends our direction: the other end reads its end of file, and may go on writing.
  void finish_writing(Done done) override;

  void release(Done released) override;

 private:
  void received(std::string_view bytes, int status);
  void attempt(const std::function<void()>& call, const Done& failed);

  uv::Tcp socket_;
};

// The two ends of a TCP connection within this process. Both belong to the caller.
struct Connection {
  int near_end = -1;
  int far_end = -1;
};

// `buffer` is what the kernel is asked to keep on either side; it takes up to twice that.
Connection connect_over_loopback(std::size_t buffer);

}  // namespace lab
