// The app as a process, in namespaces, and in podman's containers.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "lab/core/error.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"
#include "world/container.hpp"

namespace {

namespace fs = std::filesystem;
using namespace lab29;
using By = Containers::By;
using testing::ContainsRegex;
using testing::MatchesRegex;

TEST(NumberOf, ReadsWhatIsNothingButANumber) {
  EXPECT_EQ(number_of("0"), 0);
  EXPECT_EQ(number_of("6454242"), 6454242);
  for (const char* told : {"", " 1", "1 ", "137\n", "-1", "+1", "0x10", "12abc", "1e3",
                           "99999999999999999999999", "Error: no such container"})
    EXPECT_THROW(number_of(told), lab::Error) << told;
  EXPECT_THROW(number_of(std::string_view("1\0", 2)), lab::Error);
  EXPECT_THROW(number_of(std::string(1 << 20, '9')), lab::Error);
}

TEST(Page, ShowsLinesOfTheManifestThatIsPlayed) {
  const auto text_of = [](const char* file) {
    std::ifstream stream(lab::test::source("labs/29_deployment/") + file);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  const std::string page = text_of("README.md"),
                    manifest = text_of("image/deployment.yaml");
  const auto from = page.find("```yaml\n");
  ASSERT_NE(from, page.npos);
  std::istringstream shown(page.substr(from + 8, page.find("```", from + 8) - from - 8));
  for (std::string line; std::getline(shown, line);)
    EXPECT_THAT(manifest, testing::HasSubstr(line + "\n"));
}

class ContainersTest : public testing::Test {
 protected:
  const lab::test::OwnRun run_{};
};

TEST_F(ContainersTest, AProcessWithoutAHandlerDiesOfSigterm) {
  Containers process(By::process);
  const Served served = process.serve("nothing");
  EXPECT_EQ(served.code, 143);
  EXPECT_THAT(served.greeting, MatchesRegex("v1 [0-9][0-9]+ [^ ]+\n"));
  EXPECT_EQ(process.fill(), 0);
}

TEST_F(ContainersTest, AProcessWithAHandlerEndsByItself) {
  EXPECT_EQ(Containers(By::process).serve("drain").code, 0);
}

TEST_F(ContainersTest, ThePidOneOfNamespacesIgnoresSigtermUnlessItHandlesIt) {
  if (!Containers::namespaces_allowed()) GTEST_SKIP() << "no namespaces for this user";
  Containers box(By::namespaces);
  const Served bare = box.serve("nothing");
  EXPECT_EQ(bare.code, 137);
  EXPECT_EQ(bare.greeting, "v1 1 box\n");
  EXPECT_EQ(box.serve("drain").code, 0);
}

TEST_F(ContainersTest, ALimitByHandKillsOrIsNotThere) {
  if (!Containers::namespaces_allowed()) GTEST_SKIP() << "no namespaces for this user";
  EXPECT_EQ(Containers(By::namespaces).fill().value_or(137), 137);
}

class RealContainers : public ContainersTest {
 protected:
  void SetUp() override {
    const std::string missing = Containers::why_no_podman();
    if (!missing.empty()) GTEST_SKIP() << missing;
    podman_.emplace(By::podman);
    image_ = podman_->build("1");
  }

  std::optional<Containers> podman_{};
  Image image_{};
};

TEST_F(RealContainers, ThePidOneOfAContainerIgnoresSigtermUnlessItHandlesIt) {
  const Served bare = podman_->serve("nothing");
  EXPECT_EQ(bare.code, 137);
  EXPECT_THAT(bare.greeting, MatchesRegex("v1 1 [0-9a-f]+"));
  const Served handler = podman_->serve("drain");
  EXPECT_EQ(handler.code, 0);
  EXPECT_NE(handler.greeting, bare.greeting);  // a host name of its own
}

TEST_F(RealContainers, AnInitPassesSigtermOn) {
  const Served served = podman_->serve("nothing", true);
  EXPECT_EQ(served.code, 143);
  EXPECT_THAT(served.greeting, MatchesRegex("v1 [^1] [0-9a-f]+"));
}

TEST_F(RealContainers, AreKilledAtTheirMemoryLimit) {
  EXPECT_EQ(podman_->fill(), 137);
}

TEST_F(RealContainers, AnotherBuildOfTheAppKeepsTheLayerOfTheLibraries) {
  const Image next = podman_->build("the next one");
  EXPECT_EQ(next.base, image_.base);
  EXPECT_THAT(next.base, MatchesRegex("sha256:[0-9a-f]+"));
  const auto size = static_cast<long>(fs::file_size(app_file("app")));
  EXPECT_GE(next.app, size);
  EXPECT_LT(next.app, size + 16'384);
  EXPECT_GT(next.bytes, next.app);
}

// The manifest that the page shows.
TEST_F(RealContainers, PodmanPlaysTheDeploymentAndTakesItDown) {
  const auto [running, left] = podman_->play(app_file("deployment.yaml"));
  EXPECT_EQ(running, 3);
  EXPECT_EQ(left, 0);
}

TEST_F(RealContainers, AManifestThatIsNoneIsRefused) {
  const fs::path file = fs::path(run_.folder()) / "hostile.yaml";
  for (const char* text : {"", "kind: [", "kind: Deployment\nspec: 3\n", "\x01\x02\xff",
                           "apiVersion: v1\nkind: Pod\nmetadata: {name: '../..'}\n"}) {
    std::ofstream(file) << text;
    EXPECT_THROW(podman_->play(file), lab::Error) << text;
  }
}

TEST_F(RealContainers, LeaveNothingBehind) {
  const auto what_there_is = [] {
    return lab::Child::run({"sh", "-c",
                            "ls -d /run/runc /run/libpod /dev/shm/libpod_lock 2>&1;"
                            "find /sys/fs/cgroup -name underloop-29-" +
                                std::to_string(getpid())})
        .wait()
        .out;
  };
  const std::string during = what_there_is();
  podman_->serve("drain");
  EXPECT_NE(what_there_is(), during);
  podman_.reset();
  EXPECT_EQ(what_there_is(), during);
}

}  // namespace
