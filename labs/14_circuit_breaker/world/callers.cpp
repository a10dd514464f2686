#include "world/callers.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace lab14 {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

Calls make_calls(int count, const std::function<Answer()>& call) {
  Calls calls;
  std::vector<Duration> waits;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    const Answer answer = call();
    waits.push_back(Clock::now() - start);
    ++(answer == Answer::paid     ? calls.paid
       : answer == Answer::failed ? calls.failed
                                  : calls.refused);
  }
  const auto middle = waits.begin() + count / 2;
  std::nth_element(waits.begin(), middle, waits.end());
  calls.median_wait = *middle;
  return calls;
}

Burst burst(PaymentsService& service, Health then,
            const std::function<Answer(PaymentsClient&)>& call, const std::string& name) {
  service.become(Health::hanging);
  const int before = service.received();
  std::atomic<int> refused = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < kBurst; ++i) {
    callers.emplace_back([&] {
      PaymentsClient payments(service, name);
      if (call(payments) == Answer::refused) ++refused;
    });
  }
  const auto deadline = Clock::now() + 10s;
  const auto reached = [&] { return service.received() - before; };
  while (reached() + refused < kBurst && Clock::now() < deadline)
    std::this_thread::sleep_for(1ms);

  const Burst result{reached(), refused};
  service.become(then);
  return result;  // once the callers have ended
}

}  // namespace lab14
