// histogram.hpp: how long things took, from 1 us to 100 s, in a few kilobytes.
//
// Units     std::chrono. A percentile is told within 2.5 % (200 bins a factor of 100).
// Threads   None: one for each thread, merged at the end.
// Source    Boost.Histogram, with a logarithmic axis.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

namespace lab {

class Latency {
 public:
  Latency();
  Latency(const Latency& other);
  Latency& operator=(const Latency& other);
  ~Latency();

  void record(std::chrono::nanoseconds duration);
  void merge(const Latency& other);

  std::uint64_t count() const;
  std::chrono::nanoseconds max() const;   // exact
  std::chrono::nanoseconds mean() const;  // exact
  // The upper end of the bin in which so many percent (0 to 100) of the records are, at
  // most max(); zero without records.
  std::chrono::nanoseconds percentile(double percent) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lab
