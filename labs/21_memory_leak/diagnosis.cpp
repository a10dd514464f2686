#include "diagnosis.hpp"

namespace lab21 {

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
  constexpr double kGrows = 64;  // bytes a request; a leak of less takes a longer run
  // Step 6: flat live memory is no leak of the heap, whatever is resident.
  if (signals.growth < kGrows) {
    if (!rose(signals)) return Fault::none;
    if (signals.free > signals.resident_growth / 2) return Fault::fragmentation;
    const double in_heap = signals.live + signals.free;
    return signals.resident_growth > 2 * in_heap + (4 << 20) ? Fault::outside
                                                             : Fault::none;
  }
  if (signals.unreachable > 0.5) return signals.heads > 0.5 ? Fault::lost : Fault::cycle;
  // Step 7: somebody still holds it. Let time pass, announce something, ask again for the
  // same: a timer and a listener do more work than before, a cache holds the same already.
  if (signals.idle_work > 10) return Fault::timer;
  if (signals.event_work > 10) return Fault::listener;
  if (signals.repeat_growth < signals.growth / 10) return Fault::cache;
  return Fault::unknown;
}

}  // namespace lab21
