#include "world/shop.hpp"

namespace lab21 {

[[gnu::noinline]] Bytes load_catalog() {
  return Bytes(1 << 20);
}

[[gnu::noinline]] void Shop::add_to_batch() {
  batch_.emplace_back(2 * leak_);
}

}  // namespace lab21
