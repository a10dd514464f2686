#include "writable.hpp"

namespace lab05 {

// Step 1: the whole signal. The bytes are accepted either way; the answer compares what
// is still queued with the mark, and a caller that does not look at it has no
// backpressure.
bool Writable::write(Chunk chunk) {
  if (ending_) destroy(Error("write", "after end"));
  if (destroyed()) return false;

  length_ += chunk.size();
  queue_.push_back(std::move(chunk));
  write_queued();
  const bool has_room = length_ < high_water_mark_ || length_ == 0;
  if (!has_room) needs_drain_ = true;
  return has_room && !destroyed();
}

// One chunk after another, until one is pending. A loop, because chunks that are written
// synchronously would otherwise call each other, one stack frame for each.
void Writable::write_queued() {
  if (std::exchange(in_loop_, true)) return;
  while (!writing_ && !queue_.empty() && !destroyed()) {
    Chunk chunk = std::move(queue_.front());
    queue_.pop_front();
    writing_ = in_write_chunk_ = true;
    const std::size_t size = chunk.size();
    write_chunk(std::move(chunk), [this, size](std::optional<Error> error) {
      chunk_written(size, std::move(error));
    });
    in_write_chunk_ = false;
  }
  in_loop_ = false;
}

void Writable::chunk_written(std::size_t size, std::optional<Error> error) {
  writing_ = false;
  length_ -= size;
  if (destroyed()) return;
  if (error) return destroy(std::move(error));

  if (!in_write_chunk_) {
    write_queued();
    return after_write();
  }
  // Written before write() even returned: what follows must still come after its answer.
  if (std::exchange(after_write_due_, true)) return;
  ticks().defer([this] {
    after_write_due_ = false;
    after_write();
  });
}

// Step 2: drain comes when the queue is empty, not when it falls below the mark: so a
// source that obeys is woken once for every markful, not once for every chunk.
void Writable::after_write() {
  if (needs_drain_ && length_ == 0 && !ending_ && !destroyed()) {
    needs_drain_ = false;
    on_drain.emit();
  }
  finish_if_done();
}

void Writable::end() {
  ending_ = true;
  finish_if_done();
}

void Writable::finish_if_done() {
  if (!ending_ || length_ > 0 || destroyed() || std::exchange(finishing_, true)) return;
  finish_writing([this](std::optional<Error> error) {
    if (error) return destroy(std::move(error));
    ticks().defer([this] {
      if (destroyed()) return;
      finished_ = true;
      on_finish.emit();
      if (complete()) destroy();
    });
  });
}

}  // namespace lab05
