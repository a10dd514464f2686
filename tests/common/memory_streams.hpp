// memory_streams.hpp: streams without a loop or a socket, for tests. What happens, and
// when, is said by the test.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "lab/stream/pipe.hpp"

namespace lab {

// As a chunk of a ListSource: it fails there.
inline const std::string kFails = "<fails>";

// A source that pushes what it is told to, synchronously, and counts how often it is
// asked.
class ListSource : public Readable {
 public:
  ListSource(Ticks& ticks, std::vector<std::string> chunks, std::size_t mark = 16,
             Unit unit = Unit::bytes)
      : Stream(ticks),
        Readable(ticks, mark, unit),
        chunks_(chunks.begin(), chunks.end()) {}
  using Readable::push;
  using Readable::push_end;
  int asked = 0;
  bool answers = true;

 protected:
  void read_more() override {
    ++asked;
    if (!answers) return;
    if (chunks_.empty()) return push_end();
    const std::string next = chunks_.front();
    chunks_.pop_front();
    if (next == kFails) return destroy(Error("source", "boom"));
    push(Chunk(next));
  }

 private:
  std::deque<std::string> chunks_;
};

// A sink whose writes are answered when the test says so, or at once.
class HandSink : public Writable {
 public:
  explicit HandSink(Ticks& ticks, std::size_t mark = 10, bool at_once = false)
      : Stream(ticks), Writable(ticks, mark), at_once_(at_once) {}
  std::string received;
  std::size_t peak = 0;
  bool pending() const { return pending_ != nullptr; }

  // Answers the pending write, as a callback of the loop would.
  void answer(std::optional<Error> error = {}) {
    const auto done = std::exchange(pending_, nullptr);
    ticks().run([&] { done(error); });
  }
  void answer_all() {
    while (pending()) answer();
  }

 protected:
  void write_chunk(Chunk chunk, Done done) override {
    received += chunk.view();
    peak = std::max(peak, writable_length());
    if (at_once_) return done({});
    pending_ = std::move(done);
  }

 private:
  bool at_once_;
  Done pending_;
};

}  // namespace lab
