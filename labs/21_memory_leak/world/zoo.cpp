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

// It holds its request as long as it lives, and allocates a little when it is called.
auto closure(std::size_t size) {
  return [request = Bytes(size)] { use(std::make_unique<Bytes>(16, request[0]).get()); };
}

struct Session;
struct Connection {
  std::shared_ptr<Session> session{};
};
struct Session {
  Bytes data;
  std::shared_ptr<Connection> connection{};
};

}  // namespace

[[gnu::noinline]] void put_in_cache(Cache& cache, int key, std::size_t size) {
  cache.entries.try_emplace(key, size);
  if (cache.limit != 0 && cache.entries.size() > cache.limit)
    cache.entries.erase(cache.entries.begin());
}

[[gnu::noinline]] void subscribe(Calls& listeners, std::size_t size) {
  listeners.emplace_back(closure(size));
}

[[gnu::noinline]] void every_tick(Calls& timers, std::size_t size) {
  timers.emplace_back(closure(size));
}

[[gnu::noinline]] void open_session(std::size_t size) {
  const auto session = std::make_shared<Session>(Session{Bytes(size)});
  session->connection = std::make_shared<Connection>(Connection{session});
}

[[gnu::noinline]] void forget_buffer(std::size_t size) {
  use(std::memset(new char[size], 'x', size));
}

[[gnu::noinline]] void map_buffer(std::size_t size) {
  void* buffer =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer != MAP_FAILED) std::memset(buffer, 'x', size);
}

[[gnu::noinline]] void fragment(std::deque<std::unique_ptr<Bytes>>& pins) {
  std::vector<Bytes> large;
  for (int i = 0; i < 6000; ++i) {
    large.emplace_back(1000, 'x');
    pins.push_back(std::make_unique<Bytes>());
  }
  while (pins.size() > 18'000) pins.pop_front();
}

[[gnu::noinline]] Bytes load_catalog() {
  return Bytes(1 << 20);
}

[[gnu::noinline]] void add_to_batch(std::vector<Bytes>& batch, std::size_t size) {
  batch.emplace_back(size);
}

void Service::request(int key) {
  put_in_cache(responses_, key, fault_ == Fault::none ? size_ : size_ / 8);
  if (fault_ == Fault::listener) subscribe(listeners_, size_);
  if (fault_ == Fault::cache) put_in_cache(unbounded_, key, size_);
  if (fault_ == Fault::timer) every_tick(timers_, size_);
  if (fault_ == Fault::cycle) open_session(size_);
  if (fault_ == Fault::lost) forget_buffer(size_);
  if (fault_ == Fault::outside) map_buffer(size_);
  if (fault_ == Fault::fragmentation && key % 500 == 0) fragment(pins_);
}

}  // namespace lab21
