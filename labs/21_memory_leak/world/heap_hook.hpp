// heap_hook.hpp: this program's operator new and delete, which tell a sampler.
#pragma once

#include "memory_leak.hpp"

namespace lab21 {

// While it lives, `sampler` hears of every block. One at a time.
class Recording {
 public:
  explicit Recording(HeapSampler& sampler);
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording();
};

}  // namespace lab21
