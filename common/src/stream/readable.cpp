#include "lab/stream/readable.hpp"

namespace lab {

int Readable::on_data(OnData::Listener listener) {
  const int id = data_(std::move(listener));
  listened_to_ = listened_to_ || !readable_.empty();
  if (flow_ != Flow::paused) resume();
  return id;
}

int Readable::on_readable(Event<>::Listener listener) {
  const int id = readable_(std::move(listener));
  if (end_emitted_ || std::exchange(listened_to_, true)) return id;
  is_awaited_ = true;
  announced_ = false;
  flow_ = Flow::paused;
  if (length_ > 0)
    announce_later();
  else if (!reading_)
    ticks().defer([this] { ask(); });
  return id;
}

void Readable::off_readable(int id) {
  readable_.off(id);
  ticks().defer([this] { listen_anew(); });
}

// Who listens has changed: with on_data alone, the source flows again.
void Readable::listen_anew() {
  listened_to_ = !readable_.empty();
  if (resume_due_ && !paused_by_hand_) {
    flow_ = Flow::flowing;
  } else if (!data_.empty()) {
    resume();
  } else if (!listened_to_) {
    flow_ = Flow::idle;
  }
}

// A character may have come in pieces, so the bytes are taken together.
void Readable::set_encoding_utf8() {
  decoder_ = std::make_unique<Utf8Decoder>();
  std::string text;
  for (const Chunk& chunk : std::exchange(buffer_, {}))
    text += decoder_->decode(chunk.view());
  length_ = text.size();
  if (length_ > 0) buffer_.emplace_back(std::move(text));
}

// From here on nothing is handed over; what is already on its way is kept, up to the
// source's own mark, and then read_more() is not called.
void Readable::pause() {
  if (std::exchange(flow_, Flow::paused) != Flow::paused) on_pause.emit();
  paused_by_hand_ = true;
}

// Flows from the next tick on, so that the caller's own callback is over by then.
void Readable::resume() {
  paused_by_hand_ = false;
  if (flow_ == Flow::flowing) return;
  flow_ = listened_to_ ? Flow::paused : Flow::flowing;
  if (std::exchange(resume_due_, true)) return;
  ticks().defer([this] {
    if (!reading_) ask();
    resume_due_ = false;
    on_resume.emit();
    flow();
    if (flowing() && !reading_) ask();
  });
}

void Readable::flow() {
  while (flowing() && read()) {
  }
}

// Calls read_more(), unless an answer is still due, or there is enough.
void Readable::ask_unless(bool enough) {
  if (enough || ended_ || reading_ || destroyed() || error() || is_opening()) return;
  reading_ = asking_ = true;
  if (length_ == 0) is_awaited_ = true;
  read_more();
  asking_ = false;
}

// Asks the source for more, and takes nothing.
void Readable::ask() {
  const bool full = high_water_mark_ > 0 ? length_ >= high_water_mark_ : length_ > 0;
  if (is_awaited_ && (full || ended_))
    return length_ == 0 ? end_later() : announce_later();
  if (ended_) return length_ == 0 ? end_later() : void();
  ask_unless(!is_awaited_ && length_ > 0 && full);
  is_awaited_ = length_ <= high_water_mark_ || (length_ == 0 && !ended_);
}

// In flowing mode one chunk after another, as they came; else all bytes that are kept.
Chunk Readable::take() {
  if (unit_ == Unit::objects || flowing() || buffer_.size() == 1) {
    Chunk first = std::move(buffer_.front());
    buffer_.pop_front();
    length_ -= first.weight(unit_);
    return first;
  }
  std::string all;
  all.reserve(length_);
  for (const Chunk& chunk : buffer_) all += chunk.view();
  buffer_.clear();
  length_ = 0;
  return Chunk(std::move(all));
}

std::optional<Chunk> Readable::read() {
  announced_ = false;
  if (length_ == 0 && ended_) {
    end_later();
    return {};
  }
  // What will be left once this read has taken its part.
  const bool one = unit_ == Unit::objects || flowing();
  const std::size_t part =
      length_ == 0 ? 0 : (one ? buffer_.front().weight(unit_) : length_);
  ask_unless(!is_awaited_ && length_ > 0 && length_ - part >= high_water_mark_);

  std::optional<Chunk> chunk;
  if (buffer_.empty()) {
    is_awaited_ = length_ <= high_water_mark_;
  } else {
    chunk = take();
    pipes.awaited.clear();
  }
  if (length_ == 0 && !ended_) is_awaited_ = true;
  if (length_ == 0 && ended_) end_later();
  if (chunk && !told_error() && !closed()) data_.emit(*chunk);
  return chunk;
}

bool Readable::push(Chunk chunk) {
  const bool is_empty = unit_ == Unit::bytes && chunk.size() == 0;
  if (unit_ == Unit::bytes && !chunk.is_bytes()) {
    destroy(Error("push", "an object, and the stream is one of bytes"));
    return false;
  }
  if (ended_ && !is_empty) {
    destroy(Error("push", "after end"));
    return false;
  }
  if (destroyed() || error()) return false;
  reading_ = false;
  if (decoder_ && chunk.is_bytes()) chunk = Chunk(decoder_->decode(chunk.view()));
  if (unit_ == Unit::objects || chunk.size() > 0)
    add(std::move(chunk));
  else
    read_ahead_later();
  return !ended_ && (length_ < high_water_mark_ || length_ == 0);
}

void Readable::add(Chunk chunk) {
  // Straight through only if nothing is kept before it and read_more() has returned.
  if (flowing() && length_ == 0 && !asking_ && !data_.empty()) {
    pipes.awaited.clear();
    data_.emit(chunk);
  } else {
    length_ += chunk.weight(unit_);
    buffer_.push_back(std::move(chunk));
    if (is_awaited_) announce_later();
  }
  read_ahead_later();
}

void Readable::push_end() {
  reading_ = false;
  if (ended_) return;
  if (decoder_) {
    Chunk rest(decoder_->end());
    if (rest.size() > 0) {
      length_ += rest.weight(unit_);
      buffer_.push_back(std::move(rest));
    }
  }
  ended_ = true;
  if (asking_) return announce_later();
  is_awaited_ = false;
  announced_ = true;
  announce();
}

void Readable::announce_later() {
  is_awaited_ = false;
  if (std::exchange(announced_, true)) return;
  ticks().defer([this] { announce(); });
}

void Readable::announce() {
  if (!destroyed() && !error() && (length_ > 0 || ended_)) {
    readable_.emit();
    announced_ = false;
  }
  is_awaited_ = !flowing() && !ended_ && length_ <= high_water_mark_;
  flow();
}

// Fills the buffer up to the mark, paused or not: the source's own part of the memory.
void Readable::read_ahead_later() {
  if (is_opening() || std::exchange(read_ahead_due_, true)) return;
  ticks().defer([this] {
    while (!reading_ && !ended_ &&
           (length_ < high_water_mark_ || (flowing() && length_ == 0))) {
      const std::size_t before = length_;
      ask();
      if (length_ == before) break;
    }
    read_ahead_due_ = false;
  });
}

void Readable::start() {
  if (is_awaited_) read_ahead_later();
}

// May be queued twice; the first to find the buffer empty tells.
void Readable::end_later() {
  if (end_emitted_) return;
  ticks().defer([this] {
    if (error() || closed() || end_emitted_ || length_ > 0) return;
    end_emitted_ = true;
    on_end.emit();
    after_end();
  });
}

void Readable::after_end() {
  if (complete()) destroy();
}

}  // namespace lab
