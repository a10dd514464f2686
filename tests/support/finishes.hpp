// finishes.hpp: a deadline for what may hang, that names the fault.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>

namespace lab::test {

// Calls `work` on a thread of its own and waits for it. If it hangs, nobody can call it
// back: then the program says which promise was broken, and ends.
inline void finishes(const char* promise, const std::function<void()>& work,
                     std::chrono::seconds deadline = std::chrono::seconds(20)) {
  auto done = std::async(std::launch::async, work);
  if (done.wait_for(deadline) == std::future_status::ready) return done.get();
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::fprintf(stderr, "[  FAILED  ] %s.%s hangs; it should hold that %s\n",
               test->test_suite_name(), test->name(), promise);
  std::_Exit(1);
}

}  // namespace lab::test
