// lines.hpp: bytes in, objects out: a transform with one side in object mode.
//
// Order     A line comes out once its end has come in; the last one with the end.
// Limits    A line that never ends is kept until it does: who reads from strangers must
//           bound it.
#pragma once

#include "lab/stream/transform.hpp"

namespace lab04 {

struct Line {
  int number = 0;
  std::string text;
};

class Lines : public lab::Transform {
 public:
  explicit Lines(lab::Ticks& ticks)
      : Stream(ticks),
        Transform(ticks, std::size_t{16} << 10,
                  {.reads = lab::Unit::objects, .read_mark = 16}) {}

 private:
  void transform(const lab::Chunk& chunk, lab::Done done) override {
    for (const char byte : chunk.view()) {
      if (byte == '\n')
        give();
      else
        kept_ += byte;
    }
    done({});
  }

  void flush(lab::Done done) override {
    if (!kept_.empty()) give();
    done({});
  }

  void give() { push(lab::Chunk::object(Line{++number_, std::exchange(kept_, {})})); }

  std::string kept_;
  int number_ = 0;
};

}  // namespace lab04
