#include "world/heap_hook.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace lab21 {

namespace {

std::atomic<HeapSampler*> recorder{nullptr};
std::atomic<std::size_t> limit{0};  // 0: none
std::atomic<std::size_t> alive{0};  // counted only under a limit

// No names of the program (unnamed namespace), so no snapshot names them.
void* allocate(std::size_t size) {
  const std::size_t most = limit.load(std::memory_order_relaxed);
  if (most != 0 && alive.load() + size > most) throw std::bad_alloc();
  void* block = std::malloc(size ? size : 1);
  if (!block) throw std::bad_alloc();
  if (most != 0) alive += malloc_usable_size(block);
  if (HeapSampler* sampler = recorder.load(std::memory_order_acquire))
    sampler->allocated(block, size);
  return block;
}

void release(void* block) noexcept {
  if (!block) return;
  if (HeapSampler* sampler = recorder.load(std::memory_order_acquire))
    sampler->freed(block);
  if (limit.load(std::memory_order_relaxed) != 0) {
    const std::size_t size = malloc_usable_size(block);
    std::size_t now = alive.load();
    while (!alive.compare_exchange_weak(now, now > size ? now - size : 0)) {
    }
  }
  std::free(block);
}

}  // namespace

Recording::Recording(HeapSampler& sampler) {
  recorder = &sampler;
}

Recording::~Recording() {
  recorder = nullptr;
}

void limit_heap(std::size_t bytes) {
  alive = 0;
  limit = bytes;
}

}  // namespace lab21

// The standard's other forms (array, nothrow, sized) call these two; the aligned ones do not.
void* operator new(std::size_t size) {
  return lab21::allocate(size);
}
void operator delete(void* block) noexcept {
  lab21::release(block);
}
void operator delete(void* block, std::size_t) noexcept {
  lab21::release(block);
}
