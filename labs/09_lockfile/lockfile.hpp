// lockfile.hpp: which packages a project gets, and the file that remembers it.
//
//   package.json  --resolve(), asks a registry-->  Lock  --str()-->  package-lock.json
//   liba ^1.0.0                                    node_modules/liba                    1.0.5
//                                                  node_modules/libb                    1.1.0
//                                                  node_modules/libc/node_modules/libb  2.0.0
//
// A package stands as high in the tree as it can, so that those that ask for it share it.
// Where another version already stands there, it goes below the one that asks.
//
// Errors    What cannot be resolved is a Conflict that says why in words. A lock that is
//           none throws lab::Error.
// Cost      For each package: its dependencies times its depth.
// Source    npm's package-lock.json, version 3, and npm's order of work; the bytes are
//           those that npm writes (tests).
// Left out  Peer and development dependencies, scopes, aliases, git and file sources,
//           engines, cpu, moving packages of an old lock nearer to the root. Packages that
//           ask for each other in versions that nest without an end are a Conflict (npm
//           links them).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lab/semver/range.hpp"

namespace lab09 {

using Dependencies = std::map<std::string, std::string>;  // name, range

// package.json.
struct Project {
  std::string name;
  std::string version = "1.0.0";
  Dependencies dependencies{};
  Dependencies optional{};

  bool operator==(const Project&) const = default;
};

// One release, as a registry describes it and as a lock remembers it.
struct Release {
  std::string version;
  std::string tarball;    // its address
  std::string integrity;  // "sha512-...": of the tarball's bytes
  Dependencies dependencies{};
  Dependencies optional{};
  std::vector<std::string> os{};  // empty: all

  bool operator==(const Release&) const = default;
};

struct Package {
  std::string latest;  // what the tag `latest` names
  std::vector<Release> releases;
};

// All that is known of a package; nothing if nobody has published it.
using Registry = std::function<std::optional<Package>(const std::string& name)>;

struct Locked {
  Release release;
  bool optional = false;  // nothing that is required leads to it

  bool operator==(const Locked&) const = default;
};

struct Lock {
  Project project;                           // package.json as it was
  std::map<std::string, Locked> packages{};  // by place: "node_modules/liba"

  std::string str() const;
  static Lock parse(std::string_view text);

  // What a package at `place` gets when it asks for `name`: the nearest one above it.
  // Empty: nothing. The project's own place is "".
  std::string find(std::string place, const std::string& name) const;

  bool operator==(const Lock&) const = default;
};

struct Conflict {
  std::string why;
};

// Releases that `before` has locked are kept while they fit; others come from the registry.
std::variant<Lock, Conflict> resolve(const Project& project, const Registry& registry,
                                     const Lock& before = {});

// In words, why this lock is not the project's. Nothing: it is.
std::optional<std::string> drift(const Project& project, const Lock& lock);

// The release that npm takes for a range: the one tagged `latest` if the range allows it,
// else the highest that it allows.
const Release* best(const Package& package, const lab::semver::Range& range);

}  // namespace lab09
