// world.hpp: the stand-in world: a source that is too fast, a real TCP connection over
// loopback, and at its other end a reader that is too slow.
//
// Units     Bytes; rates are bytes for each tick of time, one millisecond, so that a busy
//           machine makes a run longer but changes no count.
#pragma once

#include "kernel.hpp"
#include "lab/stream/pipe.hpp"
#include "lab/stream/socket.hpp"

namespace lab05 {

using lab::Chunk;
using lab::Done;
using lab::Error;
using lab::Mapper;
using lab::Readable;
using lab::Stream;
using lab::Ticks;
using lab::Writable;

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// Closes it the rude way: the other end gets ECONNRESET.
void reset_connection(int fd);

// The process at the other end. It reads only as much as it is told to.
class SlowReader {
 public:
  explicit SlowReader(int fd) : fd_(fd) {}
  SlowReader(const SlowReader&) = delete;
  SlowReader& operator=(const SlowReader&) = delete;
  ~SlowReader() { close(); }

  void read(std::size_t at_most);
  void close();
  void reset();

  std::size_t received() const { return received_; }
  bool saw_end() const { return saw_end_; }  // the other end has closed or reset it
  int fd() const { return fd_; }

 private:
  int fd_;
  std::size_t received_ = 0;
  bool saw_end_ = false;
};

// Makes chunks as fast as it is allowed to, and keeps one ahead; allow() is called once
// for each tick of time.
// A source that was paused does not catch up: allowance that it could not use is lost.
class FastSource : public Readable {
 public:
  struct Options {
    std::size_t chunk = 64 * kKiB;
    std::size_t total = 0;  // bytes, a whole number of chunks; 0: it never ends
  };
  FastSource(Ticks& ticks, Options options)
      : Stream(ticks), Readable(ticks, options.chunk), options_(options) {}

  void allow(std::size_t bytes);
  void forfeit() { allowed_ = 0; }  // what it may still make in this tick
  std::size_t made() const { return made_; }

 protected:
  void read_more() override;

 private:
  Options options_;
  std::size_t allowed_ = 0;
  std::size_t made_ = 0;
  bool asked_ = false;
};

// One way out of the lab: our end as a sink, and the reader at the other.
class Outlet {
 public:
  Outlet(Ticks& ticks, lab::uv::Loop& loop, std::size_t mark, std::size_t kernel_buffer)
      : connection_(lab::connect_over_loopback(kernel_buffer)),
        sink(ticks, loop, connection_.near_end, mark, lab::kOnlyWrites),
        reader(connection_.far_end) {}

  KernelQueues kernel() const {
    return kernel_queues(connection_.near_end, connection_.far_end);
  }

 private:
  lab::Connection connection_;

 public:
  lab::Socket sink;
  SlowReader reader;
};

struct Plan {
  std::size_t total = 0;  // bytes; 0: without end
  std::size_t chunk = 64 * kKiB;
  std::size_t high_water_mark = 256 * kKiB;  // of the sink
  std::size_t source_rate = 256 * kKiB;
  std::size_t sink_rate = 32 * kKiB;
  std::size_t kernel_buffer = 64 * kKiB;
};

// A source and a way out, not joined yet, and the time in which they work.
class World {
 public:
  explicit World(const Plan& plan);

  // Lets time pass, a millisecond for each tick, until stop() is called or the reader
  // has seen the end.
  void run(const std::function<void()>& on_tick);
  void stop() { loop.stop(); }

  Plan plan;  // the rates may change while it runs
  lab::uv::Loop loop;
  Ticks ticks;
  FastSource source;
  Outlet outlet;
  std::size_t milliseconds = 0;
};

}  // namespace lab05
