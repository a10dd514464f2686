// plan.hpp: the plan in the studio, as JSON: what rehearse/agenda says of today.
//
// Errors    A message that makes no sense throws Usage, and changes nothing.
#pragma once

#include <filesystem>

#include "facts/card.hpp"
#include "rehearse/agenda.hpp"

namespace runner {

class StudioPlan {
 public:
  StudioPlan(const Place& place, const Catalog& catalog, std::filesystem::path folder)
      : place_(place), catalog_(catalog), folder_(std::move(folder)) {}

  Json today() const;

  // {"do":"plan","days":14,"minutes":40}: a new plan from today, or only other minutes.
  Json obey(const Json& message) const;

  // That a lab was run or walked through here. `did` is "run" or "walk".
  void note(const char* did, const Lab& lab) const;

  Progress progress() const { return read_progress(folder_ / "progress"); }
  Interviews interviews() const { return Interviews(folder_ / "interviews.ndjson"); }

 private:
  Json task(const Task& task, const Agenda& agenda) const;

  const Place& place_;
  const Catalog& catalog_;
  std::filesystem::path folder_;
};

}  // namespace runner
