// transform.hpp: a duplex whose output comes from its input.
//
//   write() --> [its writable buffer] --> transform() --> [its readable buffer] --> on_data
//
// Its two buffers are two marks. When the readable side is full, the pending write is not
// answered, so the writable side fills up too, and its write() answers false: that is how
// the pressure of a slow sink passes through a stage to the source before it. After end(),
// when there is no source to hold back any more, what is queued comes through at once.
//
// Source    stream.Transform of Node 20.
#pragma once

#include <variant>

#include "lab/stream/duplex.hpp"

namespace lab {

class Transform : public Duplex {
 public:
  Transform(Ticks& ticks, std::size_t high_water_mark, DuplexOptions options = {})
      : Stream(ticks), Duplex(ticks, high_water_mark, options) {
    pushes_unasked();
  }

 protected:
  // push()es what comes of the chunk: nothing, one chunk or many; then calls `done`.
  virtual void transform(const Chunk& chunk, Done done) = 0;

  // The input has ended: push()es what is still kept; then calls `done`.
  virtual void flush(Done done) { done({}); }

 private:
  void write_chunk(Chunk chunk, Done done) final {
    const std::size_t before = readable_length();
    transform(chunk, [this, before, done](std::optional<Error> error) {
      const std::size_t now = readable_length();
      const bool has_room = now == before || now < readable_high_water_mark();
      if (error) return done(error);
      if (end_pushed())  // by transform() itself: what follows must see it first
        return ticks().defer([done] { done({}); });
      if (has_room || ending()) return done({});
      held_ = done;  // the readable side is full: answer when it asks again
    });
  }

  void read_more() final {
    if (auto done = std::exchange(held_, nullptr)) done({});
  }

  void finish_writing(Done done) final {
    flush([this, done](std::optional<Error> error) {
      if (error) return done(std::move(error));
      push_end();
      done({});
    });
  }

  Done held_;
};

// One chunk in, one chunk out, or the reason why not.
class Mapper : public Transform {
 public:
  using Step = std::function<std::variant<Chunk, Error>(const Chunk&)>;

  Mapper(Ticks& ticks, std::size_t high_water_mark, Step step, DuplexOptions options = {})
      : Stream(ticks),
        Transform(ticks, high_water_mark, options),
        step_(std::move(step)) {}

 private:
  void transform(const Chunk& chunk, Done done) override {
    auto result = step_(chunk);
    if (auto* error = std::get_if<Error>(&result)) return done(std::move(*error));
    push(std::get<Chunk>(std::move(result)));
    done({});
  }

  Step step_;
};

// The simplest of them: what comes out is what went in.
class PassThrough : public Transform {
 public:
  PassThrough(Ticks& ticks, std::size_t high_water_mark, DuplexOptions options = {})
      : Stream(ticks), Transform(ticks, high_water_mark, options) {}

 private:
  void transform(const Chunk& chunk, Done done) override {
    push(chunk);
    done({});
  }
};

}  // namespace lab
