#include "reachability.hpp"

#include <pthread.h>

#include <algorithm>
#include <functional>

extern "C" char __data_start, _end;  // of the program: .data and .bss  // NOLINT

namespace lab21 {

namespace {

struct Block {
  std::uintptr_t from, to;
  bool reached = false, pointed_at = false;
};

using Visit = std::function<void(Block&)>;

// Every word that is the address of a block, or of something inside one.
[[gnu::no_sanitize_address]] void pointers(std::uintptr_t from, std::uintptr_t to,
                                           std::vector<Block>& blocks,
                                           const Visit& visit) {
  for (from = (from + 7) & ~std::uintptr_t{7}; from + 8 <= to; from += 8) {
    const auto word = *reinterpret_cast<const std::uintptr_t*>(from);
    const auto after = std::ranges::upper_bound(blocks, word, {}, &Block::from);
    if (after != blocks.begin() && word < std::prev(after)->to) visit(*std::prev(after));
  }
}

std::uintptr_t end_of_stack() {
  pthread_attr_t attributes;
  void* lowest = nullptr;
  std::size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  pthread_attr_getstack(&attributes, &lowest, &size);
  pthread_attr_destroy(&attributes);
  return reinterpret_cast<std::uintptr_t>(lowest) + size;
}

}  // namespace

[[gnu::noinline]] Reachability reachability(const Snapshot& everything) {
  std::vector<Block> blocks;
  for (const Sample& sample : everything.samples) {
    const auto from = reinterpret_cast<std::uintptr_t>(sample.block);
    blocks.push_back({from, from + std::max<std::size_t>(sample.size, 1)});
  }
  std::ranges::sort(blocks, {}, &Block::from);

  // From the roots on, each block that is reached is read in its turn.
  std::vector<Block*> unread;
  const Visit reach = [&](Block& block) {
    if (!block.reached) unread.push_back(&block);
    block.reached = true;
  };
  pointers(reinterpret_cast<std::uintptr_t>(&__data_start),
           reinterpret_cast<std::uintptr_t>(&_end), blocks, reach);
  pointers(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)), end_of_stack(),
           blocks, reach);
  while (!unread.empty()) {
    const Block* next = unread.back();
    unread.pop_back();
    pointers(next->from, next->to, blocks, reach);
  }

  for (const Block& block : blocks) {
    if (block.reached) continue;
    pointers(block.from, block.to, blocks, [&](Block& target) {
      target.pointed_at = target.pointed_at || &target != &block;
    });
  }
  Reachability result;
  for (const Block& block : blocks) {
    const std::size_t size = block.to - block.from;
    result.live += size;
    result.unreachable += block.reached ? 0 : size;
    result.heads += block.reached || block.pointed_at ? 0 : size;
  }
  return result;
}

}  // namespace lab21
