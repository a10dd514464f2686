// Redis and PostgreSQL of a run's own: real servers, and addresses that lead nowhere.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "fake_service.hpp"
#include "lab/core/program.hpp"
#include "lab/db/postgres.hpp"
#include "lab/db/postgres_server.hpp"
#include "lab/db/redis.hpp"
#include "lab/db/redis_server.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/run_dir.hpp"
#include "support/own_run.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
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
    redis.command({"RPUSH", "list", "a", "b"});
    EXPECT_EQ(redis.command({"LRANGE", "list", "0", "-1"}), "a\nb");
    EXPECT_EQ(redis.command({"LRANGE", "nothing", "0", "-1"}), "");
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
    EXPECT_THAT(said, Not(HasSubstr("\x1b"))) << "it would clear the screen";
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

TEST_F(Services, AnEmptyQueryIsNoErrorAndCopyIsOne) {
  const lab::PostgresServer server;
  lab::Postgres postgres(server.url());
  EXPECT_EQ(postgres.query("").count(), 0);
  EXPECT_FALSE(postgres.broken());
  EXPECT_THAT(message_of([&] { postgres.query("COPY (SELECT 1) TO STDOUT"); }),
              HasSubstr("COPY is not spoken here"));
  EXPECT_TRUE(postgres.broken()) << "its rows are still to come";
}

// A host that takes the connection and says nothing. libpq's least patience is 2 s.
TEST_F(Services, APostgresThatSaysNothingIsWaitedForNoLongerThanToldAlsoWithoutPatience) {
  const lab::Descriptor silent = lab::loopback::listen();
  const std::string url =
      "postgres://u@127.0.0.1:" + std::to_string(lab::loopback::port_of(silent)) + "/d";
  EXPECT_THAT(message_of([&] { lab::Postgres(url, 0s); }), HasSubstr("timeout"));
}

TEST_F(Services, APatienceThatLastsForEverIsOneThatLibpqTakes) {
  const lab::PostgresServer server;
  for (const lab::TimeSpan patience :
       {lab::TimeSpan(std::chrono::seconds::max()), lab::TimeSpan(std::chrono::hours(1)),
        lab::TimeSpan(-1s)})
    EXPECT_EQ(lab::Postgres(server.url(), patience).query("SELECT 1").number(), 1);
}

TEST_F(Services, PostgresTellsItsRowsItsBackendAndWhetherATransactionIsOpen) {
  const lab::PostgresServer server;
  lab::Postgres postgres(server.url());
  const auto rows = postgres.query("VALUES (1, 'a'), (2, NULL)");
  EXPECT_EQ(rows.count(), 2);
  EXPECT_EQ(rows.number(1, 0), 2);
  EXPECT_EQ(rows.text(0, 1), "a");
  EXPECT_FALSE(rows.is_null(0, 1));
  EXPECT_TRUE(rows.is_null(1, 1));
  EXPECT_EQ(postgres.query("SELECT pg_backend_pid()").number(), postgres.backend_pid());
  EXPECT_FALSE(postgres.in_transaction());
  postgres.query("BEGIN");
  EXPECT_TRUE(postgres.in_transaction());
  EXPECT_THROW(postgres.query("SELECT 1 / 0"), lab::PostgresError);
  EXPECT_TRUE(postgres.in_transaction()) << "it has failed, and is still open";
  EXPECT_FALSE(postgres.broken());
  postgres.query("ROLLBACK");
  EXPECT_FALSE(postgres.in_transaction());
}

// A pool has to tell this from a wrong password: it is worth another try.
TEST_F(Services, PostgresHasAStateForWhoComesWhenItIsFull) {
  const lab::PostgresServer server({.max_connections = 5});
  std::vector<lab::Postgres> all;
  std::string state;
  while (state.empty() && all.size() < 10) {
    try {
      all.emplace_back(server.url());
    } catch (const lab::PostgresError& error) {
      state = error.state();
    }
  }
  EXPECT_EQ(state, "53300");
  EXPECT_EQ(all.size(), 5u);
  const std::string nowhere = "host=127.0.0.1 port=1 user=u dbname=d";
  try {
    const lab::Postgres none(nowhere);
    ADD_FAILURE() << "it is there";
  } catch (const lab::PostgresError& error) {
    EXPECT_EQ(error.state(), "");
  }
}

TEST_F(Services, ARedisThatSaysNothingIsWaitedForNoLongerThanTold) {
  const lab::Descriptor silent = lab::loopback::listen();
  const std::string place = "127.0.0.1:" + std::to_string(lab::loopback::port_of(silent));
  EXPECT_THAT(message_of([&] { lab::Redis("redis://" + place, 50ms); }),
              testing::StartsWith("connect to Redis at " + place + ": PING: "));
  EXPECT_THAT(message_of([&] { lab::Redis("redis://" + place, 1100ms); }),
              HasSubstr("PING"));
}

TEST_F(Services, RedisLetsInWhoHasThePasswordAndServesTheDatabaseOfTheAddress) {
  const lab::RedisServer server;
  lab::Redis inside(server.url());
  inside.command({"ACL", "SETUSER", "ann", "on", ">hers", "~*", "&*", "+@all"});
  inside.command({"ACL", "SETUSER", "default", "resetpass", ">secret"});
  const TcpDoor door(server.url().substr(std::string("unix://").size()));
  const auto at = [&](const std::string& who, const std::string& database = "") {
    return "redis://" + who + door.place() + database;
  };
  lab::Redis(at(":secret@", "/3")).command({"SET", "in", "three"});
  EXPECT_EQ(lab::Redis(at("ann:hers@", "/3")).command({"GET", "in"}), "three");
  EXPECT_EQ(lab::Redis(at("ann:hers@")).command({"GET", "in"}), "");
  for (const char* who : {"", ":wrong@", "ann:secret@"}) {
    const std::string why = message_of([&] { lab::Redis redis(at(who)); });
    EXPECT_THAT(why, testing::StartsWith("connect to Redis at " + door.place()));
    EXPECT_THAT(why, Not(HasSubstr("secret")));
  }
}

TEST_F(Services, AFolderThatIsTooDeepForASocketIsToldWithAWayOut) {
  setenv("LAB_RUN_DIR", (lab::run_dir() / std::string(90, 'x')).c_str(), 1);
  EXPECT_THAT(message_of([] { const lab::RedisServer server; }),
              HasSubstr("the path is too long (TMPDIR chooses another place)"));
}

TEST(RedisAddress, HasNoPortOrDatabaseBeyondTheirRange) {
  EXPECT_EQ(lab::RedisAddress::parse("redis://box:1").port, 1);
  EXPECT_EQ(lab::RedisAddress::parse("redis://box:65535").port, 65535);
  EXPECT_EQ(lab::RedisAddress::parse("redis://box/0").database, 0);
  EXPECT_EQ(lab::RedisAddress::parse("redis://box/65536").database, 65536);
  EXPECT_EQ(lab::RedisAddress::parse("redis://box/").database, 0);
  for (const char* wrong :
       {"redis://box:0", "redis://box:65536", "redis://box:-1",
        "redis://box:", "redis://box:7x", "redis://box/65537", "redis://box/-1",
        "redis://box/x", "redis://:7000", "redis:///1", "unix://tmp/s", "unix:/tmp/s"})
    EXPECT_THROW(lab::RedisAddress::parse(wrong), lab::Error) << wrong;
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
