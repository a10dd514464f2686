#include "world/heap_hook.hpp"

#include <cstdlib>
#include <new>

namespace lab21 {

namespace {

std::atomic<HeapSampler*> recorder{nullptr};

void release(void* block) noexcept {
  if (HeapSampler* sampler = block ? recorder.load(std::memory_order_acquire) : nullptr)
    sampler->freed(block);
  std::free(block);
}

}  // namespace

Recording::Recording(HeapSampler& sampler) {
  recorder = &sampler;
}

Recording::~Recording() {
  recorder = nullptr;
}

}  // namespace lab21

// The standard's other forms (array, nothrow) call these; the aligned ones do not.
void* operator new(std::size_t size) {
  void* block = std::malloc(size ? size : 1);
  if (!block) throw std::bad_alloc();
  if (auto* sampler = lab21::recorder.load(std::memory_order_acquire))
    sampler->allocated(block, size);
  return block;
}
void operator delete(void* block) noexcept {
  lab21::release(block);
}
void operator delete(void* block, std::size_t) noexcept {
  lab21::release(block);
}
