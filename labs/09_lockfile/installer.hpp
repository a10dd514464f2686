// installer.hpp: puts the packages of a lock onto the disk, as npm does.
//
//   install()        resolves what the lock does not say, writes the lock, and adds what is
//                    missing in node_modules
//   clean_install()  npm ci: removes node_modules, obeys the lock or fails, writes no lock
//
// Errors    What fails is an Outcome that says why in words. Broken files throw lab::Error.
// Source    npm install, npm ci.
// Left out  Scripts, a cache, several downloads at once, putting the old tree back.
#pragma once

#include <filesystem>
#include <string>

#include "lab/net/http.hpp"
#include "lockfile.hpp"

namespace lab09 {

struct Outcome {
  enum class Is { installed, drifted, tampered, conflict, wrong_system, not_there };

  Is is = Is::installed;
  std::string why{};  // in words, unless installed

  bool ok() const { return is == Is::installed; }
};
std::string_view to_string(Outcome::Is is);

class Installer {
 public:
  // A folder with a package.json; `os` is what its packages are installed for.
  Installer(std::filesystem::path folder, std::string registry_host_and_port,
            std::string os = "linux");

  Outcome install();
  Outcome clean_install();
  Outcome update();  // npm update: as if there were no lock, and no node_modules

  Project project() const;
  std::optional<Lock> lock() const;
  void write_lock(const Lock& lock) const;

  std::optional<Package> ask_registry(const std::string& name);
  std::optional<std::string> download(const std::string& path);  // nothing: not there

 private:
  Outcome put(const Lock& lock);
  Outcome put_one(const std::string& place, const Release& release);

  std::filesystem::path folder_;
  std::string registry_;
  std::string os_;
  lab::http::Client http_;
};

// What stands in node_modules: "liba 1.0.0", by place.
std::map<std::string, std::string> tree_of(const std::filesystem::path& folder);

// One hash over the names and bytes of all files below node_modules.
std::string hash_of_tree(const std::filesystem::path& folder);

// "sha512-" and the hash in base 64, as a lock has it.
std::string integrity_of(std::string_view bytes);

}  // namespace lab09
