// callers.hpp: who pays: one guarded call, and many of them counted.
#pragma once

#include <functional>
#include <vector>

#include "circuit_breaker.hpp"
#include "world/payments_service.hpp"

namespace lab14 {

enum class Answer { paid, failed, refused };

// Step 10: a guarded call: ask the breaker, call the service, report to the breaker. A
// refusal costs no connection and no wait.
inline Answer pay(CircuitBreaker& breaker, PaymentsClient& payments) {
  auto permit = breaker.try_call();
  if (!permit) return Answer::refused;

  const bool paid = payments.charge();
  permit->report(paid ? Outcome::success : Outcome::failure);
  return paid ? Answer::paid : Answer::failed;
}

// The control: the same call without a breaker.
inline Answer pay_unguarded(PaymentsClient& payments) {
  return payments.charge() ? Answer::paid : Answer::failed;
}

struct Calls {
  int paid = 0;
  int failed = 0;
  int refused = 0;
  Duration median_wait{};

  int sent() const { return paid + failed; }
};

// One call after the other.
Calls make_calls(int count, const std::function<Answer()>& call);

struct Burst {
  int reached = 0;
  int refused = 0;
};

inline constexpr int kBurst = 10;

// Ten callers at once, each with a thread and a client of its own. The service hangs until
// each of them has reached it or was refused, and responds to them all as `then`.
Burst burst(PaymentsService& service, Health then,
            const std::function<Answer(PaymentsClient&)>& call,
            const std::string& name = "app");

}  // namespace lab14
