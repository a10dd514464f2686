// readable.hpp: a source that can be told to wait.
//
//   idle ---- on_data(), resume() --> flowing: every chunk goes to the listeners at once
//   flowing -- pause() --------------> paused: chunks are kept, up to about the mark
//   paused --- resume() -------------> flowing, from the next tick on
//
// Units     The high-water mark and all lengths are bytes.
// Errors    The subclass calls destroy(error); pushes after that are ignored.
// Source    stream.Readable of Node 20, in flowing mode.
// Left out  read() and 'readable' (the paused reader's way), object mode, unshift().
#pragma once

#include <set>

#include "stream.hpp"

namespace lab05 {

class Writable;

class Readable : public virtual Stream {
 public:
  using OnData = Event<const Chunk&>;

  Readable(Ticks& ticks, std::size_t high_water_mark)
      : Stream(ticks), high_water_mark_(high_water_mark) {}

  // The first listener makes the source flow, unless it was paused by hand before.
  int on_data(OnData::Listener listener);
  void off_data(int id) { data_.off(id); }
  bool has_data_listener() const { return !data_.empty(); }

  void pause();
  void resume();

  Event<> on_end;  // after the last chunk, even if its listener pauses the source
  Event<> on_pause;
  Event<> on_resume;

  bool flowing() const { return flow_ == Flow::flowing; }
  bool paused() const { return flow_ == Flow::paused; }
  std::size_t readable_length() const { return length_; }
  std::size_t readable_high_water_mark() const { return high_water_mark_; }
  bool ended() const { return end_emitted_; }
  bool complete() const override { return end_emitted_; }

  // The sinks of pipe() that have said false and not drained yet. All pipes of a source
  // share it: the source waits for the slowest.
  std::set<const Writable*> awaiting_drain;

 protected:
  // Asks for the next chunk: push() it, or push_end(), now or later. Not called again
  // before that, nor while the buffer is at the mark.
  virtual void read_more() = 0;

  // False: the buffer is at its mark, stop producing until read_more() asks again.
  bool push(Chunk chunk);
  void push_end();

 private:
  enum class Flow { idle, flowing, paused };

  bool wants_more() const;
  void pull();
  void flow();
  void read_ahead_later();
  void end_later();

  std::size_t high_water_mark_;
  std::size_t length_ = 0;
  std::deque<Chunk> buffer_;
  OnData data_;
  Flow flow_ = Flow::idle;
  bool reading_ = false;  // read_more() was called and has not been answered
  bool in_read_more_ = false;
  bool resume_due_ = false;
  bool read_ahead_due_ = false;
  bool ended_ = false;  // push_end() was called
  bool end_due_ = false;
  bool end_emitted_ = false;
};

}  // namespace lab05
