// transfer.hpp: a source that is too fast, a real TCP connection over loopback, and at its
// other end a reader that is too slow.
//
// Units     Bytes. Rates are bytes for each tick, one millisecond of a timer, so a busy
//           machine makes a run longer but changes no count.
#pragma once

#include <chrono>
#include <vector>

#include "backpressure.hpp"
#include "lab/stream/socket.hpp"

namespace lab05 {

using lab::Ticks;

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// Closes a connection so that the other end gets ECONNRESET.
void reset_connection(int fd);

// The process at the far end of a connection. It reads only as much as it is told to.
class SlowReader {
 public:
  explicit SlowReader(int fd) : fd_(fd) {}
  SlowReader(const SlowReader&) = delete;
  SlowReader& operator=(const SlowReader&) = delete;
  ~SlowReader();

  void read(std::size_t at_most);
  void reset();

  std::size_t received() const { return received_; }
  bool saw_end() const { return saw_end_; }  // the other end has closed or reset it

 private:
  int fd_;
  std::size_t received_ = 0;
  bool saw_end_ = false;
};

// Produces as many chunks as allow() lets it, and keeps one ahead. While it is paused it
// does not catch up: an allowance that it could not use is lost.
class FastSource : public Readable {
 public:
  FastSource(Ticks& ticks, std::size_t chunk, std::size_t total)
      : Stream(ticks), Readable(ticks, chunk), chunk_(chunk), total_(total) {}

  void allow(std::size_t bytes);
  std::size_t made() const { return made_; }

 protected:
  void read_more() override;

 private:
  std::size_t chunk_;
  std::size_t total_;  // bytes, a whole number of chunks; 0: without end
  std::size_t allowed_ = 0;
  std::size_t made_ = 0;
  bool waits_for_allowance_ = false;
};

// A socket as a sink, and the reader at its other end.
struct Outlet {
  Outlet(Ticks& ticks, lab::uv::Loop& loop, std::size_t high_water_mark,
         std::size_t kernel_buffer)
      : connection(lab::connect_over_loopback(kernel_buffer)),
        sink(ticks, loop, connection.near_end, high_water_mark, lab::kOnlyWrites),
        reader(connection.far_end) {}

  const lab::Connection connection;  // the descriptors belong to sink and reader
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
  std::chrono::milliseconds patience{10'000};  // with a transfer that stands still
};

// A source and its outlet, not joined yet, and the ticks in which they work.
class Transfer {
 public:
  explicit Transfer(const Plan& plan);

  // Lets ticks pass until stop() is called or the reader has seen the end. Throws if for
  // as long as the plan's patience nothing was made and nothing received.
  void run(const std::function<void()>& on_tick);
  void stop() { loop.stop(); }
  std::size_t queued() const { return outlet.sink.writable_length(); }

  Plan plan;  // the rates may change while it runs
  lab::uv::Loop loop;
  Ticks ticks;
  FastSource source;
  Outlet outlet;
  std::size_t milliseconds = 0;

 private:
  bool stands_still();

  std::size_t last_seen_ = 0;   // bytes made and received
  std::size_t last_moved_ = 0;  // in which millisecond that was less
};

// What one transfer did.
struct Counts {
  std::size_t chunks = 0;
  std::size_t refusals = 0;  // write() returned false
  std::size_t drains = 0;
  std::size_t resumes = 0;                // the first one starts the source
  std::size_t resumes_without_drain = 0;  // after a pause, with no drain in between
  std::vector<std::size_t> pauses;        // the queue's length at each
  std::size_t longest_queue = 0;
  std::size_t received = 0;  // by the reader
};

// Carries the bytes of the plan in one of the ways, to their end.
Counts run_transfer(Way way, const Plan& plan,
                    const std::function<void(const Transfer&)>& on_tick = {},
                    const PumpObserver& observer = {});

}  // namespace lab05
