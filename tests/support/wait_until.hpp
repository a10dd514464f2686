// wait_until.hpp: waiting for what another process or thread does, but not for ever.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

namespace lab::test {

// Does `meanwhile` again and again until it is so. What has not come after a time that no
// machine needs, however busy, fails the test by its name: it does not hang.
template <class Condition, class Meanwhile>
void wait_until(const std::string& what, Condition is_so, Meanwhile meanwhile) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(40);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(what + ": not after 40 s");
    }
    meanwhile();
  }
}

template <class Condition>
void wait_until(const std::string& what, Condition is_so) {
  wait_until(what, is_so, [] {});
}

}  // namespace lab::test
