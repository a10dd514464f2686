#include "diagnosis.hpp"

#include <algorithm>
#include <functional>

// The program's .data and .bss, and where the first thread's stack begins.
extern "C" char __data_start, _end;  // NOLINT
extern "C" void* __libc_stack_end;   // NOLINT

namespace lab21 {

namespace {

struct Block {
  std::uintptr_t from, to;
  bool reached = false, pointed_at = false;
};

// Visits each block that a word between the two addresses points at, or into.
[[gnu::no_sanitize_address]] void pointers(std::uintptr_t from, std::uintptr_t to,
                                           std::vector<Block>& blocks,
                                           const std::function<void(Block&)>& visit) {
  for (from = (from + 7) & ~std::uintptr_t{7}; from + 8 <= to; from += 8) {
    const auto word = *reinterpret_cast<const std::uintptr_t*>(from);
    const auto after = std::ranges::upper_bound(blocks, word, {}, &Block::from);
    if (after != blocks.begin() && word < std::prev(after)->to) visit(*std::prev(after));
  }
}

}  // namespace

[[gnu::noinline]] Reachability reachability(const Snapshot& everything) {
  std::vector<Block> blocks;
  for (const Sample& sample : everything.samples) {
    const auto from = reinterpret_cast<std::uintptr_t>(sample.block);
    blocks.push_back({from, from + std::max<std::size_t>(sample.size, 1)});
  }
  std::ranges::sort(blocks, {}, &Block::from);

  // Step 6: start at the roots, and read each block that is reached for more pointers.
  std::vector<Block*> unread;
  const auto reach = [&](Block& block) {
    if (!block.reached) unread.push_back(&block);
    block.reached = true;
  };
  const auto address = [](void* at) { return reinterpret_cast<std::uintptr_t>(at); };
  pointers(address(&__data_start), address(&_end), blocks, reach);
  pointers(address(__builtin_frame_address(0)), address(__libc_stack_end), blocks, reach);
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
  double live = 0, unreachable = 0, heads = 0;
  for (const Block& block : blocks) {
    const auto size = static_cast<double>(block.to - block.from);
    live += size;
    unreachable += block.reached ? 0 : size;
    heads += block.reached || block.pointed_at ? 0 : size;
  }
  return {live > 0 ? unreachable / live : 0, unreachable > 0 ? heads / unreachable : 0};
}

std::string_view to_string(Fault fault) {
  static constexpr std::string_view kNames[] = {
      "bounded cache",     "forgotten listener", "unbounded cache",
      "timer and closure", "shared_ptr cycle",   "lost pointer",
      "fragmentation",     "outside the heap",   "unknown"};
  return kNames[static_cast<std::size_t>(fault)];
}

bool rose(const Signals& signals) {
  return signals.resident_growth > 2 << 20;
}

Fault diagnose(const Signals& signals) {
  // Flat live memory is no leak of the heap, whatever is resident.
  if (signals.growth < 64) {  // a smaller leak takes a longer run
    const double in_heap = signals.live + signals.kept;
    if (signals.kept > signals.resident_growth / 2 && rose(signals))
      return Fault::fragmentation;
    return signals.resident_growth > 2 * in_heap + (4 << 20) ? Fault::outside
                                                             : Fault::none;
  }
  if (signals.reach.unreachable > 0.5)
    return signals.reach.heads > 0.5 ? Fault::lost : Fault::cycle;
  // Step 7: somebody still holds it. Let time pass, emit an event, repeat a request: a timer
  // or a listener does more work than before, and a cache already has the result.
  if (signals.idle_work > 10) return Fault::timer;
  if (signals.event_work > 10) return Fault::listener;
  return signals.repeat_growth < signals.growth / 10 ? Fault::cache : Fault::unknown;
}

}  // namespace lab21
