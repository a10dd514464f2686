#include "readable.hpp"

namespace lab05 {

int Readable::on_data(OnData::Listener listener) {
  const int id = data_(std::move(listener));
  if (flow_ == Flow::idle) resume();
  return id;
}

// Step 3: how a source is stopped. From here on nothing is handed over; what is already
// on its way is kept, up to the source's own mark, and then read_more() is not called.
void Readable::pause() {
  if (std::exchange(flow_, Flow::paused) != Flow::paused) on_pause.emit();
}

// Flows from the next tick on, so that the caller's own callback is over by then.
void Readable::resume() {
  if (std::exchange(flow_, Flow::flowing) == Flow::flowing) return;
  if (std::exchange(resume_due_, true)) return;
  ticks().defer([this] {
    resume_due_ = false;
    if (destroyed()) return;
    pull();
    on_resume.emit();
    flow();
  });
}

// Room is what will be left once the chunk at the front has been handed over.
bool Readable::wants_more() const {
  if (reading_ || ended_ || destroyed()) return false;
  return buffer_.empty() || length_ - buffer_.front().size() < high_water_mark_;
}

void Readable::pull() {
  if (!wants_more()) return;
  reading_ = in_read_more_ = true;
  read_more();
  in_read_more_ = false;
}

void Readable::flow() {
  while (flowing() && !destroyed()) {
    pull();
    if (buffer_.empty()) break;
    const Chunk chunk = std::move(buffer_.front());
    buffer_.pop_front();
    length_ -= chunk.size();
    if (ended_ && buffer_.empty()) end_later();
    data_.emit(chunk);
  }
  if (flowing() && ended_ && buffer_.empty()) end_later();
}

bool Readable::push(Chunk chunk) {
  if (ended_ || destroyed()) return false;
  reading_ = false;
  // Straight through only if nothing is kept before it and read_more() has returned.
  if (flowing() && buffer_.empty() && !in_read_more_) {
    data_.emit(chunk);
  } else {
    length_ += chunk.size();
    buffer_.push_back(std::move(chunk));
  }
  read_ahead_later();
  return length_ < high_water_mark_;
}

void Readable::push_end() {
  reading_ = false;
  ended_ = true;
  if (!in_read_more_)
    flow();
  else
    read_ahead_later();
}

// Fills the buffer up to the mark, paused or not: the source's own part of the memory.
void Readable::read_ahead_later() {
  if (std::exchange(read_ahead_due_, true)) return;
  ticks().defer([this] {
    read_ahead_due_ = false;
    while (!reading_ && !ended_ && !destroyed() && length_ < high_water_mark_) {
      const std::size_t before = length_;
      pull();
      if (length_ == before) break;
    }
    flow();
  });
}

void Readable::end_later() {
  if (std::exchange(end_due_, true)) return;
  ticks().defer([this] {
    if (destroyed()) return;
    end_emitted_ = true;
    on_end.emit();
    if (complete()) destroy();
  });
}

}  // namespace lab05
