#include "lockfile.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/core/error.hpp"

namespace lab09 {

using Json = nlohmann::ordered_json;
using lab::semver::Range;
using lab::semver::Version;

namespace {

const std::string kFolder = "node_modules/";

std::string place_of(const std::string& above, const std::string& name) {
  return above + (above.empty() ? "" : "/") + kFolder + name;
}

// "node_modules/liba/node_modules/libb" stands in "node_modules/liba".
std::string above(const std::string& place) {
  const auto at = place.rfind("/" + kFolder);
  return at == std::string::npos ? "" : place.substr(0, at);
}

std::string name_of(const std::string& place) {
  return place.substr(place.rfind('/') + 1);
}

std::size_t depth_of(std::string place) {
  std::size_t depth = 0;
  for (; !place.empty(); place = above(place)) ++depth;
  return depth;
}

// It becomes a part of a path on the disk.
bool is_name(const std::string& name) {
  const auto fits = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' ||
           byte == '_' || byte == '.';
  };
  return !name.empty() && name.size() <= 214 && name.front() != '.' &&
         std::ranges::all_of(name, fits);
}

bool allows(const std::string& range, const std::string& version) {
  const auto parsed = Range::parse(range);
  const auto exact = Version::parse(version);
  return parsed && exact && parsed->allows(*exact);
}

struct Wish {
  std::string name;
  std::string range;
  bool optional;
};

// In the order of their names; a name that is in both is optional.
std::vector<Wish> wishes(const Dependencies& dependencies, const Dependencies& optional) {
  std::vector<Wish> all;
  for (const auto& [name, range] : dependencies) {
    if (!optional.contains(name)) all.push_back({name, range, false});
  }
  for (const auto& [name, range] : optional) all.push_back({name, range, true});
  std::ranges::sort(all, {}, &Wish::name);
  return all;
}

std::vector<Wish> wishes_at(const Lock& lock, const std::string& place) {
  if (place.empty()) return wishes(lock.project.dependencies, lock.project.optional);
  const Release& release = lock.packages.at(place).release;
  return wishes(release.dependencies, release.optional);
}

std::string asker(const Lock& lock, const std::string& place) {
  if (place.empty()) return "package.json";
  return name_of(place) + " " + lock.packages.at(place).release.version;
}

class Resolver {
 public:
  Resolver(const Project& project, const Registry& registry, const Lock& before)
      : registry_(registry), before_(before), lock_{.project = project} {}

  // Step 2: level by level, and by name within a level. So the tree depends on what is
  // asked for, and never on the order of the entries or of the registry's responses.
  std::variant<Lock, Conflict> resolve() {
    todo_ = {{0, ""}};
    while (!todo_.empty() && !conflict_) {
      const std::string place = todo_.extract(todo_.begin()).value().second;
      for (const Wish& wish : wishes_at(lock_, place)) {
        if (!conflict_) grant(place, wish);
      }
    }
    if (conflict_) return *conflict_;
    mark_optional();
    return std::move(lock_);
  }

 private:
  void grant(const std::string& place, const Wish& wish) {
    const std::string found = lock_.find(place, wish.name);
    if (!found.empty() && allows(wish.range, lock_.packages.at(found).release.version))
      return;  // shared with whoever asked first
    const auto release = choose(place, wish);
    if (!release || nests_for_ever(place, wish.name, *release)) return;
    const std::string where = highest_place(place, wish.name, *release);
    lock_.packages[where] = {*release};
    todo_.insert({depth_of(where), where});
  }

  // Step 3: a locked release stays while it fits, whatever has been published since.
  std::optional<Release> choose(const std::string& place, const Wish& wish) {
    const std::string kept = before_.find(place, wish.name);
    if (!kept.empty()) {
      const Release& release = before_.packages.at(kept).release;
      if (allows(wish.range, release.version)) return release;
    }
    const auto package = is_name(wish.name) ? registry_(wish.name) : std::nullopt;
    const auto range = Range::parse(wish.range);
    if (package && range) {
      if (const Release* release = best(*package, *range)) return *release;
    }
    if (!wish.optional) conflict_ = Conflict{explain(place, wish, package, range)};
    return std::nullopt;
  }

  std::string explain(const std::string& place, const Wish& wish,
                      const std::optional<Package>& package,
                      const std::optional<Range>& range) const {
    const std::string asked =
        asker(lock_, place) + " asks for " + wish.name + " " + wish.range + ", but ";
    if (!range) return asked + "that is no range";
    if (!package) return asked + "nobody has published " + wish.name;
    std::vector<std::string> versions;
    for (const Release& release : package->releases) versions.push_back(release.version);
    return asked +
           fmt::format("no release fits; there are {}", fmt::join(versions, ", "));
  }

  // The same release again below itself, because another one stands in between: what it
  // asks for would bring it a third time, and so on.
  bool nests_for_ever(const std::string& place, const std::string& name,
                      const Release& release) {
    for (std::string up = place; !up.empty(); up = above(up)) {
      if (name_of(up) != name || lock_.packages.at(up).release.version != release.version)
        continue;
      conflict_ = Conflict{asker(lock_, place) + " asks for " + name + " " +
                           release.version + ", which asks for it in turn"};
      return true;
    }
    return false;
  }

  // Step 4: go upwards from the package that asks, as long as no other version is in the way.
  std::string highest_place(std::string place, const std::string& name,
                            const Release& release) const {
    std::string highest = place_of(place, name);
    while (!place.empty()) {
      place = above(place);
      const std::string candidate = place_of(place, name);
      if (lock_.packages.contains(candidate)) break;
      if (would_mislead(place, name, release)) break;
      highest = candidate;
    }
    return highest;
  }

  // Somebody below gets `name` from further up, and would now get this one instead.
  bool would_mislead(const std::string& place, const std::string& name,
                     const Release& release) const {
    return std::ranges::any_of(lock_.packages, [&](const auto& other) {
      if (!place.empty() && !other.first.starts_with(place + "/") && other.first != place)
        return false;
      const std::string found = lock_.find(other.first, name);
      if (found.size() >= place_of(place, name).size())
        return false;  // not from further up
      return std::ranges::any_of(wishes_at(lock_, other.first), [&](const Wish& wish) {
        return wish.name == name && !found.empty() &&
               allows(wish.range, lock_.packages.at(found).release.version) &&
               !allows(wish.range, release.version);
      });
    });
  }

  void mark_optional() {
    std::set<std::string> required;
    std::vector<std::string> todo{""};
    while (!todo.empty()) {
      const std::string place = todo.back();
      todo.pop_back();
      for (const Wish& wish : wishes_at(lock_, place)) {
        const std::string found = lock_.find(place, wish.name);
        if (!wish.optional && !found.empty() && required.insert(found).second)
          todo.push_back(found);
      }
    }
    for (auto& [place, locked] : lock_.packages)
      locked.optional = !required.contains(place);
  }

  const Registry& registry_;
  const Lock& before_;
  Lock lock_;
  std::set<std::pair<std::size_t, std::string>> todo_;  // depth, place
  std::optional<Conflict> conflict_;
};

Json json_of(const Release& release, bool optional) {
  Json json;
  json["version"] = release.version;
  json["resolved"] = release.tarball;
  json["integrity"] = release.integrity;
  if (optional) json["optional"] = true;
  if (!release.os.empty()) json["os"] = release.os;
  if (!release.dependencies.empty()) json["dependencies"] = release.dependencies;
  if (!release.optional.empty()) json["optionalDependencies"] = release.optional;
  return json;
}

Dependencies dependencies_in(const Json& json, const char* key) {
  return json.contains(key) ? json.at(key).get<Dependencies>() : Dependencies();
}

Release release_in(const Json& json) {
  return {.version = json.at("version"),
          .tarball = json.value("resolved", ""),
          .integrity = json.value("integrity", ""),
          .dependencies = dependencies_in(json, "dependencies"),
          .optional = dependencies_in(json, "optionalDependencies"),
          .os = json.value("os", std::vector<std::string>())};
}

}  // namespace

const Release* best(const Package& package, const Range& range) {
  const Release* best = nullptr;
  std::optional<Version> highest;
  for (const Release& release : package.releases) {
    const auto version = Version::parse(release.version);
    if (!version || !range.allows(*version)) continue;
    if (release.version == package.latest) return &release;
    if (highest && *version < *highest) continue;
    best = &release;
    highest = version;
  }
  return best;
}

std::string Lock::find(std::string place, const std::string& name) const {
  for (;; place = above(place)) {
    const std::string here = place_of(place, name);
    if (packages.contains(here)) return here;
    if (place.empty()) return "";
  }
}

std::variant<Lock, Conflict> resolve(const Project& project, const Registry& registry,
                                     const Lock& before) {
  return Resolver(project, registry, before).resolve();
}

// Step 5: the lockfile must satisfy every range, of the project and of each locked package.
// That finds a lockfile that was edited by hand, too. An optional package that could not be
// had is missing as well: npm ci refuses the lock that npm install has just written.
std::optional<std::string> drift(const Project& project, const Lock& lock) {
  Lock asked = lock;
  asked.project = project;
  std::vector<std::string> places{""};
  for (const auto& [place, locked] : lock.packages) places.push_back(place);
  for (const std::string& place : places) {
    for (const Wish& wish : wishes_at(asked, place)) {
      const std::string found = asked.find(place, wish.name);
      const std::string wanted =
          asker(asked, place) + " asks for " + wish.name + " " + wish.range;
      if (found.empty()) return wanted + ", and the lock has no " + wish.name;
      const std::string& version = lock.packages.at(found).release.version;
      if (!allows(wish.range, version))
        return wanted + ", but the lock has " + wish.name + " " + version;
    }
  }
  if (project.dependencies != lock.project.dependencies ||
      project.optional != lock.project.optional)
    return "package.json asks for other packages or ranges than when it was locked";
  return std::nullopt;
}

// Step 1: what npm writes, byte for byte.
std::string Lock::str() const {
  Json root{{"name", project.name}, {"version", project.version}};
  if (!project.dependencies.empty()) root["dependencies"] = project.dependencies;
  if (!project.optional.empty()) root["optionalDependencies"] = project.optional;
  Json all;
  all[""] = root;
  for (const auto& [place, locked] : packages)
    all[place] = json_of(locked.release, locked.optional);
  const Json json{{"name", project.name},
                  {"version", project.version},
                  {"lockfileVersion", 3},
                  {"requires", true},
                  {"packages", all}};
  return json.dump(2) + "\n";
}

Lock Lock::parse(std::string_view text) try {
  const Json json = Json::parse(text);
  if (json.at("lockfileVersion") != 3)
    throw lab::Error("read the lock", "only lockfileVersion 3 is known");
  const Json& root = json.at("packages").at("");
  Lock lock{.project = {.name = root.value("name", ""),
                        .version = root.value("version", ""),
                        .dependencies = dependencies_in(root, "dependencies"),
                        .optional = dependencies_in(root, "optionalDependencies")}};
  for (const auto& [place, package] : json.at("packages").items()) {
    if (place.empty()) continue;
    for (std::string rest = place; !rest.empty(); rest = above(rest)) {
      if (!is_name(name_of(rest)) || rest != place_of(above(rest), name_of(rest)))
        throw lab::Error("read the lock", "\"" + place + "\" is no place of a package");
    }
    lock.packages[place] = {release_in(package), package.value("optional", false)};
  }
  return lock;
} catch (const Json::exception& error) {
  throw lab::Error("read the lock", error.what());
}

}  // namespace lab09
