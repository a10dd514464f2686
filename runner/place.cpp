#include "place.hpp"

#include <cstdlib>

namespace runner {

Place Place::here() {
  const auto either = [](const char* variable, const char* built) {
    const char* value = std::getenv(variable);
    return value && *value ? value : built;
  };
  return {either("UNDERLOOP_ROOT", LAB_ROOT), either("UNDERLOOP_BUILD", LAB_BUILD)};
}

}  // namespace runner
