// live.cpp: how many hits a cache of this size has.
#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <thread>

#include "caching.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"

namespace lab18 {

namespace trace = lab::trace;

// Product 1 is asked for as often as 2 and 3 together, and so on: the shape of most loads.
void live(lab::Story& story, const Knobs& knobs) {
  story.say(
      "Customers ask for products, a few of them far more often than the others. Change "
      "the number of entries and of products, and watch the hit rate.");
  story.picture(lab::Picture::curves, {"hit rate"});
  std::mt19937 random(18);
  std::uniform_real_distribution<double> even(0, 1);
  std::optional<Cache<int, int>> cache;
  for (int room = 0; !lab::Program::stopped();) {
    if (room != *knobs.entries) {
      room = *knobs.entries;
      cache.emplace(CacheConfig{.entries = static_cast<std::size_t>(room)});
    }
    const auto before = cache->counts();
    for (int i = 0; i < 2'000; ++i) {
      const double most = *knobs.products;
      const int product = static_cast<int>(std::pow(most, even(random)));
      cache->get_or_load(product, [&] { return product; });
    }
    const auto now = cache->counts();
    trace::counter("hit rate", static_cast<double>(now.hits - before.hits) / 20,
                   {.args = {{"unit", "%"}}});
    std::this_thread::sleep_for(50ms);
  }
  story.takeaway(
      "The first entries bring the most: each doubling of a cache gains less than the "
      "one before.");
}

}  // namespace lab18
