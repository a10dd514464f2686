// duplex.hpp: two streams in one object, each with a buffer of its own: a connection.
//
//   half-open allowed:     what comes has ended --> what goes goes on, until end()
//   half-open not allowed: what comes has ended --> end(), in the next tick
//
// Order     close comes last, once both directions are done.
// Source    stream.Duplex of Node 20: allowHalfOpen, readable, writable.
#pragma once

#include "lab/stream/readable.hpp"
#include "lab/stream/writable.hpp"

namespace lab {

struct DuplexOptions {
  bool allow_half_open = true;
  bool readable = true;  // false: only one direction is used; the other counts as done,
                         // and a push (a write) is one after the end
  bool writable = true;
  Unit writes = Unit::bytes;
  Unit reads = Unit::bytes;
  std::size_t read_mark = 0;  // 0: the same as for writes
};

inline constexpr DuplexOptions kOnlyReads{.writable = false};
inline constexpr DuplexOptions kOnlyWrites{.readable = false};

class Duplex : public Readable, public Writable {
 public:
  Duplex(Ticks& ticks, std::size_t high_water_mark, DuplexOptions options = {})
      : Stream(ticks),
        Readable(ticks, options.read_mark ? options.read_mark : high_water_mark,
                 options.reads),
        Writable(ticks, high_water_mark, options.writes),
        options_(options) {
    if (!options.readable) never_reads();
    if (!options.writable) never_writes();
  }

  bool complete() const override { return Readable::complete() && Writable::complete(); }

 protected:
  void start() override {
    Readable::start();
    Writable::start();
  }
  void after_end() override {
    if (options_.allow_half_open || ending() || destroyed()) return Readable::after_end();
    ticks().defer([this] {
      if (!destroyed()) end();
    });
  }

 private:
  DuplexOptions options_;
};

}  // namespace lab
