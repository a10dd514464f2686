// place.hpp: where the project lies, and where this program was built.
#pragma once

#include <filesystem>

namespace runner {

struct Place {
  std::filesystem::path root;
  std::filesystem::path build;

  // As it was built; $UNDERLOOP_ROOT and $UNDERLOOP_BUILD say otherwise.
  static Place here();

  std::filesystem::path labs() const { return root / "labs"; }
};

// What is kept for this user: $XDG_DATA_HOME/underloop, else ~/.local/share/underloop.
std::filesystem::path data_folder();

}  // namespace runner
