#include "service_communication.hpp"

#include <algorithm>
#include <charconv>
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
  constexpr auto kMost =
      std::chrono::duration_cast<milliseconds>(lab::TimeSpan::kForEver);
  return Deadline(milliseconds(std::min<std::uint64_t>(left, kMost.count())), now);
}

std::chrono::nanoseconds Deadline::left(Clock::time_point now) const {
  return std::max<std::chrono::nanoseconds>(at_ - now, std::chrono::nanoseconds::zero());
}

// Rounded down: a hop never believes in more time than its caller has.
std::string Deadline::to_header(Clock::time_point now) const {
  return std::to_string(std::chrono::floor<milliseconds>(left(now)).count());
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::acknowledge:
      return "acknowledge";
    case Verdict::retry:
      return "retry";
    case Verdict::dead_letter:
      return "dead letter";
  }
  return "";
}

Consumer::Consumer(int most_attempts, ApplyOnce apply_once)
    : most_attempts_(most_attempts), apply_once_(std::move(apply_once)) {
  if (most_attempts < 1) throw std::invalid_argument("a consumer needs one attempt");
}

Verdict Consumer::take(const Message& message) {
  std::string reason;
  const Verdict verdict = decide(message, reason);
  if (on_decided) on_decided(message, verdict, reason);
  return verdict;
}

Verdict Consumer::decide(const Message& message, std::string& reason) {
  // Step 5: without an id a duplicate cannot be told from a second order.
  if (message.id.empty()) {
    reason = "it has no id";
    return Verdict::dead_letter;
  }
  // Step 6: more attempts than are allowed, and none that failed before our eyes: whoever
  // took it died of it. So it is not even opened.
  if (message.attempt > most_attempts_) {
    reason = "its consumers died";
    return Verdict::dead_letter;
  }
  // Step 7: the effect and its key, or neither.
  try {
    reason = apply_once_(message) ? "done" : "done before";
    return Verdict::acknowledge;
  } catch (const std::exception& error) {
    reason = error.what();
    return message.attempt < most_attempts_ ? Verdict::retry : Verdict::dead_letter;
  }
}

}  // namespace lab12
