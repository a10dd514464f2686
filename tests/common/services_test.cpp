// Redis and PostgreSQL of a run's own: real servers, and addresses that lead nowhere.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "../support/own_run.hpp"
#include "fake_service.hpp"
#include "lab/postgres.hpp"
#include "lab/postgres_server.hpp"
#include "lab/program.hpp"
#include "lab/redis.hpp"
#include "lab/redis_server.hpp"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Services : public testing::Test {
 protected:
  const lab::test::OwnRun run_;
  const std::string& tmp_ = run_.folder();
};

template <class Make>
std::string message_of(const Make& make) try {
  make();
  return "it did not throw";
} catch (const lab::Absent&) {
  throw;
} catch (const lab::Error& error) {
  return error.what();
}

TEST_F(Services, OwnRedisAnswersAndIsGoneWithItsObject) {
  pid_t pid = 0;
  {
    const lab::RedisServer server;
    pid = server.pid();
    EXPECT_TRUE(server.ours());
    lab::Redis redis(server.url());
    EXPECT_EQ(redis.command({"INCR", "n"}), "1");
    EXPECT_EQ(redis.command({"GET", "nothing"}), "");
    EXPECT_THROW(redis.command({"INCR"}), lab::Error);
    EXPECT_EQ(redis.command({"INCR", "n"}), "2") << "an error ends no connection";
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(Services, OwnPostgresAnswersAndIsGoneWithItsObject) {
  pid_t pid = 0;
  {
    const lab::PostgresServer server({.max_connections = 12});
    pid = server.pid();
    lab::Postgres postgres(server.url());
    EXPECT_EQ(postgres.query("SHOW max_connections").number(), 12);
    EXPECT_EQ(postgres.query("SELECT $1::int + 1", {"41"}).number(), 42);
    EXPECT_TRUE(postgres.query("SELECT NULL").is_null(0));
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(Services, OwnPostgresNeedsNoFolderThatOthersMayEnter) {
  const lab::PostgresServer server;
  fs::path dir = server.url().substr(5, server.url().find(' ') - 5);
  for (dir = dir.parent_path(); dir.native().size() >= tmp_.size();
       dir = dir.parent_path()) {
    EXPECT_EQ(
        fs::status(dir).permissions() & (fs::perms::group_all | fs::perms::others_all),
        fs::perms::none)
        << dir;
  }
}

TEST_F(Services, TwoOfEachRunSideBySide) {
  const lab::RedisServer redis_one, redis_two;
  EXPECT_NE(redis_one.url(), redis_two.url());
  const lab::PostgresServer one, two;
  lab::Postgres(one.url()).query("CREATE TABLE only_here (i int)");
  lab::Postgres other(two.url());
  try {
    other.query("SELECT * FROM only_here");
    ADD_FAILURE() << "they share a table";
  } catch (const lab::PostgresError& error) {
    EXPECT_EQ(error.state(), "42P01");
  }
}

TEST_F(Services, AGivenAddressIsUsedAsItIs) {
  const lab::RedisServer redis;
  const lab::PostgresServer postgres;
  setenv("LAB_REDIS_URL", redis.url().c_str(), 1);
  setenv("LAB_POSTGRES_URL", postgres.url().c_str(), 1);
  EXPECT_FALSE(lab::RedisServer().ours());
  EXPECT_FALSE(lab::PostgresServer().ours());
  EXPECT_TRUE(lab::PostgresServer({.always_own = true}).ours());
}

TEST_F(Services, AWrongAddressIsToldInOneLineWithoutItsPassword) {
  const FakeService http("HTTP/1.1 400 Bad Request\r\n\r\n"),
      garbage("\x1b[2J\xff\xfe\r\n");
  const std::vector<std::string> redis = {"garbage",
                                          "redis://",
                                          "redis://:secret@127.0.0.1:1",
                                          "redis://h:99999",
                                          "unix://",
                                          "unix:///nowhere/s",
                                          "redis://" + http.place(),
                                          "rediss://",
                                          "redis://" + garbage.place()};
  for (const std::string& url : redis) {
    setenv("LAB_REDIS_URL", url.c_str(), 1);
    const std::string said = message_of([] { const lab::RedisServer server; });
    EXPECT_TRUE(said.starts_with("LAB_REDIS_URL: ")) << said;
    EXPECT_THAT(said, Not(HasSubstr("\n")));
    EXPECT_THAT(said, Not(HasSubstr("secret")));
  }
  const std::vector<std::string> postgres = {"garbage",
                                             "host=/nowhere",
                                             "postgres://u:secret@127.0.0.1:1/d",
                                             "postgres://[",
                                             "a=b",
                                             "postgres://" + http.place(),
                                             "host=127.0.0.1 port=x",
                                             "postgres://" + garbage.place()};
  for (const std::string& url : postgres) {
    setenv("LAB_POSTGRES_URL", url.c_str(), 1);
    const std::string said = message_of([] { const lab::PostgresServer server; });
    EXPECT_TRUE(said.starts_with("LAB_POSTGRES_URL: ")) << said;
    EXPECT_THAT(said, Not(HasSubstr("\n")));
    EXPECT_THAT(said, Not(HasSubstr("secret")));
  }
}

TEST_F(Services, AConnectionKnowsThatItsServerIsGone) {
  std::optional<lab::PostgresServer> server(std::in_place);
  lab::Postgres postgres(server->url());
  EXPECT_FALSE(postgres.broken());
  server.reset();
  EXPECT_THROW(postgres.query("SELECT 1"), lab::PostgresError);
  EXPECT_TRUE(postgres.broken());
}

TEST(RedisAddress, ReadsEveryPart) {
  const auto at = lab::RedisAddress::parse("redis://ann:p@ss:w@box:7000/3");
  EXPECT_EQ(at.host, "box");
  EXPECT_EQ(at.port, 7000);
  EXPECT_EQ(at.user, "ann");
  EXPECT_EQ(at.password, "p@ss:w");
  EXPECT_EQ(at.database, 3);
  EXPECT_EQ(lab::RedisAddress::parse("redis://box").port, 6379);
  EXPECT_EQ(lab::RedisAddress::parse("redis://:pw@box").password, "pw");
  EXPECT_EQ(lab::RedisAddress::parse("unix:///tmp/s").socket, "/tmp/s");
}

}  // namespace
