#include "log_queue.hpp"

#include <iterator>
#include <utility>

namespace lab26 {

// Step 2: a queue without a limit only moves the crash. So a line has to fit. If it does not,
// either the caller waits or a line is dropped. Only a fatal line always fits: its process is
// about to end, and the line says why.
bool LogQueue::put(LogLine& line) {
  const auto fits = [&] {
    return lines_.empty() || bytes_ + line.text.size() <= capacity_ ||
           line.level == Level::fatal;
  };
  if (!fits() && when_full_ == WhenFull::block) return false;
  while (!fits() && when_full_ == WhenFull::drop_oldest) {
    bytes_ -= lines_.front().text.size();
    lines_.pop_front();
    ++dropped_;
  }
  if (!fits()) {
    ++dropped_;
    return true;
  }
  bytes_ += line.text.size();
  lines_.push_back(std::move(line));
  return true;
}

LogQueue::Batch LogQueue::take() {
  Batch batch{
      {std::make_move_iterator(lines_.begin()), std::make_move_iterator(lines_.end())},
      std::exchange(dropped_, 0)};
  lines_.clear();
  bytes_ = 0;
  return batch;
}

}  // namespace lab26
