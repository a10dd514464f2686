// The resolver and its lock, with a registry that is a map.
#include "lockfile.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "lab/core/error.hpp"

namespace lab09 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using Places = std::map<std::string, std::string>;

class Shelf {
 public:
  Shelf& add(const std::string& name, const std::string& version, Dependencies asks = {},
             Dependencies optional = {}, std::vector<std::string> os = {}) {
    Package& package = packages_[name];
    package.latest = version;
    package.releases.push_back({version, "http://r/" + name + "-" + version + ".tgz",
                                "sha512-" + name + version, std::move(asks),
                                std::move(optional), std::move(os)});
    return *this;
  }
  Shelf& tag(const std::string& name, const std::string& version) {
    packages_[name].latest = version;
    return *this;
  }
  Registry registry() const {
    return [this](const std::string& name) -> std::optional<Package> {
      const auto found = packages_.find(name);
      asked_.push_back(name);
      if (found == packages_.end()) return std::nullopt;
      return found->second;
    };
  }
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  std::map<std::string, Package> packages_;
  mutable std::vector<std::string> asked_;
};

Project app(Dependencies asks, Dependencies optional = {}) {
  return {
      .name = "app", .dependencies = std::move(asks), .optional = std::move(optional)};
}

Lock locked(const Project& project, const Shelf& shelf, const Lock& before = {}) {
  auto result = resolve(project, shelf.registry(), before);
  const auto* conflict = std::get_if<Conflict>(&result);
  EXPECT_EQ(conflict, nullptr) << (conflict ? conflict->why : "");
  return conflict ? Lock{} : std::get<Lock>(result);
}

std::string conflict(const Project& project, const Shelf& shelf) {
  auto result = resolve(project, shelf.registry());
  return std::holds_alternative<Conflict>(result) ? std::get<Conflict>(result).why
                                                  : "none";
}

Places places(const Lock& lock) {
  Places places;
  for (const auto& [place, package] : lock.packages)
    places[place] = package.release.version;
  return places;
}

TEST(Resolve, TakesTheHighestReleaseThatTheRangeAllows) {
  const Shelf shelf = Shelf()
                          .add("a", "1.9.0")
                          .add("a", "1.10.0")
                          .add("a", "1.2.0")
                          .add("a", "2.0.0-rc.1")
                          .add("a", "2.0.0");
  EXPECT_THAT(places(locked(app({{"a", "^1.0.0"}}), shelf)),
              ElementsAre(Pair("node_modules/a", "1.10.0")));
}

TEST(Resolve, PrefersTheTagLatestIfTheRangeAllowsIt) {
  const Shelf shelf =
      Shelf().add("a", "1.0.0").add("a", "1.1.0").add("a", "1.2.0").tag("a", "1.1.0");
  EXPECT_EQ(places(locked(app({{"a", "^1.0.0"}}), shelf)).at("node_modules/a"), "1.1.0");
  EXPECT_EQ(places(locked(app({{"a", ">1.1.0"}}), shelf)).at("node_modules/a"), "1.2.0");
  EXPECT_EQ(places(locked(app({{"a", "1.0.0"}}), shelf)).at("node_modules/a"), "1.0.0");
}

TEST(Resolve, SharesOnePackageAndNestsTheVersionThatDoesNotFit) {
  const Shelf shelf = Shelf()
                          .add("a", "1.0.0", {{"x", "^1.0.0"}})
                          .add("b", "1.0.0", {{"x", "^1.0.0"}})
                          .add("c", "1.0.0", {{"x", "^2.0.0"}})
                          .add("x", "1.0.0")
                          .add("x", "2.0.0");
  EXPECT_THAT(
      places(locked(app({{"a", "*"}, {"b", "*"}, {"c", "*"}}), shelf)),
      ElementsAre(Pair("node_modules/a", "1.0.0"), Pair("node_modules/b", "1.0.0"),
                  Pair("node_modules/c", "1.0.0"),
                  Pair("node_modules/c/node_modules/x", "2.0.0"),
                  Pair("node_modules/x", "1.0.0")));
}

TEST(Resolve, PutsAPackageAsHighAsItCanWithoutMisleadingOthers) {
  // b, below a, needs x 2 and must not stand in the way of a, which got x 1 from the root.
  const Shelf shelf = Shelf()
                          .add("x", "1.0.0")
                          .add("x", "2.0.0")
                          .add("a", "1.0.0", {{"b", "^1.0.0"}, {"x", "^1.0.0"}})
                          .add("b", "1.0.0", {{"x", "^2.0.0"}})
                          .add("b", "2.0.0");
  EXPECT_THAT(
      places(locked(app({{"a", "*"}, {"b", "^2.0.0"}, {"x", "^1.0.0"}}), shelf)),
      ElementsAre(Pair("node_modules/a", "1.0.0"),
                  Pair("node_modules/a/node_modules/b", "1.0.0"),
                  Pair("node_modules/a/node_modules/b/node_modules/x", "2.0.0"),
                  Pair("node_modules/b", "2.0.0"), Pair("node_modules/x", "1.0.0")));
}

TEST(Resolve, StopsAtTheHighestFreePlace) {
  // Nobody in a asks for x, so x 2 may stand beside b there.
  const Shelf shelf = Shelf()
                          .add("x", "1.0.0")
                          .add("x", "2.0.0")
                          .add("a", "1.0.0", {{"b", "^1.0.0"}})
                          .add("b", "1.0.0", {{"x", "^2.0.0"}})
                          .add("b", "2.0.0");
  EXPECT_THAT(places(locked(app({{"a", "*"}, {"b", "^2.0.0"}, {"x", "^1.0.0"}}), shelf)),
              testing::Contains(Pair("node_modules/a/node_modules/x", "2.0.0")));
}

TEST(Resolve, EndsWhereTwoPackagesAskForEachOther) {
  const Shelf shelf =
      Shelf().add("a", "1.0.0", {{"b", "1"}}).add("b", "1.0.0", {{"a", "1"}});
  EXPECT_EQ(locked(app({{"a", "1"}}), shelf).packages.size(), 2u);
}

TEST(Resolve, KeepsWhatIsLockedWhileItFits) {
  const Shelf day_one = Shelf().add("a", "1.0.0", {{"b", "^1.0.0"}}).add("b", "1.0.0");
  const Project project = app({{"a", "^1.0.0"}});
  const Lock lock = locked(project, day_one);
  const Shelf later = Shelf()
                          .add("a", "1.0.0", {{"b", "^1.0.0"}})
                          .add("a", "2.0.0", {{"b", "^1.0.0"}})
                          .add("b", "1.0.0")
                          .add("b", "1.5.0");
  EXPECT_EQ(locked(project, later, lock), lock);
  EXPECT_THAT(later.asked(), IsEmpty());  // the lock says it all
  // Only what has to move moves.
  EXPECT_THAT(
      places(locked(app({{"a", "^2.0.0"}}), later, lock)),
      ElementsAre(Pair("node_modules/a", "2.0.0"), Pair("node_modules/b", "1.0.0")));
}

TEST(Resolve, GivesTheSameBytesInEachOrder) {
  const Shelf shelf = Shelf()
                          .add("a", "1.0.0", {{"x", "^1.0.0"}, {"y", "*"}})
                          .add("b", "1.0.0", {{"x", "^2.0.0"}})
                          .add("x", "1.0.0")
                          .add("x", "1.1.0")
                          .add("x", "2.0.0")
                          .add("y", "1.0.0", {{"x", "^1.1.0"}});
  const Project project = app({{"b", "*"}, {"a", "*"}});
  const std::string bytes = locked(project, shelf).str();
  std::mt19937 random(1);
  for (int i = 0; i < 100; ++i) {
    const Registry plain = shelf.registry();
    const Registry shuffled = [&](const std::string& name) {
      auto package = plain(name);
      std::ranges::shuffle(package->releases, random);
      return package;
    };
    EXPECT_EQ(std::get<Lock>(resolve(project, shuffled)).str(), bytes);
  }
}

TEST(Resolve, LeavesOutAnOptionalPackageThatCannotBeHad) {
  const Shelf shelf = Shelf()
                          .add("a", "1.0.0", {}, {{"gone", "1"}, {"old", "^2.0.0"}})
                          .add("old", "1.0.0");
  const Lock lock = locked(app({{"a", "1"}}, {{"nowhere", "*"}}), shelf);
  EXPECT_THAT(places(lock), ElementsAre(Pair("node_modules/a", "1.0.0")));
}

TEST(Resolve, MarksWhatOnlyOptionalPackagesLeadTo) {
  const Shelf shelf = Shelf()
                          .add("a", "1.0.0", {{"shared", "1"}})
                          .add("o", "1.0.0", {{"shared", "1"}, {"own", "1"}})
                          .add("shared", "1.0.0")
                          .add("own", "1.0.0");
  const Lock lock = locked(app({{"a", "1"}}, {{"o", "1"}}), shelf);
  std::map<std::string, bool> optional;
  for (const auto& [place, package] : lock.packages) optional[place] = package.optional;
  EXPECT_THAT(
      optional,
      ElementsAre(Pair("node_modules/a", false), Pair("node_modules/o", true),
                  Pair("node_modules/own", true), Pair("node_modules/shared", false)));
}

TEST(Resolve, ANameInBothListsIsOptional) {
  const Shelf shelf = Shelf().add("o", "1.0.0");
  const Lock lock = locked(app({{"o", "^9.0.0"}}, {{"o", "1"}}), shelf);
  EXPECT_TRUE(lock.packages.at("node_modules/o").optional);
}

TEST(Resolve, SaysInWordsWhatIsInTheWay) {
  const Shelf shelf =
      Shelf().add("a", "1.0.0", {{"b", "^9.0.0"}}).add("b", "1.0.0").add("b", "1.1.0");
  EXPECT_EQ(conflict(app({{"a", "1"}}), shelf),
            "a 1.0.0 asks for b ^9.0.0, but no release fits; there are 1.0.0, 1.1.0");
  EXPECT_EQ(conflict(app({{"nowhere", "1"}}), shelf),
            "package.json asks for nowhere 1, but nobody has published nowhere");
  EXPECT_EQ(conflict(app({{"b", "newest"}}), shelf),
            "package.json asks for b newest, but that is no range");
}

TEST(Resolve, AsksNobodyForAPackageWhoseNameIsAPath) {
  const Shelf shelf = Shelf().add("../evil", "1.0.0");
  for (const char* name :
       {"../evil", "", ".hidden", "a/b", "A", "a b", "..", "a\\b", "a?"})
    EXPECT_THAT(conflict(app({{name, "1"}}), shelf), HasSubstr("nobody has published"));
  EXPECT_THAT(shelf.asked(), IsEmpty());
  EXPECT_NE(conflict(app({{std::string(215, 'a'), "1"}}), shelf), "none");
  EXPECT_THAT(shelf.asked(), IsEmpty());
  EXPECT_NE(conflict(app({{std::string(214, 'z'), "1"}}), shelf), "none");
  EXPECT_NE(conflict(app({{"a-b_c.9", "1"}}), shelf), "none");
  EXPECT_EQ(shelf.asked().size(), 2u);
}

Lock small_lock() {
  const Shelf shelf = Shelf()
                          .add("a", "1.0.0", {{"b", "^2.0.0"}}, {{"o", "*"}})
                          .add("b", "2.0.0")
                          .add("b", "1.0.0")
                          .add("o", "1.0.0", {}, {}, {"linux", "darwin"});
  return locked(app({{"a", "^1.0.0"}, {"b", "1.0.0"}}), shelf);
}

TEST(TheLock, IsReadBackAsItWasWritten) {
  const Lock lock = small_lock();
  EXPECT_EQ(lock.packages.size(), 4u);
  EXPECT_EQ(Lock::parse(lock.str()), lock);
}

TEST(TheLock, IsWrittenAsNpmWritesIt) {
  const Shelf shelf = Shelf().add("a", "1.0.0", {}, {{"o", "*"}}, {"linux"});
  EXPECT_EQ(locked(app({}, {{"a", "1"}}), shelf).str(), R"({
  "name": "app",
  "version": "1.0.0",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": {
      "name": "app",
      "version": "1.0.0",
      "optionalDependencies": {
        "a": "1"
      }
    },
    "node_modules/a": {
      "version": "1.0.0",
      "resolved": "http://r/a-1.0.0.tgz",
      "integrity": "sha512-a1.0.0",
      "optional": true,
      "os": [
        "linux"
      ],
      "optionalDependencies": {
        "o": "*"
      }
    }
  }
}
)");
}

TEST(TheLock, IsRefusedIfItIsNone) {
  for (
      const std::string text :
      {"", "{", "[]", "null", "{}", R"({"lockfileVersion": 2, "packages": {"": {}}})",
       R"({"lockfileVersion": 3})", R"({"lockfileVersion": 3, "packages": {}})",
       R"({"lockfileVersion": 3, "packages": {"": [], "node_modules/a": 1}})",
       R"({"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": 1}}})",
       R"({"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": 1}}}})"}) {
    EXPECT_THROW((void)Lock::parse(text), lab::Error) << text;
  }
  EXPECT_THROW((void)Lock::parse(std::string(100'000, '[')), lab::Error);
}

TEST(TheLock, RefusesAPlaceThatLeadsSomewhereElse) {
  for (const std::string place :
       {"../a", "/etc", "a", "node_modules/", "node_modules/..", "node_modules/../../a",
        "node_modules/a/../b", "node_modules/a/b", "x/node_modules/a",
        "node_modules/.bin", "node_modules//a", "node_modules/a/node_modules/..",
        "./node_modules/a"}) {
    EXPECT_THROW((void)Lock::parse(R"({"lockfileVersion": 3, "packages": {"": {}, ")" +
                                   place + R"(": {"version": "1.0.0"}}})"),
                 lab::Error)
        << place;
  }
}

TEST(TheLock, FindsTheNearestOneAbove) {
  const Lock lock = small_lock();
  EXPECT_EQ(lock.find("node_modules/a", "b"), "node_modules/a/node_modules/b");
  EXPECT_EQ(lock.find("", "b"), "node_modules/b");
  EXPECT_EQ(lock.find("node_modules/b", "a"), "node_modules/a");
  EXPECT_EQ(lock.find("node_modules/b", "nothing"), "");
}

TEST(Drift, IsNoneRightAfterResolving) {
  const Lock lock = small_lock();
  EXPECT_EQ(drift(lock.project, lock), std::nullopt);
}

// npm 11 does the same: `npm ci` refuses the lock that `npm install` has just written.
TEST(Drift, AnOptionalPackageThatCouldNotBeHadIsMissingToo) {
  const Shelf shelf =
      Shelf().add("a", "1.0.0", {}, {{"old", "^2.0.0"}}).add("old", "1.0.0");
  const Lock lock = locked(app({}, {{"nowhere", "*"}}), shelf);
  EXPECT_EQ(drift(lock.project, lock),
            "package.json asks for nowhere *, and the lock has no nowhere");
  const Lock below = locked(app({{"a", "1"}}), shelf);
  EXPECT_EQ(drift(below.project, below),
            "a 1.0.0 asks for old ^2.0.0, and the lock has no old");
  const Lock beside = locked(app({{"a", "1"}, {"old", "1"}}), shelf);
  EXPECT_EQ(drift(beside.project, beside),
            "a 1.0.0 asks for old ^2.0.0, but the lock has old 1.0.0");
}

TEST(Drift, SaysInWordsWhatDoesNotFit) {
  const Lock lock = small_lock();
  const auto why = [&](Dependencies asks, Dependencies optional = {}) {
    return drift(app(std::move(asks), std::move(optional)), lock).value_or("none");
  };
  EXPECT_EQ(why({{"a", "^1.0.0"}, {"b", "1.0.0"}}), "none");
  EXPECT_EQ(why({{"a", "^2.0.0"}, {"b", "1.0.0"}}),
            "package.json asks for a ^2.0.0, but the lock has a 1.0.0");
  EXPECT_EQ(why({{"a", "^1.0.0"}, {"b", "1.0.0"}, {"c", "1"}}),
            "package.json asks for c 1, and the lock has no c");
  EXPECT_EQ(why({{"a", "^1.0.0"}}),
            "package.json asks for other packages or ranges than when it was locked");
  EXPECT_EQ(why({{"a", "^1.0.0"}}, {{"b", "1.0.0"}}),
            "package.json asks for other packages or ranges than when it was locked");
}

TEST(Drift, FindsALockThatWasEditedByHand) {
  Lock lock = small_lock();
  lock.packages.erase("node_modules/a/node_modules/b");
  EXPECT_EQ(drift(lock.project, lock),
            "a 1.0.0 asks for b ^2.0.0, but the lock has b 1.0.0");
}

// Whatever is asked for: each wish is granted by the nearest package above, nothing is
// there that nobody asked for, and a lock resolved again is the same lock.
TEST(Resolve, KeepsItsPromisesOnRandomShelves) {
  int endless = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Shelf shelf;
    const auto name = [&] {
      return std::string(1, static_cast<char>('a' + random() % 6));
    };
    const auto range = [&] {
      return std::string(random() % 2 ? "^" : "") + std::to_string(1 + random() % 3) +
             ".0.0";
    };
    for (char one = 'a'; one < 'g'; ++one) {
      for (int major = 1; major <= 3; ++major) {
        Dependencies asks;
        for (auto i = random() % 3; i > 0; --i) asks[name()] = range();
        shelf.add(std::string(1, one), std::to_string(major) + ".0.0", asks);
      }
    }
    const Project project =
        app({{name(), range()}, {name(), range()}, {name(), range()}});
    const auto result = resolve(project, shelf.registry());
    if (const auto* why = std::get_if<Conflict>(&result)) {
      EXPECT_THAT(why->why, HasSubstr("in turn"));
      ++endless;
      continue;
    }
    const Lock lock = std::get<Lock>(result);
    EXPECT_EQ(drift(project, lock), std::nullopt);
    EXPECT_EQ(locked(project, shelf, lock), lock);
    EXPECT_EQ(Lock::parse(lock.str()), lock);
    for (const auto& [place, package] : lock.packages) {
      Lock without = lock;
      without.packages.erase(place);
      EXPECT_NE(drift(project, without), std::nullopt) << place << " is there for nobody";
    }
  }
  EXPECT_LT(endless, 100);
}

TEST(Resolve, RefusesPackagesThatNestWithoutAnEnd) {
  const Shelf shelf = Shelf()
                          .add("a", "1.0.0", {{"b", "2.0.0"}})
                          .add("a", "2.0.0", {{"b", "1.0.0"}})
                          .add("b", "1.0.0", {{"a", "1.0.0"}})
                          .add("b", "2.0.0", {{"a", "2.0.0"}});
  EXPECT_THAT(conflict(app({{"a", "1.0.0"}}), shelf),
              HasSubstr("which asks for it in turn"));
}

}  // namespace
}  // namespace lab09
