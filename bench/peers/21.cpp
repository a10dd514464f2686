// Lab 21's sampler as a contestant: peers_21 KIND COUNT. Blocks of 256 bytes are allocated and
// freed, or a heap of 100,000 live objects is shown by call site.
#include <stdexcept>

#include "timed.hpp"
#include "world/heap_hook.hpp"
#include "world/zoo.hpp"

namespace {

using namespace lab21;

std::string churn(std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    char* block = new char[256];
    asm volatile("" : : "r"(block) : "memory");
    delete[] block;
  }
  return "none left";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_21 KIND COUNT");
  const std::string kind = argv[1];
  const std::int64_t count = std::stoll(argv[2]);
  if (kind == "plain") {
    peers::timed(count, churn);
  } else if (kind == "sampled" || kind == "whole") {
    HeapSampler sampler(kind == "whole" ? 1 : 512 << 10);
    const Recording recording(sampler);
    peers::timed(count, churn);
  } else {
    HeapSampler sampler(1);
    const Recording recording(sampler);
    Cache cache;
    for (int i = 0; i < 50'000; ++i) put_in_cache(cache, i, 100);  // two blocks each
    peers::timed(count, [&](std::int64_t times) {
      double blocks = 0;
      for (std::int64_t i = 0; i < times; ++i)
        blocks = by_site(sampler.snapshot()).at(0).live.count;
      return fmt::format("{:.0f} objects", blocks);
    });
  }
}
