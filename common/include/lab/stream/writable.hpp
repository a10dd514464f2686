// writable.hpp: a destination that says when it has had enough.
//
//   write() -> true   -- queue at or above the high-water mark --> write() -> false
//   write() -> false  -- the queue has run empty --------------> drain, write() -> true
//   end()             -- all is written --> prefinish -- finish_writing() --> finish
//
// Units     The high-water mark and all lengths are bytes, or objects (Unit::objects).
// Cost      write() is one push on a queue; nothing is copied.
// Errors    A failed write destroys the stream; write() after end() is such a failure.
//           write() after destroy() answers false and does nothing.
// Source    stream.Writable of Node 20, its order of events included.
// Left out  cork(), a callback for each write.
#pragma once

#include <deque>

#include "lab/stream/stream.hpp"

namespace lab {

class Writable : public virtual Stream {
 public:
  Writable(Ticks& ticks, std::size_t high_water_mark, Unit unit = Unit::bytes)
      : Stream(ticks), high_water_mark_(high_water_mark), unit_(unit) {}

  // Takes the chunk, always: the mark is a threshold, not a cap. False asks the caller to
  // stop until on_drain, and that answer is all the backpressure there is.
  [[nodiscard]] bool write(Chunk chunk);

  // No more writes: on_finish comes when all that was written has gone out.
  void end();

  Event<> on_drain;  // after a write() that answered false: the queue is empty again
  Event<> on_prefinish;
  Event<> on_finish;

  // Accepted and not yet written: what waits, and what is being written now.
  std::size_t writable_length() const { return length_; }
  std::size_t writable_high_water_mark() const { return high_water_mark_; }
  bool needs_drain() const { return needs_drain_; }
  bool ending() const { return ending_; }
  bool finished() const { return finished_; }
  bool complete() const override { return finished_; }
  bool writes() const {
    return writes_;
  }  // false: a Duplex of which only one side is used

  // Nothing is left to write, whether `finish` was told yet or not.
  bool written_out() const { return finished_ || (ending_ && length_ == 0 && !error()); }
  bool settled() const { return unsettled_ == 0; }  // no event of a write is due

 protected:
  // Writes one chunk and then calls `done`, once. The next call waits for it.
  virtual void write_chunk(Chunk chunk, Done done) = 0;

  // After the last chunk: what is left to do before the stream counts as finished.
  virtual void finish_writing(Done done);

  // For a Duplex that is only read: it counts as finished.
  void never_writes() {
    writes_ = false;
    ending_ = finished_ = true;
  }
  void start() override;
  void drop_later() override;

 private:
  void write_queued();
  void drop_queue();
  void chunk_written(std::size_t weight, std::optional<Error> error);
  void after_write();
  bool all_written() const;
  void finish_if_done(bool at_once = false);
  void prefinish();
  void finishing_done(std::optional<Error> error);
  void finish();

  std::size_t high_water_mark_;
  Unit unit_;
  std::size_t length_ = 0;
  std::deque<Chunk> queue_;
  int unsettled_ = 0;  // writes, and the finish, whose events are still to come
  bool needs_drain_ = false;
  bool writing_ = false;         // one write_chunk() has not called back yet
  bool in_write_chunk_ = false;  // if it calls back before it returns, it was synchronous
  bool in_loop_ = false;
  bool drain_due_ = false;
  bool writes_ = true;
  bool ending_ = false;
  bool finish_writing_called_ = false;
  bool nothing_left_ = false;  // finish_writing() is not the subclass's own
  bool finished_ = false;
};

}  // namespace lab
