#include "lab/core/histogram.hpp"

#include <algorithm>
#include <boost/histogram/axis/regular.hpp>
#include <boost/histogram/histogram.hpp>
#include <boost/histogram/make_histogram.hpp>
#include <cmath>

namespace lab {

namespace {

namespace bh = boost::histogram;

constexpr double kLeast = 1e3;  // ns; what is shorter counts as this
constexpr double kMost = 1e11;
constexpr unsigned kBins = 800;

auto make() {
  return bh::make_histogram(
      bh::axis::regular<double, bh::axis::transform::log>(kBins, kLeast, kMost));
}

}  // namespace

struct Latency::Impl {
  decltype(make()) bins = make();
  std::uint64_t count = 0;
  double sum = 0;
  std::chrono::nanoseconds max{0};
};

Latency::Latency() : impl_(std::make_unique<Impl>()) {
}
Latency::Latency(const Latency& other) : impl_(std::make_unique<Impl>(*other.impl_)) {
}
Latency& Latency::operator=(const Latency& other) {
  *impl_ = *other.impl_;
  return *this;
}
Latency::~Latency() = default;

void Latency::record(std::chrono::nanoseconds duration) {
  const double ns = static_cast<double>(duration.count());
  impl_->bins(std::clamp(ns, kLeast, std::nextafter(kMost, 0)));
  ++impl_->count;
  impl_->sum += ns;
  impl_->max = std::max(impl_->max, duration);
}

void Latency::merge(const Latency& other) {
  impl_->bins += other.impl_->bins;
  impl_->count += other.impl_->count;
  impl_->sum += other.impl_->sum;
  impl_->max = std::max(impl_->max, other.impl_->max);
}

std::uint64_t Latency::count() const {
  return impl_->count;
}

std::chrono::nanoseconds Latency::max() const {
  return impl_->max;
}

std::chrono::nanoseconds Latency::mean() const {
  if (impl_->count == 0) return {};
  const double mean = impl_->sum / static_cast<double>(impl_->count);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(mean));
}

std::chrono::nanoseconds Latency::percentile(double percent) const {
  const double wanted = static_cast<double>(impl_->count) * percent / 100;
  double seen = 0;
  for (int bin = 0; bin < static_cast<int>(kBins); ++bin) {
    seen += static_cast<double>(impl_->bins.at(bin));
    if (seen > 0 && seen >= wanted) {
      const double upper = impl_->bins.axis().bin(bin).upper();
      return std::min(impl_->max,
                      std::chrono::nanoseconds(static_cast<std::int64_t>(upper)));
    }
  }
  return impl_->max;
}

}  // namespace lab
