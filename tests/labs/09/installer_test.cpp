// The installer, its real registry on loopback, and what hostile ones say.
#include "installer.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "lab/core/error.hpp"
#include "support/own_run.hpp"
#include "world/projects.hpp"

namespace lab09 {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using Is = Outcome::Is;

std::string read(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class InstallerTest : public testing::Test {
 protected:
  const lab::test::OwnRun run_;
  LocalRegistry registry_;

  Installer npm(const fs::path& folder, std::string os = "linux") const {
    return {folder, registry_.address(), std::move(os)};
  }
};

TEST_F(InstallerTest, InstallsWritesTheLockAndObeysIt) {
  publish_day_one(registry_);
  const fs::path first = new_project("first", shop());
  ASSERT_TRUE(npm(first).install().ok());
  EXPECT_THAT(
      tree_of(first),
      ElementsAre(Pair("node_modules/liba", "1.0.0"), Pair("node_modules/libb", "1.0.0"),
                  Pair("node_modules/libc", "1.0.0"),
                  Pair("node_modules/libc/node_modules/libb", "2.0.0")));
  EXPECT_EQ(read(first / "node_modules/libb/index.js"),
            "module.exports = 'libb@1.0.0';\n");
  EXPECT_FALSE(fs::exists(first / "node_modules/libb/.tarball"));
  registry_.publish("libb", "1.1.0");

  const fs::path second = new_project("second", shop(), npm(first).lock());
  ASSERT_TRUE(npm(second).clean_install().ok());
  EXPECT_EQ(hash_of_tree(second), hash_of_tree(first));
  EXPECT_EQ(read(second / "package-lock.json"), read(first / "package-lock.json"));
  ASSERT_TRUE(npm(second).update().ok());
  EXPECT_EQ(tree_of(second).at("node_modules/libb"), "1.1.0");
  EXPECT_NE(hash_of_tree(second), hash_of_tree(first));
}

TEST_F(InstallerTest, DownloadsWhatIsMissingOnly) {
  publish_day_one(registry_);
  const fs::path folder = new_project("twice", shop());
  ASSERT_TRUE(npm(folder).install().ok());
  EXPECT_EQ(registry_.downloads(), 4);
  ASSERT_TRUE(npm(folder).install().ok());
  EXPECT_EQ(registry_.downloads(), 4);
  ASSERT_TRUE(npm(folder).clean_install().ok());
  EXPECT_EQ(registry_.downloads(), 8);
}

TEST_F(InstallerTest, RemovesWhatNobodyAskedFor) {
  publish_day_one(registry_);
  const fs::path folder = new_project("stray", shop());
  fs::create_directories(folder / "node_modules/stray");
  fs::create_directories(folder / "node_modules/.bin");
  ASSERT_TRUE(npm(folder).install().ok());
  EXPECT_FALSE(fs::exists(folder / "node_modules/stray"));
  EXPECT_TRUE(fs::exists(folder / "node_modules/.bin"));
}

TEST_F(InstallerTest, AReplacedReleaseLeavesNoFileBehind) {
  publish_day_one(registry_);
  const fs::path folder = new_project("upgraded", shop());
  ASSERT_TRUE(npm(folder).install().ok());
  std::ofstream(folder / "node_modules/libc/old.js") << "only 1.0.0 has it";
  registry_.publish("libc", "1.1.0", {.dependencies = {{"libb", "^2.0.0"}}});
  std::ofstream(folder / "package.json")
      << R"({"name": "shop", "dependencies": {"liba": "^1.0.0", "libc": "^1.1.0"}})";
  ASSERT_TRUE(npm(folder).install().ok());
  EXPECT_FALSE(fs::exists(folder / "node_modules/libc/old.js"));
  EXPECT_EQ(tree_of(folder).at("node_modules/libc"), "1.1.0");
  EXPECT_EQ(tree_of(folder).at("node_modules/libc/node_modules/libb"), "2.0.0");
  const std::string installed = hash_of_tree(folder);
  ASSERT_TRUE(npm(folder).clean_install().ok());
  EXPECT_EQ(hash_of_tree(folder), installed);
}

TEST_F(InstallerTest, CleanInstallWantsALockThatFits) {
  publish_day_one(registry_);
  const fs::path folder = new_project("none", shop());
  EXPECT_EQ(npm(folder).clean_install().is, Is::drifted);
  ASSERT_TRUE(npm(folder).install().ok());
  Project changed = shop();
  changed.dependencies["liba"] = "^2.0.0";
  const fs::path drifted = new_project("drifted", changed, npm(folder).lock());
  const Outcome outcome = npm(drifted).clean_install();
  EXPECT_EQ(outcome.is, Is::drifted);
  EXPECT_THAT(outcome.why, HasSubstr("liba ^2.0.0"));
  EXPECT_THAT(tree_of(drifted), IsEmpty());
}

TEST_F(InstallerTest, RefusesATarballWithAnotherHash) {
  publish_day_one(registry_);
  const fs::path folder = new_project("good", shop());
  ASSERT_TRUE(npm(folder).install().ok());
  const auto lock = npm(folder).lock();
  registry_.tamper("libb", "1.0.0");
  for (const char* name : {"ci", "install"}) {
    const fs::path again = new_project(name, shop(), lock);
    const Outcome outcome =
        *name == 'c' ? npm(again).clean_install() : npm(again).install();
    EXPECT_EQ(outcome.is, Is::tampered);
    EXPECT_THAT(outcome.why, HasSubstr("node_modules/libb"));
    EXPECT_FALSE(fs::exists(again / "node_modules/libb"));
  }
}

TEST_F(InstallerTest, LeavesOutWhatIsOptionalAndForAnotherSystem) {
  registry_.publish("mac", "1.0.0", {.os = {"darwin"}});
  const fs::path optional =
      new_project("optional", {.name = "app", .optional = {{"mac", "*"}}});
  EXPECT_TRUE(npm(optional).install().ok());
  EXPECT_THAT(tree_of(optional), IsEmpty());
  EXPECT_EQ(npm(optional).lock()->packages.size(), 1u);
  EXPECT_TRUE(npm(optional, "darwin").install().ok());
  EXPECT_EQ(tree_of(optional).size(), 1u);

  const fs::path required =
      new_project("required", {.name = "app", .dependencies = {{"mac", "*"}}});
  EXPECT_EQ(npm(required).install().is, Is::wrong_system);
}

TEST_F(InstallerTest, SaysWhatIsNotThere) {
  registry_.publish("a", "1.0.0");
  const fs::path folder =
      new_project("gone", {.name = "app", .dependencies = {{"a", "1"}}});
  ASSERT_TRUE(npm(folder).install().ok());
  Lock lock = npm(folder).lock().value();
  lock.packages.at("node_modules/a").release.tarball = "http://elsewhere/a/-/a-9.tgz";
  npm(folder).write_lock(lock);
  EXPECT_EQ(npm(folder).clean_install().is, Is::not_there);
  lock.packages.at("node_modules/a").release.tarball = "nonsense";
  npm(folder).write_lock(lock);
  EXPECT_EQ(npm(folder).clean_install().is, Is::not_there);

  const fs::path conflict =
      new_project("conflict", {.name = "app", .dependencies = {{"a", "^2.0.0"}}});
  EXPECT_EQ(npm(conflict).install().is, Is::conflict);
  EXPECT_FALSE(fs::exists(conflict / "package-lock.json"));
}

TEST_F(InstallerTest, TellsWhichFileIsBroken) {
  const fs::path folder = new_project("broken", shop());
  std::ofstream(folder / "package.json") << "{";
  EXPECT_THROW((void)npm(folder).install(), lab::Error);
  std::ofstream(folder / "package.json") << R"({"name": "x", "dependencies": {"a": 1}})";
  EXPECT_THROW((void)npm(folder).install(), lab::Error);
  fs::remove(folder / "package.json");
  EXPECT_THROW((void)npm(folder).install(), lab::Error);
}

TEST_F(InstallerTest, SurvivesARegistryThatTalksNonsense) {
  for (const std::string body :
       {"", "{", "[]", "null", "{}", R"({"dist-tags": {}, "versions": {}})",
        R"({"dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {}}})",
        R"({"dist-tags": {"latest": 1}, "versions": []})"}) {
    lab::http::Server liar(
        [&](const lab::http::Request&, lab::http::Server::Reply reply) {
          reply({.body = body});
        });
    const fs::path folder =
        new_project("liar", {.name = "app", .dependencies = {{"a", "1"}}});
    Installer installer(folder, "127.0.0.1:" + std::to_string(liar.port()));
    EXPECT_THROW((void)installer.install(), lab::Error) << body;
    EXPECT_THAT(tree_of(folder), IsEmpty());
  }
}

TEST_F(InstallerTest, RefusesATarballThatIsNone) {
  const std::string bytes = "no tarball at all";
  lab::http::Server server(
      [&](const lab::http::Request&, lab::http::Server::Reply reply) {
        reply({.body = bytes});
      });
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  const Project project{.name = "app", .dependencies = {{"a", "1.0.0"}}};
  const Lock lock{.project = project,
                  .packages = {{"node_modules/a",
                                {{.version = "1.0.0",
                                  .tarball = "http://" + address + "/a.tgz",
                                  .integrity = integrity_of(bytes)}}}}};
  Installer installer(new_project("none", project, lock), address);
  EXPECT_THROW((void)installer.clean_install(), lab::Error);
}

TEST_F(InstallerTest, SaysThatTheRegistryIsAway) {
  Installer installer(new_project("away", shop()), "127.0.0.1:1");
  EXPECT_THROW((void)installer.install(), lab::Error);
}

TEST_F(InstallerTest, TheRegistryAnswersOddRequestsWith404) {
  publish_day_one(registry_);
  Installer installer = npm(new_project("odd", shop()));
  for (const char* path :
       {"/", "/nothing", "/libb/", "/libb/-/libb-9.9.9.tgz", "/libb/-/../../etc",
        "//libb", "/%00", "/libb/-/liba-1.0.0.tgz"})
    EXPECT_FALSE(installer.download(path)) << path;
  EXPECT_TRUE(installer.download("/libb"));
  EXPECT_EQ(registry_.downloads(), 0);
}

TEST(Integrity, IsTheSha512InBase64) {
  // FIPS 180-2, appendix C.1: "abc".
  EXPECT_EQ(integrity_of("abc"),
            "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/"
            "uu9RU1EI2Q86A4qmslPpUyknw==");
}

}  // namespace
}  // namespace lab09
