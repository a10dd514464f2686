// outbox.hpp: what waits for one reader, and how much of it may.
//
//   offer() -- nothing is being written --> write_now
//           -- there is room ------------> queued, until next() hands it out
//           -- over the limit -----------> overflow: this reader is too slow
//
// Threads   None: it belongs to the loop of its connection.
// Errors    An overflow is a normal answer. It is for the caller to say goodbye.
// Cost      A shared pointer for each message: the bytes are everybody's.
// Source    The bounded queue of Centrifugo's clients; `bufferedAmount` in a browser.
// Left out  Dropping the oldest instead. A chat may not; a stock ticker should.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace lab11 {

using Text = std::shared_ptr<const std::string>;

class Outbox {
 public:
  enum class Offer { write_now, queued, overflow };

  explicit Outbox(std::size_t limit_bytes) : limit_(limit_bytes) {}

  // Step 5: a message for one reader. While a write is under way the kernel's buffer is
  // full or nearly so: what waits behind it is memory that this reader costs us.
  [[nodiscard]] Offer offer(Text text) {
    if (!writing_) {
      writing_ = true;
      return Offer::write_now;
    }
    if (bytes_ + text->size() > limit_) return Offer::overflow;
    bytes_ += text->size();
    waiting_.push_back(std::move(text));
    return Offer::queued;
  }

  // The last write is done: what to write now; null if nothing waits.
  [[nodiscard]] Text next() {
    if (waiting_.empty()) {
      writing_ = false;
      return nullptr;
    }
    Text text = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= text->size();
    return text;
  }

  std::size_t bytes() const { return bytes_; }

 private:
  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::deque<Text> waiting_;
  bool writing_ = false;
};

}  // namespace lab11
