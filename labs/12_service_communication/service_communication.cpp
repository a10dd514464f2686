#include "service_communication.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace lab12 {

using std::chrono::milliseconds;

// Step 4: the header comes from outside: digits only, and no more of them than a century has
// milliseconds. Zero is a deadline too: it has passed.
std::optional<Deadline> Deadline::from_header(std::string_view value,
                                              Clock::time_point now) {
  std::uint64_t left = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, left);
  if (error != std::errc() || stop != end) return std::nullopt;
  constexpr auto kMost = std::chrono::floor<milliseconds>(lab::TimeSpan::kForEver);
  return Deadline(milliseconds(std::min<std::uint64_t>(left, kMost.count())), now);
}

std::chrono::nanoseconds Deadline::left(Clock::time_point now) const {
  return std::max<std::chrono::nanoseconds>(at_ - now, std::chrono::nanoseconds::zero());
}

// Rounded down: a hop never believes in more time than its caller has.
std::string Deadline::to_header(Clock::time_point now) const {
  return std::to_string(std::chrono::floor<milliseconds>(left(now)).count());
}

Consumer::Consumer(int most_attempts, ApplyOnce apply_once)
    : most_attempts_(most_attempts), apply_once_(std::move(apply_once)) {
  if (most_attempts < 1) throw std::invalid_argument("a consumer needs one attempt");
}

Verdict Consumer::take(const Message& message) {
  const auto decide = [this](Verdict verdict, std::string_view reason) {
    if (on_decided) on_decided(verdict, reason);
    return verdict;
  };
  // Step 5: without an id a duplicate cannot be told from a second order.
  if (message.id.empty()) return decide(Verdict::dead_letter, "it has no id");
  // Step 6: too many attempts, and none of them failed here, so consumers died of this
  // message. It is not even opened.
  if (message.attempt > most_attempts_)
    return decide(Verdict::dead_letter, "its consumers died");
  // Step 7: the effect and its key, or neither.
  try {
    const bool is_first = apply_once_(message);
    return decide(Verdict::acknowledge, is_first ? "done" : "done before");
  } catch (const std::exception& error) {
    const bool last = message.attempt == most_attempts_;
    return decide(last ? Verdict::dead_letter : Verdict::retry, error.what());
  }
}

}  // namespace lab12
