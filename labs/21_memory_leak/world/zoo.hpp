// zoo.hpp: a small service that has one of the faults.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "diagnosis.hpp"

namespace lab21 {

using Bytes = std::vector<char>;
using Call = std::function<void()>;

// Where the blocks come from: these names are what a snapshot shows.
class Cache {
 public:
  explicit Cache(std::size_t limit) : limit_(limit) {}
  void put(int key, std::size_t size);

 private:
  std::size_t limit_;  // entries; 0: none
  std::unordered_map<int, Bytes> entries_;
  std::deque<int> order_;
};

class EventHub {
 public:
  void subscribe(std::size_t size);  // nobody ever unsubscribes
  void announce() const;

 private:
  std::vector<Call> listeners_;
};

class Timers {
 public:
  void every_tick(std::size_t size);  // nobody ever clears one
  void tick() const;

 private:
  std::vector<Call> timers_;
};

void open_session(std::size_t size);  // session and connection hold each other
void forget_buffer(std::size_t size);
void map_buffer(std::size_t size);

class Fragments {
 public:
  // Some blocks with a small one behind each, which stays when they go.
  void round(std::size_t size, std::size_t blocks);

 private:
  std::deque<std::unique_ptr<Bytes>> pins_;
};

class Service {
 public:
  Service(Fault fault, std::size_t size) : fault_(fault), size_(size) {}
  void request(int key);
  void tick() { timers_.tick(); }
  void announce() { events_.announce(); }

 private:
  const Fault fault_;
  const std::size_t size_;
  Cache responses_{1400};  // every service here has this one, and it is no fault
  Cache unbounded_{0};
  EventHub events_;
  Timers timers_;
  Fragments fragments_;
};

}  // namespace lab21
