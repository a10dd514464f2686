// transform.hpp: a stage in the middle: writable on one side, readable on the other.
//
// Its two buffers are two marks. When the readable side is full, the pending write is not
// answered, so the writable side fills up too, and its write() answers false: that is how
// the pressure of a slow sink passes through a stage to the source before it.
//
// Source    stream.Transform of Node 20.
#pragma once

#include <variant>

#include "readable.hpp"
#include "writable.hpp"

namespace lab05 {

class Transform : public Readable, public Writable {
 public:
  // Turns one chunk into one chunk, or answers why it cannot.
  using Step = std::function<std::variant<Chunk, Error>(const Chunk&)>;

  Transform(Ticks& ticks, std::size_t high_water_mark, Step step)
      : Stream(ticks),
        Readable(ticks, high_water_mark),
        Writable(ticks, high_water_mark),
        step_(std::move(step)) {}

  bool complete() const override { return Readable::complete() && Writable::complete(); }

 protected:
  void write_chunk(Chunk chunk, Done done) override {
    auto result = step_(chunk);
    if (auto* error = std::get_if<Error>(&result)) return done(std::move(*error));
    if (push(std::get<Chunk>(std::move(result)))) return done({});
    held_ = std::move(done);  // the readable side is full: answer when it asks again
  }

  void read_more() override {
    if (auto done = std::exchange(held_, nullptr)) done({});
  }

  void finish_writing(Done done) override {
    push_end();
    done({});
  }

 private:
  Step step_;
  Done held_;
};

}  // namespace lab05
