// The real npm, as a client of the lab's registry: it must do what our installer does, and
// write what ours writes.
//
// npm takes about a second for each call, and several on a busy machine: so few calls.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "installer.hpp"
#include "lab/core/error.hpp"
#include "lab/os/process.hpp"
#include "support/own_run.hpp"
#include "support/played.hpp"
#include "world/projects.hpp"

namespace lab09 {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

std::string read(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class BesideNpm : public lab::test::BesideNode {
 protected:
  lab::Exit npm(const fs::path& folder, std::vector<std::string> args) {
    args.insert(args.begin(), "npm");
    for (const std::string& flag :
         {std::string("--registry"), "http://" + registry_.address(),
          std::string("--cache"), (folder / ".cache").string(),
          std::string("--userconfig"), std::string("/dev/null"),
          std::string("--no-audit"), std::string("--no-fund"),
          std::string("--no-update-notifier"), std::string("--fetch-retries=0")})
      args.push_back(flag);
    lab::Child child =
        lab::Child::run(args, {.deadline = 110s, .folder = folder.string()});
    return child.wait();
  }
  Installer ours(const fs::path& folder) { return {folder, registry_.address()}; }

  const lab::test::OwnRun run_;
  LocalRegistry registry_;
};

TEST_F(BesideNpm, BothWriteTheSameLockByteForByte) {
  publish_day_one(registry_);
  registry_.publish("fast-linux", "1.0.0", {.os = {"linux"}});
  registry_.publish("fast-macos", "1.0.0", {.os = {"darwin"}});
  registry_.publish("tagged", "1.0.0");
  registry_.publish("tagged", "1.1.0");
  registry_.publish("tagged", "1.2.0", {.tag_latest = false});
  registry_.publish("deep", "1.0.0",
                    {.dependencies = {{"libc", "*"}, {"libb", "2.0.0"}},
                     .optional = {{"fast-linux", "*"}}});
  Project project = shop();
  project.dependencies["deep"] = "~1.0";
  project.dependencies["tagged"] = "^1.0.0";
  project.optional = {{"fast-linux", "^1.0.0"}, {"fast-macos", "^1.0.0"}};

  const fs::path theirs = new_project("theirs", project);
  const lab::Exit exit = npm(theirs, {"install"});
  ASSERT_EQ(exit.code, 0) << exit.err;
  const fs::path mine = new_project("mine", project);
  ASSERT_TRUE(ours(mine).install().ok());
  EXPECT_EQ(read(mine / "package-lock.json"), read(theirs / "package-lock.json"));
  EXPECT_EQ(tree_of(mine), tree_of(theirs));
  EXPECT_EQ(hash_of_tree(mine), hash_of_tree(theirs));
}

// Later: new releases, a stray package, and npm obeys a lock that we have written.
TEST_F(BesideNpm, NpmCiObeysOurLock) {
  publish_day_one(registry_);
  const fs::path mine = new_project("mine", shop());
  ASSERT_TRUE(ours(mine).install().ok());
  registry_.publish("libb", "1.1.0");
  registry_.publish("liba", "1.0.5", {.dependencies = {{"libb", "^1.0.0"}}});

  const fs::path theirs = new_project("theirs", shop(), ours(mine).lock());
  fs::create_directories(theirs / "node_modules/stray");
  std::ofstream(theirs / "node_modules/stray/package.json") << R"({"version": "9.9.9"})";
  const lab::Exit exit = npm(theirs, {"ci"});
  ASSERT_EQ(exit.code, 0) << exit.err;
  EXPECT_EQ(hash_of_tree(theirs), hash_of_tree(mine));
  EXPECT_EQ(read(theirs / "package-lock.json"), read(mine / "package-lock.json"));
}

TEST_F(BesideNpm, NpmCiRefusesDriftAndNpmInstallRewritesTheLockAsOursDo) {
  publish_day_one(registry_);
  const fs::path first = new_project("first", shop());
  ASSERT_TRUE(ours(first).install().ok());
  const auto lock = ours(first).lock();
  registry_.publish("liba", "2.0.0", {.dependencies = {{"libb", "^1.0.0"}}});
  registry_.publish("libb", "1.1.0");
  Project changed = shop();
  changed.dependencies["liba"] = "^2.0.0";

  const fs::path theirs = new_project("theirs", changed, lock);
  const lab::Exit refused = npm(theirs, {"ci"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("EUSAGE"));
  EXPECT_TRUE(tree_of(theirs).empty());
  ASSERT_EQ(npm(theirs, {"install"}).code, 0);

  const fs::path mine = new_project("mine", changed, lock);
  EXPECT_EQ(ours(mine).clean_install().is, Outcome::Is::drifted);
  ASSERT_TRUE(ours(mine).install().ok());
  EXPECT_EQ(read(mine / "package-lock.json"), read(theirs / "package-lock.json"));
  EXPECT_EQ(tree_of(mine), tree_of(theirs));
}

TEST_F(BesideNpm, NpmCiRefusesATamperedTarballAsOursDoes) {
  publish_day_one(registry_);
  const fs::path first = new_project("first", shop());
  ASSERT_TRUE(ours(first).install().ok());
  const auto lock = ours(first).lock();
  registry_.tamper("libb", "1.0.0");
  const fs::path theirs = new_project("theirs", shop(), lock);
  const lab::Exit refused = npm(theirs, {"ci"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("EINTEGRITY"));
  EXPECT_EQ(ours(new_project("mine", shop(), lock)).clean_install().is,
            Outcome::Is::tampered);
}

// The twin tells in words what the scenes show.
TEST_F(BesideNpm, TheTwinTellsWhatTheScenesShow) {
  const auto npm_says = lab::test::twin("09_lockfile", {.deadline = 170s});
  const auto played = lab::test::play("09_lockfile", {"--quick"});
  const auto later = played.table("Day one, and later").rows;
  const auto libb =
      std::ranges::find(later, "libb", [](const auto& row) { return row[0]; });
  ASSERT_NE(libb, later.end());
  EXPECT_EQ(npm_says.at("with the lock"), "libb " + (*libb)[2] + ", lockfile unchanged");
  EXPECT_EQ(npm_says.at("without"), "libb " + (*libb)[3]);
  EXPECT_EQ(npm_says.at("npm ci, only package.json changed"), "EUSAGE, liba none");
  EXPECT_EQ(npm_says.at("npm install, only package.json changed"),
            "liba 2.0.0, lockfile rewritten");
  EXPECT_EQ(npm_says.at("npm ci, the tarball was replaced"), "EINTEGRITY");
  const auto ours = played.rows();
  EXPECT_EQ(ours.at("only package.json changed"),
            "rewrites the lockfile > refused: drift");
  EXPECT_EQ(ours.at("^1.0.0, latest is 1.1.0"), npm_says.at("^1.0.0, latest is 1.1.0"));
}

}  // namespace
}  // namespace lab09
