// service_communication.hpp: what both styles need: a deadline that travels with a call,
// and a consumer that may see a message twice.
//
//   call     caller --"90 ms left"--> A --"60 ms left"--> B --"25 ms left"--> C
//   message  new                 --> the effect and its key, in one transaction --> acknowledge
//            done before         --> nothing                                    --> acknowledge
//            failed, tries left  --> nothing                                    --> retry
//            failed for good     --> nothing                                    --> dead letter
//
// Units     Time is std::chrono; the header holds whole milliseconds, rounded down.
// Threads   A Deadline is a value. A Consumer belongs to one thread.
// Errors    A header that makes no sense is no deadline (nullopt). An effect that throws has
//           not happened. An impossible limit throws std::invalid_argument.
// Cost      One transaction a message, which the effect needs anyway.
// Source    gRPC's grpc-timeout (time left, not a time of day: the clocks of two hosts
//           differ); the idempotent receiver of "Enterprise Integration Patterns";
//           maxReceiveCount of SQS, x-delivery-count of RabbitMQ's quorum queues.
// Left out  Back-off between tries, which is the broker's to keep; when a key may be
//           forgotten: not before the broker can no longer deliver its message.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lab/core/time_span.hpp"

namespace lab12 {

// Step 1: the time that a caller still waits. It shrinks from hop to hop.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadline(lab::TimeSpan from_now, Clock::time_point now = Clock::now())
      : at_(now + from_now) {}

  // The value of the header, as to_header() made it on another host.
  [[nodiscard]] static std::optional<Deadline> from_header(
      std::string_view value, Clock::time_point now = Clock::now());

  bool has_passed(Clock::time_point now = Clock::now()) const { return now >= at_; }
  std::chrono::nanoseconds left(Clock::time_point now = Clock::now()) const;  // 0: none
  std::string to_header(Clock::time_point now = Clock::now()) const;

  static constexpr const char* kHeader = "deadline-ms";

 private:
  Clock::time_point at_;
};

// Step 2: what a broker delivers. The id is the sender's and the same each time; the broker
// counts the attempts, because a killed consumer forgets them.
struct Message {
  std::string id;
  int attempt = 1;
};

enum class Verdict {
  acknowledge,  // the broker may forget it
  retry,        // the broker delivers it again
  dead_letter,  // nobody tries again: a person looks at it
};

class Consumer {
 public:
  // Does the effect and remembers the id, in one transaction. False: the id was there
  // already, so nothing was done. Throws: nothing was done.
  using ApplyOnce = std::function<bool(const Message&)>;

  Consumer(int most_attempts, ApplyOnce apply_once);

  // Step 3: decides what happens to a delivery. Acknowledge after this has returned: a
  // crash in between delivers the message again, and then the key makes it harmless.
  [[nodiscard]] Verdict take(const Message& message);

  // Called with the reason of each verdict, before take() returns. It must not throw.
  std::function<void(Verdict, std::string_view reason)> on_decided;

 private:
  int most_attempts_;
  ApplyOnce apply_once_;
};

}  // namespace lab12
