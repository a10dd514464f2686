// Lab 18 as a person runs it: with other settings, and beside data that is not its own.
#include <gmock/gmock.h>

#include "lab/core/program.hpp"
#include "lab/db/postgres.hpp"
#include "lab/db/postgres_server.hpp"
#include "lab/db/redis.hpp"
#include "lab/db/redis_server.hpp"
#include "support/own_run.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;
using testing::ElementsAre;
using testing::HasSubstr;

Played play_18(std::vector<std::string> flags,
               std::vector<std::pair<std::string, std::string>> env = {}) {
  flags.emplace_back("--quick");
  return play("18_caching", std::move(flags), std::move(env));
}

void proves_all_with(std::vector<std::string> flags) {
  const Played played = play_18(std::move(flags));
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 8u);
}

TEST(CachingLab, ProvesItsClaimsWithTheSmallestSettings) {
  proves_all_with({"--callers", "2", "--load", "1", "--entries", "1"});
}

TEST(CachingLab, ProvesItsClaimsWithLargerSettings) {
  proves_all_with({"--callers", "120", "--load", "2", "--entries", "5000"});
}

TEST(CachingLab, CountsTheLoadsOfAStampede) {
  const Played played = play_18({"--scene", "stampede", "--callers", "7"});
  EXPECT_THAT(played.table("Loads of the database").rows,
              ElementsAre(Cells{"each for itself", "7", "0", "7"},
                          Cells{"one load for all", "7", "0", "1"},
                          Cells{"one load, and it fails", "0", "7", "1"},
                          Cells{"the next caller", "1", "0", "1"},
                          Cells{"stale while one reloads", "7", "0", "1"}));
}

// In services that somebody else uses too it leaves no table, and only keys that expire.
TEST(CachingLab, LeavesSomebodyElsesDataAlone) {
  const OwnRun run;
  try {
    const lab::RedisServer redis;
    const lab::PostgresServer postgres({.always_own = true});
    lab::Redis(redis.url()).command({"SET", "theirs", "1"});
    const std::string host = postgres.url();
    const Played played =
        play_18({}, {{"LAB_REDIS_URL", redis.url()}, {"LAB_POSTGRES_URL", host}});
    EXPECT_EQ(played.exit.code, 0) << played.exit.err;
    EXPECT_EQ(lab::Postgres(host)
                  .query("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'lab18%'")
                  .number(),
              0);
    EXPECT_EQ(lab::Redis(redis.url()).command({"GET", "theirs"}), "1");
    EXPECT_EQ(
        lab::Redis(redis.url())
            .command({"EVAL",
                      "local kept = 0 for _, key in ipairs(redis.call('KEYS', '*')) do "
                      "if redis.call('PTTL', key) < 0 then kept = kept + 1 end end "
                      "return kept",
                      "0"}),
        "1")
        << "theirs is the only one that stays";
  } catch (const lab::Absent& absent) {
    GTEST_SKIP() << absent.what();
  }
}

TEST(CachingLab, SaysWhatIsMissing) {
  const lab::Exit exit = play_18({}, {{"PATH", "/nowhere"}}).exit;
  EXPECT_EQ(exit.code, 77);
  EXPECT_THAT(exit.err, HasSubstr("redis-server"));
}

TEST(CachingLab, TellsWhenItsServiceIsNotThere) {
  const lab::Exit exit = play_18({}, {{"LAB_REDIS_URL", "redis://127.0.0.1:1"}}).exit;
  EXPECT_EQ(exit.code, 1);
  EXPECT_THAT(exit.err, HasSubstr("LAB_REDIS_URL"));
}

TEST(CachingLab, RefusesACacheWithoutRoom) {
  const lab::Exit exit = play_18({"--entries", "0"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.err, HasSubstr("entries"));
}

}  // namespace
