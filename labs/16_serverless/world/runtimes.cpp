#include "world/runtimes.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>
#include <string_view>

#include "lab/core/error.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"

namespace lab16 {

namespace fs = std::filesystem;

namespace {

fs::path functions() {  // the build puts them beside the program
  return fs::read_symlink("/proc/self/exe").parent_path() / "16_functions";
}

// Not a version manager's script, which would start a shell first.
std::optional<std::string> program(std::string_view name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path file = fs::path(folder) / name;
    std::error_code none;
    if (folder.find("shims") == std::string::npos && fs::is_regular_file(file, none))
      return file;
  }
  return std::nullopt;
}

void make(std::vector<std::string> command) {
  lab::Child child = lab::Child::run(command, {.deadline = std::chrono::seconds(60)});
  if (!child.wait().ok()) throw lab::Error("run " + command[0], child.wait().err);
}

void add_node(std::vector<Runtime>& all, int modules) {
  const auto bare = node();
  if (!bare) return;
  const fs::path folder = lab::run_dir() / "application";
  make({*program("node"), functions() / "library.cjs", folder, std::to_string(modules)});
  all.push_back({"Node", *bare});
  const auto add = [&](const std::string& name, auto... env) {
    all.push_back({name, {bare->command, {env...}}});
  };
  using Env = std::pair<std::string, std::string>;
  add(fmt::format("Node, {} modules", modules), Env("MODULES", folder / "modules"));
  const Env bundle("MODULES", folder / "bundle.js");
  add("Node, bundled", bundle);
  add("Node, bundled and cached", bundle, Env("CODE_CACHE", folder / "bundle.cache"));
}

}  // namespace

Function native() {
  return {{functions() / "handler"}};
}

std::optional<Function> node() {
  const auto node = program("node");
  if (!node) return std::nullopt;
  return Function{{*node, functions() / "handler.cjs"}};
}

std::vector<Runtime> runtimes(int modules) {
  std::vector<Runtime> all{{"C++, static", native()}};
  add_node(all, modules);
  if (const auto python = program("python3"))
    all.push_back({"Python", {{*python, functions() / "handler.py"}}});
  if (const auto java = program("java"), compiler = program("javac"); java && compiler) {
    const fs::path classes = lab::run_dir() / "classes";
    make({*compiler, "-d", classes, functions() / "Handler.java"});
    all.push_back({"Java", {{*java, "-cp", classes, "Handler"}}});
  }
  return all;
}

std::string absent() {
  std::string all;
  for (const auto& [name, package] : {std::pair("node", "nodejs"),
                                      {"python3", "python3"},
                                      {"javac", "default-jdk-headless"}})
    if (!program(name))
      all += fmt::format("{}{}", all.empty() ? "sudo apt install " : " ", package);
  return all;
}

}  // namespace lab16
