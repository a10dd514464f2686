// pg.Pool on the same server shows what the lab's scenes show.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "lab/postgres_server.hpp"
#include "lab/process.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class PgPool : public testing::Test {
 protected:
  PgPool() {
    std::string pattern = fs::temp_directory_path() / "labtest.XXXXXX";
    tmp_ = mkdtemp(pattern.data());
    setenv("TMPDIR", tmp_.c_str(), 1);
    const std::string run = "/underloop-" + std::to_string(geteuid()) + "/run";
    setenv("LAB_RUN_DIR", (tmp_ + run).c_str(), 1);
  }
  ~PgPool() override {
    unsetenv("TMPDIR");
    unsetenv("LAB_RUN_DIR");
    fs::remove_all(tmp_);
  }
  std::string tmp_;
};

TEST_F(PgPool, TheTwinOfTheLabSeesWhatTheLabSees) {
  if (!fs::exists(LAB_SOURCE_DIR "/tests/conformance/node_modules/pg")) {
    GTEST_SKIP() << "npm ci --prefix tests/conformance";
  }
  const lab::PostgresServer server({.always_own = true});
  lab::Child node =
      lab::Child::run({"node", LAB_SOURCE_DIR "/labs/19_connection_pool/node.mjs"},
                      {.deadline = 30s, .env = {{"LAB_POSTGRES_URL", server.url()}}});
  const lab::Exit& exit = node.wait();
  ASSERT_TRUE(exit.ok()) << exit.err;
  EXPECT_EQ(exit.out,
            "100 queries, one after the other: 1 process\n"
            "40 queries at once, a pool of 10: 30 in line\n"
            "BEGIN on one, INSERT on another, ROLLBACK: 1 row left\n"
            "two clients never released, the third: timeout exceeded when trying to "
            "connect\n");
}

}  // namespace
