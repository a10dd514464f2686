// projects.hpp: folders with a package.json, and the packages that they ask for.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "lockfile.hpp"
#include "world/registry.hpp"

namespace lab09 {

// A new folder of this run with that package.json, and with a lock if there is one.
std::filesystem::path new_project(const std::string& name, const Project& project,
                                  const std::optional<Lock>& lock = {});

// liba and libc both ask for libb, in versions that no single release satisfies.
Project shop();
void publish_day_one(LocalRegistry& registry);

}  // namespace lab09
