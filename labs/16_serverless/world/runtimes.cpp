#include "world/runtimes.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "lab/core/error.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"

namespace lab16 {

namespace fs = std::filesystem;

namespace {

fs::path file(const char* name) {  // the build puts them beside the program
  return fs::read_symlink("/proc/self/exe").parent_path() / "16_functions" / name;
}

// Not the script of a version manager: it would start a shell first.
std::string program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (folder.find("shims") == std::string::npos && fs::exists(folder + '/' + name))
      return folder + '/' + name;
  return {};
}

void make(std::vector<std::string> command) {
  lab::Child child = lab::Child::run(command, {.deadline = std::chrono::seconds(60)});
  if (!child.wait().ok()) throw lab::Error("run " + command[0], child.wait().err);
}

}  // namespace

Function native() {
  return {{file("handler")}};
}

std::vector<Runtime> runtimes(int modules) {
  std::vector<Runtime> all{{"C++, static", native()}};
  if (const auto node = program("node"); !node.empty()) {
    const fs::path folder = lab::run_dir() / "application";
    make({node, file("library.cjs"), folder, std::to_string(modules)});
    const std::vector<std::string> command{node, file("handler.cjs")};
    const std::pair<std::string, std::string> tree{"MODULES", folder / "modules"},
        bundle{"MODULES", folder / "bundle.js"}, cache{"CODE_CACHE", folder / "cache"};
    all.push_back({"Node", {command}});
    all.push_back({fmt::format("Node, {} modules", modules), {command, {tree}}});
    all.push_back({"Node, bundle", {command, {bundle}}});
    all.push_back({"Node, code cached", {command, {bundle, cache}}});
  }
  if (const auto python = program("python3"); !python.empty())
    all.push_back({"Python", {{python, file("handler.py")}}});
  if (const auto java = program("javac"); !java.empty()) {
    make({java, "-d", lab::run_dir(), file("Handler.java")});
    all.push_back({"Java", {{program("java"), "-cp", lab::run_dir(), "Handler"}}});
  }
  return all;
}

}  // namespace lab16
