#include "drill/mix.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace runner {

namespace {

constexpr std::size_t kInARow = 2;  // new ones of a lab, until the next lab has its turn

int rank(const Lab& lab) {
  if (lab.common == "very common") return 0;
  return lab.common == "common" ? 1 : 2;
}

// New items by turns. What was asked of a lab on other days counts as its turns, too.
std::vector<DrillItem> fresh_ones(const std::vector<DrillItem>& items,
                                  const Records& records, std::size_t most) {
  struct Place {
    std::size_t turn, before;  // of the lab's; in this turn
    const DrillItem* item;
  };
  std::map<std::string, std::size_t> seen, met;
  for (const DrillItem& item : items) seen[item.lab.number] += records.contains(item.id);
  std::vector<Place> places;
  for (const DrillItem& item : items) {
    if (records.contains(item.id)) continue;
    const std::size_t position = seen[item.lab.number] + met[item.lab.number]++;
    places.push_back({position / kInARow, position % kInARow, &item});
  }
  std::ranges::stable_sort(places, {}, [](const Place& place) {
    return std::tuple(place.turn, rank(place.item->lab));
  });
  if (places.size() > most) places.resize(most);
  std::ranges::stable_sort(places, {}, [](const Place& place) {
    return std::tuple(place.turn, place.before);
  });
  std::vector<DrillItem> fresh;
  for (const Place& place : places) fresh.push_back(*place.item);
  return fresh;
}

}  // namespace

std::vector<DrillItem> daily_mix(const std::vector<DrillItem>& items,
                                 const Records& records, const MixLimits& limits,
                                 Day today) {
  const auto due = [&](const DrillItem& item) {
    return records.at(item.id).schedule.due;
  };
  std::vector<DrillItem> mix;
  std::ranges::copy_if(items, std::back_inserter(mix), [&](const DrillItem& item) {
    return records.contains(item.id) && due(item) <= today;
  });
  std::ranges::stable_sort(mix, {}, due);
  if (mix.size() > limits.items) mix.resize(limits.items);
  const std::size_t room = limits.items - mix.size();
  std::ranges::move(fresh_ones(items, records, std::min(limits.fresh, room)),
                    std::back_inserter(mix));
  return mix;
}

}  // namespace runner
