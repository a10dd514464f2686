// zoo.hpp: a small service that has one of the faults. The functions' names are what a
// snapshot shows, so none is inlined.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "diagnosis.hpp"

namespace lab21 {

using Bytes = std::vector<char>;
using Calls = std::vector<std::function<void()>>;

struct Cache {
  std::size_t limit = 0;  // entries; 0: none
  std::map<int, Bytes> entries{};
};

void put_in_cache(Cache& cache, int key, std::size_t size);
void subscribe(Calls& listeners, std::size_t size);  // nobody ever unsubscribes
void every_tick(Calls& timers, std::size_t size);    // nobody ever clears a timer
void open_session(std::size_t size);  // it and its connection hold each other
void forget_buffer(std::size_t size);
void map_buffer(std::size_t size);
// Large blocks with a small one behind each, which stays when they go.
void fragment(std::deque<std::unique_ptr<Bytes>>& pins);
Bytes load_catalog();                                            // once, and no leak
void add_to_batch(std::vector<Bytes>& batch, std::size_t size);  // until it is written

class Service {
 public:
  Service(Fault fault, std::size_t size) : fault_(fault), size_(size) {}
  void request(int key);
  void tick() const {
    for (const auto& timer : timers_) timer();
  }
  void announce() const {
    for (const auto& listener : listeners_) listener();
  }

 private:
  const Fault fault_;
  const std::size_t size_;
  Cache responses_{1400};  // every service here has this one, and it is no fault
  Cache unbounded_;
  Calls listeners_, timers_;
  std::deque<std::unique_ptr<Bytes>> pins_;
};

}  // namespace lab21
