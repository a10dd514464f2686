#include "world/projects.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "lab/os/run_dir.hpp"

namespace lab09 {

std::filesystem::path new_project(const std::string& name, const Project& project,
                                  const std::optional<Lock>& lock) {
  const std::filesystem::path folder = lab::run_dir() / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  nlohmann::ordered_json json{{"name", project.name}, {"version", project.version}};
  if (!project.dependencies.empty()) json["dependencies"] = project.dependencies;
  if (!project.optional.empty()) json["optionalDependencies"] = project.optional;
  std::ofstream(folder / "package.json") << json.dump(2) << '\n';
  if (lock) std::ofstream(folder / "package-lock.json") << lock->str();
  return folder;
}

Project shop() {
  return {.name = "shop", .dependencies = {{"liba", "^1.0.0"}, {"libc", "^1.0.0"}}};
}

void publish_day_one(LocalRegistry& registry) {
  registry.publish("libb", "1.0.0");
  registry.publish("libb", "2.0.0");
  registry.publish("liba", "1.0.0", {.dependencies = {{"libb", "^1.0.0"}}});
  registry.publish("libc", "1.0.0", {.dependencies = {{"libb", "^2.0.0"}}});
}

}  // namespace lab09
