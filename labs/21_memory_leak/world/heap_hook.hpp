// heap_hook.hpp: this program's operator new and delete, which tell a sampler and obey a limit.
#pragma once

#include <cstddef>

#include "memory_leak.hpp"

namespace lab21 {

// While it lives, `sampler` hears of every block. One at a time, from a thread that outlives
// what other threads allocate.
class Recording {
 public:
  explicit Recording(HeapSampler& sampler);
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording();
};

// From now on `new` throws std::bad_alloc when more than so many bytes more would be alive:
// the limit of a heap, as --max-old-space-size is for V8. What is mapped does not count.
void limit_heap(std::size_t bytes);

}  // namespace lab21
