// readable.hpp: a source that can be told to wait.
//
//   idle ----- on_data(), resume() --> flowing: every chunk goes to the listeners at once
//   flowing -- pause() --------------> paused: chunks are kept, up to about the mark
//   paused --- resume() -------------> flowing, from the next tick on
//   any ------ on_readable() --------> paused, and read() takes what is kept
//
// Units     The high-water mark and all lengths are bytes, or objects (Unit::objects).
// Errors    The subclass calls destroy(error); pushes after that are ignored. A push after
//           push_end() is an error of its own.
// Source    stream.Readable of Node 20, its order of events included.
// Left out  read(size), unshift(), async iteration.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "lab/stream/stream.hpp"
#include "lab/stream/utf8.hpp"

namespace lab {

class Writable;

class Readable : public virtual Stream {
 public:
  using OnData = Event<const Chunk&>;

  Readable(Ticks& ticks, std::size_t high_water_mark, Unit unit = Unit::bytes)
      : Stream(ticks), high_water_mark_(high_water_mark), unit_(unit) {}

  // The first listener makes the source flow, unless it was paused by hand before.
  int on_data(OnData::Listener listener);
  void off_data(int id) { data_.off(id); }
  bool has_data_listener() const { return !data_.empty(); }

  // There is something to read(), or the end is reached. While somebody listens here,
  // the source does not flow.
  int on_readable(Event<>::Listener listener);
  void off_readable(int id);

  // Takes what is kept: all bytes in one chunk, or one object; nothing: wait for
  // on_readable. The listeners of on_data get it, too.
  std::optional<Chunk> read();

  void pause();
  void resume();

  // From now on the bytes come as text, cut between characters: a chunk may get shorter,
  // or come later, but no character is split.
  // Bytes that are already kept are text from now on, too.
  void set_encoding_utf8();

  Event<> on_end;  // after the last chunk, even if its listener pauses the source
  Event<> on_pause;
  Event<> on_resume;

  bool flowing() const { return flow_ == Flow::flowing; }
  bool paused() const { return flow_ == Flow::paused; }
  std::size_t readable_length() const { return length_; }
  std::size_t readable_high_water_mark() const { return high_water_mark_; }
  bool ended() const { return end_emitted_; }
  bool complete() const override { return end_emitted_; }
  bool reads() const { return reads_; }  // false: a Duplex of which only one side is used

  bool end_pushed() const { return ended_; }  // the source has no more; listeners may

  // All is read: `end` was told, or will be with nothing before it.
  bool read_out() const { return (end_emitted_ || (ended_ && length_ == 0)) && !error(); }

  // What the pipes of a source share. It waits for the slowest sink.
  struct Pipes {
    std::vector<const Writable*> sinks;
    std::set<const Writable*> awaited;  // said false, and not drained yet
    bool several = false;               // there was a second sink since the last pause
  };
  Pipes pipes;

 protected:
  // Asks for the next chunk: push() it, or push_end(), now or later. Not called again
  // before that, nor while the buffer is at the mark.
  virtual void read_more() = 0;

  // False: the buffer is at its mark, stop producing until read_more() asks again.
  bool push(Chunk chunk);
  void push_end();

  // What follows the end: a stream that has done all it was there for is destroyed.
  virtual void after_end();

  // For a subclass that pushes before it was ever asked, as Transform does.
  void pushes_unasked() { asking_ = false; }

  // For a Duplex that is only written to: it counts as read to its end.
  void never_reads() {
    reads_ = false;
    ended_ = end_emitted_ = true;
  }
  void start() override;

 private:
  enum class Flow { idle, flowing, paused };

  void add(Chunk chunk);
  Chunk take();
  void ask();
  void ask_unless(bool enough);
  void flow();
  void announce_later();
  void announce();
  void listen_anew();
  void read_ahead_later();
  void end_later();

  std::size_t high_water_mark_;
  Unit unit_;
  std::size_t length_ = 0;
  std::deque<Chunk> buffer_;
  std::unique_ptr<Utf8Decoder> decoder_;
  OnData data_;
  Event<> readable_;
  Flow flow_ = Flow::idle;
  bool paused_by_hand_ = false;
  bool listened_to_ = false;  // on_readable has listeners
  bool is_awaited_ = false;   // tell on_readable as soon as something comes
  bool announced_ = false;    // it has been told, and nobody has read since
  bool reading_ = false;      // read_more() was called and has not been answered
  bool asking_ = true;        // read_more() runs now, or was never called yet
  bool reads_ = true;
  bool resume_due_ = false;
  bool read_ahead_due_ = false;
  bool ended_ = false;  // push_end() was called
  bool end_emitted_ = false;
};

}  // namespace lab
