#include "core/place.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace runner {

Place Place::here() {
  const auto either = [](const char* variable, const char* built) {
    const char* value = std::getenv(variable);
    return value && *value ? value : built;
  };
  return {either("UNDERLOOP_ROOT", LAB_ROOT), either("UNDERLOOP_BUILD", LAB_BUILD)};
}

std::filesystem::path data_folder() {
  const char* data = std::getenv("XDG_DATA_HOME");
  std::filesystem::path folder = data ? data : "";
  if (!folder.is_absolute()) {  // the specification: then it is to be ignored
    const char* home = std::getenv("HOME");
    if (!home || !*home) {
      const passwd* user = getpwuid(getuid());
      home = user ? user->pw_dir : "/";
    }
    folder = std::filesystem::path(home) / ".local" / "share";
  }
  return folder / "underloop";
}

}  // namespace runner
