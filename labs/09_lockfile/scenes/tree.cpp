// tree.cpp: what a lock remembers, and that it is obeyed.
#include <fmt/ranges.h>

#include <algorithm>
#include <random>

#include "installer.hpp"
#include "lab/os/run_dir.hpp"
#include "scenes/scenes.hpp"
#include "world/projects.hpp"

namespace lab09 {

using lab::Picture;
using lab::Story;
using Tree = std::map<std::string, std::string>;

namespace {

// "node_modules/libc/node_modules/libb" as "libc/libb".
std::string short_place(std::string place) {
  const std::string folder = "node_modules/";
  for (auto at = place.find(folder); at != place.npos; at = place.find(folder))
    place.erase(at, folder.size());
  return place;
}

std::string above(const std::string& place) {
  const auto at = place.rfind('/');
  return at == place.npos ? "shop" : place.substr(0, at);
}

std::string at(const Tree& tree, const std::string& place) {
  const auto found = tree.find(place);
  return found == tree.end() ? "-" : found->second;
}

// Step 8: the registry lists its releases in another order each time.
int same_bytes_of(const Lock& lock, const Registry& registry, int orders) {
  std::mt19937 random(9);
  int same = 0;
  for (int i = 0; i < orders; ++i) {
    const Registry shuffled = [&](const std::string& name) {
      auto package = registry(name);
      if (package) std::ranges::shuffle(package->releases, random);
      return package;
    };
    const auto again = resolve(lock.project, shuffled);
    same +=
        std::holds_alternative<Lock>(again) && std::get<Lock>(again).str() == lock.str();
  }
  return same;
}

// One row of a grid of lights.
struct Light {
  const char* install;
  std::string version;
  const char* is;
};
void add_lights(lab::Table& grid, const std::string& row,
                std::initializer_list<Light> lights) {
  grid.rows.push_back({row, "", ""});
  for (const auto& [install, version, is] : lights) {
    grid.rows.push_back({fmt::format("{}: {} {}", row, install, version), row, is});
  }
}

int moved(const Tree& from, const Tree& to) {
  return static_cast<int>(std::ranges::count_if(
      from, [&](const auto& one) { return at(to, one.first) != one.second; }));
}

}  // namespace

void lock(Story& story, const Knobs&) {
  const int orders = story.quick() ? 100 : 2000;
  story.say(
      "A project called shop depends on liba and libc. liba needs libb 1, and libc needs "
      "libb 2. The lockfile should record each package with its place, version and "
      "hash.");
  story.picture(Picture::tree, {"The locked tree"});
  LocalRegistry registry;
  publish_day_one(registry);
  Installer npm(new_project("lock", shop()), registry.address());
  const Outcome installed = npm.install();
  const Lock lock = npm.lock().value();

  int whole = 0;
  lab::Table table{"The locked tree", {"package", "in", "version", "hash"}, {}};
  table.rows.push_back({"shop", "", "package.json", ""});
  for (const auto& [place, locked] : lock.packages) {
    const Release& release = locked.release;
    whole += !release.version.empty() && release.integrity.starts_with("sha512-");
    const std::string name = short_place(place);
    table.rows.push_back(
        {name, above(name), release.version, release.integrity.substr(0, 16) + "..."});
  }
  story.table(table);
  const int packages = static_cast<int>(lock.packages.size());
  const bool read_back = Lock::parse(lock.str()) == lock;
  Tree locked_tree;
  for (const auto& [place, locked] : lock.packages)
    locked_tree[place] = locked.release.version;
  const bool on_disk = tree_of(lab::run_dir() / "lock") == locked_tree;

  Lock without_hash = lock;
  without_hash.packages.at("node_modules/libb").release.integrity.clear();
  Installer control(new_project("no-hash", shop(), without_hash), registry.address());
  const Outcome refused = control.clean_install();

  const Registry known = [&](const std::string& name) { return npm.ask_registry(name); };
  const int same = same_bytes_of(lock, known, orders);
  story.claim("09.1",
              installed.ok() && whole == packages && read_back && on_disk &&
                  same == orders && !refused.ok(),
              "{} of {} packages have a version and a hash, and the disk has the same "
              "tree; {} of {} shuffled orders gave the same bytes. Control: with one "
              "hash removed, the install was {}",
              whole, packages, same, orders, to_string(refused.is));
  story.takeaway(
      "package.json says what you want. The lockfile says what you got, byte for byte.");
}

void later(Story& story, const Knobs& knobs) {
  story.say(
      "We install shop on day one. Then {} releases of libb and one of liba come out. "
      "Two colleagues install the same package.json, one with the lockfile and one "
      "without it.",
      *knobs.releases);
  story.picture(Picture::tree, {"What has moved since day one"});
  LocalRegistry registry;
  publish_day_one(registry);
  const auto day_one = new_project("day-one", shop());
  Installer first(day_one, registry.address());
  const Outcome installed = first.install();
  const Lock lock = first.lock().value();

  for (int i = 1; i <= *knobs.releases; ++i)
    registry.publish("libb", "1." + std::to_string(i) + ".0");
  registry.publish("liba", "1.0.5", {.dependencies = {{"libb", "^1.0.0"}}});

  const auto with_lock = new_project("with-lock", shop(), lock);
  Installer second(with_lock, registry.address());
  const bool both = second.install().ok() && installed.ok();
  const auto without = new_project("without-lock", shop());
  Installer third(without, registry.address());
  const bool new_one = third.install().ok();

  const Tree before = tree_of(day_one), same = tree_of(with_lock),
             newer = tree_of(without);
  lab::Table table{
      "Day one, and later", {"package", "day one", "with the lock", "without"}, {}};
  lab::Table grid{"What has moved since day one", {"install", "package", "it is"}, {}};
  for (const auto& [place, version] : before) {
    const std::string name = short_place(place);
    table.rows.push_back({name, version, at(same, place), at(newer, place)});
    const auto light = [&locked = version](const std::string& now) {
      return now == locked ? "same" : "moved";
    };
    add_lights(grid, name,
               {{"day one", version, "same"},
                {"with the lock", at(same, place), light(at(same, place))},
                {"without", at(newer, place), light(at(newer, place))}});
  }
  story.table(table);
  story.table(grid);

  const std::string hash = hash_of_tree(day_one);
  const bool equal = hash_of_tree(with_lock) == hash && hash_of_tree(without) != hash;
  const bool lock_kept = second.lock().value().str() == lock.str();
  story.claim("09.2", both && equal && lock_kept,
              "with the lockfile, the hash of all files is that of day one, {}..., and "
              "the lockfile is unchanged. Control: without it the hash differs",
              hash.substr(0, 16));
  const int moved_with = moved(before, same), moved_without = moved(before, newer);
  story.claim("09.3", both && new_one && moved_with == 0 && moved_without == 2,
              "after {} new releases, {} of {} packages had another version with the "
              "lockfile, and {} without it",
              *knobs.releases + 1, moved_with, before.size(), moved_without);
  story.nuance("09.2",
               "npm install may rewrite the lockfile. It does so silently if "
               "package.json does not agree with it (scene `ci`).");
  story.takeaway("Commit the lockfile. Then tomorrow's install is the same as today's.");
}

void machines(Story& story, const Knobs&) {
  story.say(
      "shop wants a fast native package, with one optional package for Linux and one for "
      "macOS. We install one lockfile on both systems.");
  story.picture(Picture::tree, {"One lockfile, two systems"});
  LocalRegistry registry;
  publish_day_one(registry);
  registry.publish("fast-linux", "1.0.0", {.os = {"linux"}});
  registry.publish("fast-macos", "1.0.0", {.os = {"darwin"}});
  Project project = shop();
  project.optional = {{"fast-linux", "^1.0.0"}, {"fast-macos", "^1.0.0"}};

  const auto on_linux = new_project("on-linux", project);
  Installer linux_npm(on_linux, registry.address(), "linux");
  const bool installed = linux_npm.install().ok();
  const Lock lock = linux_npm.lock().value();
  const auto on_macos = new_project("on-macos", project, lock);
  Installer macos_npm(on_macos, registry.address(), "darwin");
  const bool installed_too = macos_npm.clean_install().ok();

  const Tree left = tree_of(on_linux), right = tree_of(on_macos);
  lab::Table table{
      "What is on the disk", {"package", "in the lock", "Linux", "macOS"}, {}};
  lab::Table grid{"One lockfile, two systems", {"system", "package", "it is"}, {}};
  int shared = 0, different = 0;
  for (const auto& [place, locked] : lock.packages) {
    const std::string name = short_place(place);
    const std::string version = locked.release.version;
    table.rows.push_back({name, version, at(left, place), at(right, place)});
    const auto light = [](const std::string& here) {
      return here == "-" ? "absent" : "same";
    };
    add_lights(grid, name,
               {{"in the lock", version, "same"},
                {"on Linux", at(left, place), light(at(left, place))},
                {"on macOS", at(right, place), light(at(right, place))}});
    (at(left, place) == at(right, place) ? shared : different) += 1;
  }
  story.table(table);
  story.table(grid);

  story.claim("09.4",
              installed && installed_too && different == 2 && shared == 4 &&
                  hash_of_tree(on_linux) != hash_of_tree(on_macos),
              "of {} locked packages, {} are on both disks in the same version, and {} "
              "are on only one of them",
              lock.packages.size(), shared, different);
  story.nuance("09.4",
               "The lockfile does not pin Node or the system's libraries. Nor does it "
               "pin what install scripts build or download.");
  story.takeaway(
      "The lockfile pins the packages. For the same behaviour, pin Node and the "
      "container image too.");
}

}  // namespace lab09
