// shop.hpp: a service that holds memory at several call sites.
#pragma once

#include "world/zoo.hpp"

namespace lab21 {

Bytes load_catalog();  // once, at the start: large, and no leak

class Shop {
 public:
  explicit Shop(std::size_t leak = 0) : leak_(leak) {}

  void request(int number) {
    cache_.put(number, 3000);
    if (number % 2 == 0) events_.subscribe(1000);
    if (number % 5 == 0) timers_.every_tick(2000);
  }
  void request_that_leaks() {
    add_to_batch();
    forget_buffer(leak_);
  }
  void add_to_batch();  // waits until the batch is written
  void write_batch() { batch_.clear(); }

 private:
  const std::size_t leak_;
  Bytes catalog_ = load_catalog();
  Cache cache_{0};
  EventHub events_;
  Timers timers_;
  std::vector<Bytes> batch_;
};

}  // namespace lab21
