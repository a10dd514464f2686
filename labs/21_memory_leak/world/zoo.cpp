#include "world/zoo.hpp"

#include <sys/mman.h>

#include <cstring>

namespace lab21 {

namespace {

// The compiler may not leave out an allocation whose address goes here.
template <class T>
void use(T* pointer) {
  asm volatile("" : : "r"(pointer) : "memory");
}

struct Session;
struct Connection {
  std::shared_ptr<Session> session{};
};
struct Session {
  Bytes data;
  std::shared_ptr<Connection> connection = std::make_shared<Connection>();
};

}  // namespace

// Never inlined, so that each has its own name in a stack.
[[gnu::noinline]] void Cache::put(int key, std::size_t size) {
  if (!entries_.try_emplace(key, size).second) return;
  if (limit_ == 0) return;
  order_.push_back(key);
  if (order_.size() <= limit_) return;
  entries_.erase(order_.front());
  order_.pop_front();
}

[[gnu::noinline]] void EventHub::subscribe(std::size_t size) {
  listeners_.emplace_back([request = Bytes(size)] {
    const auto message = std::make_unique<Bytes>(16, request[0]);
    use(message.get());
  });
}

void EventHub::announce() const {
  for (const Call& listener : listeners_) listener();
}

[[gnu::noinline]] void Timers::every_tick(std::size_t size) {
  timers_.emplace_back([request = Bytes(size)] {
    const auto heartbeat = std::make_unique<Bytes>(16, request[0]);
    use(heartbeat.get());
  });
}

void Timers::tick() const {
  for (const Call& timer : timers_) timer();
}

[[gnu::noinline]] void open_session(std::size_t size) {
  const auto session = std::make_shared<Session>(Session{.data = Bytes(size)});
  session->connection->session = session;
}

[[gnu::noinline]] void forget_buffer(std::size_t size) {
  char* buffer = new char[size];
  std::memset(buffer, 'x', size);
  use(buffer);
}

[[gnu::noinline]] void map_buffer(std::size_t size) {
  void* buffer =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer != MAP_FAILED) std::memset(buffer, 'x', size);
}

[[gnu::noinline]] void Fragments::round(std::size_t size, std::size_t blocks) {
  std::vector<Bytes> large;
  for (std::size_t i = 0; i < blocks; ++i) {
    large.emplace_back(size, 'x');
    pins_.push_back(std::make_unique<Bytes>());
  }
  while (pins_.size() > 3 * blocks) pins_.pop_front();
}

void Service::request(int key) {
  const Bytes parsed(512, 'x');  // each request allocates, and frees again
  use(parsed.data());
  responses_.put(key, fault_ == Fault::none ? size_ : size_ / 8);
  switch (fault_) {
    case Fault::listener:
      return events_.subscribe(size_);
    case Fault::cache:
      return unbounded_.put(key, size_);
    case Fault::timer:
      return timers_.every_tick(size_);
    case Fault::cycle:
      return open_session(size_);
    case Fault::lost:
      return forget_buffer(size_);
    case Fault::outside:
      return map_buffer(size_);
    case Fault::fragmentation:
      if (key % 500 == 0) fragments_.round(1000, 6000);
      return;
    case Fault::none:
    case Fault::unknown:
      return;
  }
}

}  // namespace lab21
