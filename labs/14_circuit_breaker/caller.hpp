// caller.hpp: who pays: one guarded call, and many of them counted.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "circuit_breaker.hpp"
#include "payments_service.hpp"

namespace lab14 {

enum class Answer { paid, failed, refused };

// Step 1: a guarded call: ask the breaker, call the service, tell the breaker. A refusal
// costs no connection and no wait.
inline Answer pay(CircuitBreaker& breaker, PaymentsClient& payments) {
  auto permit = breaker.try_call();
  if (!permit) return Answer::refused;

  const bool paid = payments.charge();
  permit->report(paid ? Outcome::success : Outcome::failure);
  return paid ? Answer::paid : Answer::failed;
}

// The control: the same call with nothing in between.
inline Answer pay_unguarded(PaymentsClient& payments) {
  return payments.charge() ? Answer::paid : Answer::failed;
}

// What a number of calls came to, and how long each caller waited.
class Calls {
 public:
  template <class Pay>
  void make(Pay pay_once) {
    const auto start = std::chrono::steady_clock::now();
    const Answer answer = pay_once();
    waits_.push_back(std::chrono::steady_clock::now() - start);
    ++count_[static_cast<int>(answer)];
  }

  int paid() const { return count_[static_cast<int>(Answer::paid)]; }
  int failed() const { return count_[static_cast<int>(Answer::failed)]; }
  int refused() const { return count_[static_cast<int>(Answer::refused)]; }
  int left() const { return paid() + failed(); }  // left the caller, for the service

  std::chrono::duration<double, std::milli> median_wait() const {
    auto waits = waits_;
    const auto middle = waits.begin() + static_cast<std::ptrdiff_t>(waits.size() / 2);
    std::nth_element(waits.begin(), middle, waits.end());
    return *middle;
  }

 private:
  int count_[3] = {};
  std::vector<Duration> waits_;
};

template <class Pay>
Calls one_after_another(int count, Pay pay_once) {
  Calls calls;
  for (int i = 0; i < count; ++i) calls.make(pay_once);
  return calls;
}

// Callers that call in the same instant, each in a thread and with a client of its own.
class Crowd {
 public:
  using Pay = std::function<Answer(PaymentsClient&)>;

  Crowd(int callers, const PaymentsService& service, Pay pay_once)
      : pay_(std::move(pay_once)) {
    for (int i = 0; i < callers; ++i) {
      threads_.emplace_back([this, &service] {
        PaymentsClient payments(service);
        ++count_[static_cast<int>(pay_(payments))];
      });
    }
  }

  int refused() const { return count_[static_cast<int>(Answer::refused)]; }

  // Waits until so many were refused; false if they were not within ten seconds.
  bool wait_refused(int refusals) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (refused() < refusals && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return refused() >= refusals;
  }

  void join() { threads_.clear(); }
  int paid() const { return count_[static_cast<int>(Answer::paid)]; }

 private:
  const Pay pay_;
  std::atomic<int> count_[3] = {};
  std::vector<std::jthread> threads_;
};

}  // namespace lab14
