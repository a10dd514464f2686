// mix.hpp: what to ask today.
//
//   due items first, those that wait longest before the others; then new ones
//
// New items come from several labs in turn, two of each, and the labs that are asked most come
// first. So neighbours are of different labs, and a week has touched many questions instead of
// one whole lab.
#pragma once

#include <cstddef>
#include <vector>

#include "drill/item.hpp"
#include "drill/schedule.hpp"
#include "drill/store.hpp"

namespace runner {

struct MixLimits {
  std::size_t items = 15;
  std::size_t fresh = 10;  // never asked before
};

// At most `limits.items` of these, in the order in which to ask them.
[[nodiscard]] std::vector<DrillItem> daily_mix(const std::vector<DrillItem>& items,
                                               const Records& records,
                                               const MixLimits& limits, Day today);

}  // namespace runner
