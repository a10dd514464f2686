#include "memory_leak.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <set>
#include <stdexcept>

namespace lab21 {

namespace {

std::atomic<std::uint64_t> next_id{1};

// While the sampler itself allocates, on this thread, nothing is sampled.
thread_local bool inside = false;

class Inside {
 public:
  Inside() { inside = true; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { inside = was_; }

 private:
  const bool was_ = inside;
};

double probability(std::size_t size, std::size_t mean) {
  if (mean == 1) return 1;  // every block is recorded
  return -std::expm1(-static_cast<double>(size) / static_cast<double>(mean));
}

bool belongs_to_a_library(std::string_view mangled) {
  for (const std::string_view start :
       {"_ZSt", "_ZNSt", "_ZNKSt", "_ZN9__gnu_cxx", "_ZNK9__gnu_cxx", "_Znw", "_Zna",
        "_ZN5lab2111HeapSampler"}) {
    if (mangled.starts_with(start)) return true;
  }
  return false;
}

// "lab21::forget_buffer(unsigned long)" becomes "forget_buffer".
std::string readable(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 ? text.get() : mangled;
  name.resize(std::min(name.find('('), name.size()));
  return name.starts_with("lab21::") ? name.substr(7) : name;
}

// Many stacks may have the same site: names are looked up once for each stack.
class Tally {
 public:
  void add(const Sample& sample, std::size_t mean, double sign = 1) {
    const auto [name, is_new] = names_.try_emplace(sample.stack);
    if (is_new) name->second = sample.stack.site();
    sites_[name->second].add(sample.size, mean, sign);
  }
  std::vector<Site> sorted() const {
    std::vector<Site> list;
    for (const auto& [name, live] : sites_) list.push_back({name, live});
    std::ranges::stable_sort(list, std::greater{},
                             [](auto& site) { return site.live.bytes; });
    return list;
  }

 private:
  std::map<Stack, std::string> names_;
  std::map<std::string, Estimate> sites_;
};

}  // namespace

std::string Stack::site() const {
  for (int i = 0; i < depth; ++i) {
    Dl_info info{};
    // A return address may be the first of the next function: look at the call before it.
    const void* call = static_cast<const char*>(frames[static_cast<std::size_t>(i)]) - 1;
    if (!dladdr(call, &info) || !info.dli_sname) continue;
    if (!belongs_to_a_library(info.dli_sname)) return readable(info.dli_sname);
  }
  return "?";
}

double Estimate::error() const {
  return std::sqrt(variance);
}

// Step 4: a block of s bytes is sampled with probability p = 1 - exp(-s / mean), so the
// sample stands for 1 / p blocks. The expected sum is then the truth, for every mix of sizes.
void Estimate::add(std::size_t size, std::size_t mean, double sign) {
  const double p = probability(size, mean);
  if (p <= 0) return;  // a block of no bytes
  const double whole = static_cast<double>(size) / p;
  bytes += sign * whole;
  count += sign / p;
  variance += whole * whole * (1 - p);
}

std::vector<Site> by_site(const Snapshot& snapshot, int period) {
  const Inside guard;
  Tally tally;
  for (const Sample& sample : snapshot.samples) {
    if (period < 0 || sample.period == period) tally.add(sample, snapshot.mean);
  }
  return tally.sorted();
}

// Step 5: what is in both snapshots cancels exactly; only the rest is an estimate.
std::vector<Site> compare(const Snapshot& before, const Snapshot& after) {
  const Inside guard;
  Tally tally;
  const auto add_what_is_new = [&](const Snapshot& in, const Snapshot& beside,
                                   double sign) {
    std::set<std::uint64_t> known;
    for (const Sample& sample : beside.samples) known.insert(sample.serial);
    for (const Sample& sample : in.samples) {
      if (!known.contains(sample.serial)) tally.add(sample, in.mean, sign);
    }
  };
  add_what_is_new(after, before, 1);
  add_what_is_new(before, after, -1);
  return tally.sorted();
}

Estimate total(const Snapshot& snapshot) {
  Estimate sum;
  for (const Sample& sample : snapshot.samples) sum.add(sample.size, snapshot.mean);
  return sum;
}

HeapSampler::HeapSampler(std::size_t mean_bytes, std::uint64_t seed)
    : id_(next_id++), mean_(mean_bytes), seed_(seed) {
  if (mean_bytes == 0) throw std::invalid_argument("a sampler needs a mean above 0");
  void* first[1];
  backtrace(first, 1);  // it loads its library now, and not within the first sample
}

// Step 2: the gaps are exponential, so each allocated byte has the same chance to be sampled,
// whatever came before it. A fixed gap could fall into step with the program.
double HeapSampler::next_gap(Countdown& mine) const noexcept {
  if (mean_ == 1) return 0;
  mine.random += 0x9E3779B97F4A7C15u;  // splitmix64
  std::uint64_t mixed = mine.random;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  mixed ^= mixed >> 31;
  const double uniform = (static_cast<double>(mixed >> 11) + 1) / 9007199254740993.0;
  return -std::log(uniform) * static_cast<double>(mean_);
}

void HeapSampler::sample(void* block, std::size_t size) noexcept {
  if (inside) return;
  const Inside guard;
  Countdown& mine = countdown_;
  if (mine.owner != id_) {  // this thread's first block in this recording
    mine = {id_, 0, seed_ * 0x2545F4914F6CDD1Du};
    mine.bytes = next_gap(mine) - static_cast<double>(size);
    if (mine.bytes > 0) return;
  }
  // No memory between samples: the gap is drawn anew from the end of this block.
  mine.bytes = next_gap(mine);
  Sample taken{block, size};
  // Step 3: the stack shows who allocated. The two frames on top of it are ours.
  taken.stack.depth = backtrace(taken.stack.frames.data(), Stack::kDepth);
  try {
    const std::lock_guard lock(mutex_);
    taken.serial = ++taken_;
    taken.period = period_;
    live_[block] = taken;
    filter_[slot(block)].fetch_add(1, std::memory_order_relaxed);
  } catch (...) {  // no memory for the sample: the program goes on without it
  }
}

void HeapSampler::forget(const void* block) noexcept {
  if (inside) return;
  const Inside guard;
  const std::lock_guard lock(mutex_);
  if (live_.erase(block)) filter_[slot(block)].fetch_sub(1, std::memory_order_relaxed);
}

Snapshot HeapSampler::snapshot() {
  const Inside guard;
  Snapshot copy{.mean = mean_};
  const std::lock_guard lock(mutex_);
  copy.samples.reserve(live_.size());
  for (const auto& [block, sample] : live_) copy.samples.push_back(sample);
  ++period_;
  return copy;
}

std::uint64_t HeapSampler::samples_taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace lab21
