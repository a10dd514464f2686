#include "lab/stream/writable.hpp"

namespace lab {

// The bytes are accepted either way; the answer compares what is still queued with the
// mark, and a caller that does not look at it has no backpressure.
bool Writable::write(Chunk chunk) {
  if (ending_) destroy(Error("write", "after end"));
  if (unit_ == Unit::bytes && !chunk.is_bytes())
    destroy(Error("write", "an object, and the stream is one of bytes"));
  if (destroyed()) return false;

  length_ += chunk.weight(unit_);
  ++unsettled_;
  queue_.push_back(std::move(chunk));
  if (!error()) write_queued();
  const bool has_room = length_ < high_water_mark_ || length_ == 0;
  if (!has_room) needs_drain_ = true;
  return has_room && !destroyed() && !error();
}

// One chunk after another, until one is pending. A loop, because chunks that are written
// synchronously would otherwise call each other, one stack frame for each.
void Writable::write_queued() {
  if (is_opening() || std::exchange(in_loop_, true)) return;
  while (!writing_ && !queue_.empty() && !destroyed()) {
    Chunk chunk = std::move(queue_.front());
    queue_.pop_front();
    writing_ = in_write_chunk_ = true;
    const std::size_t weight = chunk.weight(unit_);
    write_chunk(std::move(chunk), [this, weight](std::optional<Error> error) {
      chunk_written(weight, std::move(error));
    });
    in_write_chunk_ = false;
  }
  in_loop_ = false;
}

void Writable::chunk_written(std::size_t weight, std::optional<Error> error) {
  const bool at_once = in_write_chunk_;
  writing_ = false;
  length_ -= weight;
  fails(error);
  if (destroyed()) return drop_queue();
  if (error) {
    if (!at_once) {
      drop_queue();
      return destroy(std::move(error));
    }
    ticks().defer([this, error = std::move(error)] { destroy(error); });
    return;
  }

  if (!at_once) {
    write_queued();
    return after_write();
  }
  // Written before write() even returned: what follows must still come after its answer.
  const bool drained = needs_drain_ && length_ == 0 && !ending_;
  if (drained && !std::exchange(drain_due_, true)) {
    ticks().defer([this] {
      drain_due_ = false;
      after_write();
    });
    return;
  }
  --unsettled_;
  finish_if_done();
}

// Drain comes when the queue is empty, not when it falls below the mark: so a source that
// obeys is woken once for every markful, not once for every chunk.
void Writable::after_write() {
  if (needs_drain_ && length_ == 0 && !ending_ && !destroyed()) {
    needs_drain_ = false;
    on_drain.emit();
  }
  --unsettled_;
  finish_if_done();
}

void Writable::end() {
  if (ending_ || error()) return;
  ending_ = true;
  finish_if_done();
}

void Writable::start() {
  if (!writing_) write_queued();
  finish_if_done(true);
}

// What was not begun is dropped; a write that is under way still counts.
void Writable::drop_later() {
  if (!queue_.empty()) ticks().defer([this] { drop_queue(); });
}

void Writable::drop_queue() {
  if (writing_) return;
  for (const Chunk& chunk : std::exchange(queue_, {})) length_ -= chunk.weight(unit_);
}

bool Writable::all_written() const {
  return ending_ && !writing_ && queue_.empty() && length_ == 0 && !finished_ &&
         !destroyed() && !error() && !is_opening();
}

// Finish comes after the answers to all writes, and in a tick of its own: but at once, if
// opening was all that it waited for.
void Writable::finish_if_done(bool at_once) {
  if (!all_written()) return;
  prefinish();
  if (unsettled_ > 0) return;
  ++unsettled_;
  const auto finish_now = [this] {
    if (all_written())
      finish();
    else
      --unsettled_;
  };
  if (at_once)
    finish_now();
  else
    ticks().defer(finish_now);
}

void Writable::prefinish() {
  if (std::exchange(finish_writing_called_, true)) return;
  ++unsettled_;
  finish_writing(
      [this](std::optional<Error> error) { finishing_done(std::move(error)); });
}

void Writable::finish_writing(Done done) {
  nothing_left_ = true;
  done({});
}

void Writable::finishing_done(std::optional<Error> error) {
  --unsettled_;
  if (error) return destroy(std::move(error));
  if (!all_written()) return;
  on_prefinish.emit();
  if (nothing_left_) return;  // finish_if_done() goes on
  ++unsettled_;
  ticks().defer([this] { finish(); });  // even if it fails meanwhile: all had gone out
}

void Writable::finish() {
  --unsettled_;
  finished_ = true;
  on_finish.emit();
  if (complete()) destroy();
}

}  // namespace lab
