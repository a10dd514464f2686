// memory_leak.hpp: which call sites hold the memory that is alive, and what grew since.
//
//   operator new -> allocated() -- a few, by chance --> live samples --> snapshot()
//   operator delete -> freed() --- only the sampled --> removed
//   compare(first, second): what grew    by_site(third, 1): what survived
//
// Units     Bytes as the program asked for them, without what malloc adds.
// Threads   All calls from any thread; one recording at a time (world/heap_hook.hpp).
// Errors    A mean of 0 throws std::invalid_argument.
// Cost      Unsampled: a subtraction and a branch to allocate, one load to free. Sampled:
//           a stack walk and a lock. snapshot() holds that lock while it copies the samples.
// Source    Poisson sampling by bytes, as in tcmalloc and jemalloc; the estimate is that of
//           Horvitz and Thompson (1952). Three snapshots: the Gmail team's technique (2012).
// Left out  malloc() called by C code, and mmap(): no `new`, so nothing is seen.
#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lab21 {

// Step 1: where memory was asked for: return addresses, the innermost first.
struct Stack {
  static constexpr int kDepth = 12;
  std::array<void*, kDepth> frames{};
  int depth = 0;

  auto operator<=>(const Stack&) const = default;
  // The innermost function that is not the allocator's or the standard library's. Needs
  // names in the program (-rdynamic); without them "?".
  std::string site() const;
};

struct Sample {
  const void* block = nullptr;
  std::size_t size = 0;
  std::uint64_t serial = 0;  // no two samples have the same
  int period = 0;            // how many snapshots had been taken before it
  Stack stack{};
};

// The samples that were alive at one moment.
struct Snapshot {
  std::size_t mean = 1;
  std::vector<Sample> samples{};
};

// An estimate: without bias, and with the standard error of its bytes.
struct Estimate {
  double bytes = 0;
  double count = 0;
  double variance = 0;

  double error() const;  // in bytes
  // One sample stands for all blocks of its size that chance left out.
  void add(std::size_t size, std::size_t mean, double sign = 1);
};

struct Site {
  std::string name;
  Estimate live{};
};

// The sites by their bytes, the most first. With a period, only what was allocated in it:
// by_site(third, 1) is what came between snapshots one and two and is alive at three.
std::vector<Site> by_site(const Snapshot& snapshot, int period = -1);

// What `after` holds and `before` did not, less what has gone, the most growth first.
std::vector<Site> compare(const Snapshot& before, const Snapshot& after);

Estimate total(const Snapshot& snapshot);

class HeapSampler {
 public:
  // One sample for each `mean_bytes` allocated, on average; 1 records every block.
  explicit HeapSampler(std::size_t mean_bytes, std::uint64_t seed = 1);
  HeapSampler(const HeapSampler&) = delete;
  HeapSampler& operator=(const HeapSampler&) = delete;

  // REQUIRES: after the block was allocated; before it is given back to the allocator, or
  // another thread could get the same address while we still hold it.
  void allocated(void* block, std::size_t size) noexcept {
    Countdown& mine = countdown_;
    if (mine.owner == id_ && (mine.bytes -= static_cast<double>(size)) > 0) return;
    sample(block, size);
  }
  void freed(const void* block) noexcept {
    if (filter_[slot(block)].load(std::memory_order_relaxed) != 0) forget(block);
  }

  Snapshot snapshot();                  // and a new period begins
  std::uint64_t samples_taken() const;  // since the start, freed ones included

 private:
  // Bytes until this thread takes its next sample.
  struct Countdown {
    std::uint64_t owner;  // 0: of no sampler yet, as the thread starts
    double bytes;
    std::uint64_t random;
  };
  static constexpr std::size_t kSlots = 1 << 14;
  static std::size_t slot(const void* block) noexcept {
    return (reinterpret_cast<std::uintptr_t>(block) >> 4) * 0x9E3779B97F4A7C15u >> 50;
  }
  double next_gap(Countdown& mine) const noexcept;
  void sample(void* block, std::size_t size) noexcept;
  void forget(const void* block) noexcept;

  inline static thread_local constinit Countdown countdown_{};
  const std::uint64_t id_;
  const std::size_t mean_;
  const std::uint64_t seed_;
  // How many live samples share a slot: zero for nearly every block that is freed.
  std::array<std::atomic<std::uint32_t>, kSlots> filter_{};
  mutable std::mutex mutex_;
  std::unordered_map<const void*, Sample> live_;
  std::uint64_t taken_ = 0;
  int period_ = 0;
};

}  // namespace lab21
