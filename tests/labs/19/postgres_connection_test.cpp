// What one borrower leaves in a session of a real server, as the next borrower sees it.
#include "postgres_connection.hpp"

#include <gmock/gmock.h>

#include "lab/db/postgres_server.hpp"
#include "support/own_run.hpp"

namespace lab19 {
namespace {

using namespace std::chrono_literals;
using Statements = std::vector<std::string>;

class PostgresSession : public testing::Test {
 protected:
  // Both borrow from a pool of one. What the first does may fail.
  std::string second_sees(const Statements& first_does, const std::string& asks) {
    ConnectionPool pool({.size = 1}, to_postgres(server_.url()));
    {
      const Lease first = pool.acquire(30s).value();
      backend_ = first->backend();
      for (const std::string& statement : first_does) {
        try {
          first->query(statement);
        } catch (const lab::PostgresError&) {
          ++errors_;
        }
      }
    }
    const Lease second = pool.acquire(30s).value();
    same_connection_ = second->backend() == backend_;
    return second->query(asks);
  }

  const lab::test::OwnRun run_;
  const lab::PostgresServer server_{{.always_own = true}};
  int backend_ = 0;
  int errors_ = 0;
  bool same_connection_ = false;
};

TEST_F(PostgresSession, IsAsNewForTheNextBorrowerWhateverTheLastOneLeft) {
  const std::string kTemp = "SELECT count(*) FROM pg_class WHERE relpersistence = 't'";
  const std::string kLocks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
  const std::string kMemory = "SHOW work_mem";
  const std::string memory = PostgresConnection(server_.url()).query(kMemory);
  struct Case {
    Statements does;
    std::string asks, sees;
  };
  for (const Case& one : std::initializer_list<Case>{
           {{"SET work_mem = '77MB'"}, kMemory, memory},
           {{"/* SELECT */ SET work_mem = '77MB'"}, kMemory, memory},
           {{"SELECT set_config('work_mem', '77MB', false)"}, kMemory, memory},
           {{"WITH x AS (SELECT set_config('work_mem', '77MB', false)) TABLE x"},
            kMemory,
            memory},
           {{"DO $$ BEGIN SET work_mem = '77MB'; END $$"}, kMemory, memory},
           {{"BEGIN", "SET work_mem = '77MB'", "COMMIT"}, kMemory, memory},
           {{"SELECT 1; SET work_mem = '77MB'; SELECT 2"}, kMemory, memory},
           {{"SET ROLE pg_read_all_data"}, "SELECT current_user = session_user", "t"},
           {{"CREATE TEMP TABLE t (a int)"}, kTemp, "0"},
           {{"CREATE TEMP TABLE t AS SELECT 1"}, kTemp, "0"},
           {{"SELECT 1 AS a INTO TEMP t"}, kTemp, "0"},
           {{"CREATE TEMP SEQUENCE s"}, kTemp, "0"},
           {{"BEGIN", "CREATE TEMP TABLE t AS SELECT 1"}, kTemp, "0"},
           {{"PREPARE p AS SELECT 1"},
            "SELECT count(*) FROM pg_prepared_statements",
            "0"},
           {{"LISTEN channel"}, "SELECT count(*) FROM pg_listening_channels()", "0"},
           {{"SELECT pg_advisory_lock(1)"}, kLocks, "0"},
           {{"BEGIN", "SELECT pg_advisory_xact_lock(1)"}, kLocks, "0"},
           {{"BEGIN", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "COMMIT"},
            "SELECT count(*) FROM pg_cursors WHERE name = 'c'",
            "0"},
           {{"BEGIN"}, "SELECT now() = statement_timestamp()", "t"},
           {{"BEGIN", "SELECT nonsense"}, "SELECT 1", "1"},
           {{"BEGIN", "COMMIT AND CHAIN"}, "SELECT now() = statement_timestamp()", "t"},
       }) {
    EXPECT_EQ(second_sees(one.does, one.asks), one.sees) << one.does.back();
    EXPECT_TRUE(same_connection_) << one.does.back();
  }
}

TEST_F(PostgresSession, KeepsTheConnectionAfterAnEmptyQuery) {
  for (const char* empty : {"", ";", " -- only a comment", ";;"}) {
    EXPECT_EQ(PostgresConnection(server_.url()).query(empty), "") << empty;
    EXPECT_EQ(second_sees({empty}, "SELECT 1"), "1") << empty;
    EXPECT_TRUE(same_connection_) << empty;
  }
  EXPECT_EQ(errors_, 0);
}

TEST_F(PostgresSession, IsGivenUpWhenItIsLeftInTheMiddleOfACopy) {
  for (const char* copy : {"COPY (SELECT generate_series(1, 100000)) TO STDOUT",
                           "CREATE TABLE IF NOT EXISTS t (a int); COPY t FROM STDIN"}) {
    EXPECT_EQ(second_sees({copy}, "SELECT 1"), "1") << copy;
    EXPECT_FALSE(same_connection_) << copy;
  }
  EXPECT_EQ(errors_, 2);
}

TEST_F(PostgresSession, IsGivenUpWhenItCannotBeReset) {
  EXPECT_EQ(second_sees({"SELECT pg_terminate_backend(pg_backend_pid())"}, "SELECT 1"),
            "1");
  EXPECT_FALSE(same_connection_);
}

TEST_F(PostgresSession, CostsNothingForABorrowerThatAskedNothing) {
  PostgresConnection connection(server_.url());
  PostgresConnection other(server_.url());
  const std::string last = "SELECT query FROM pg_stat_activity WHERE pid = " +
                           std::to_string(connection.backend());
  connection.query("SELECT 'mine'");
  EXPECT_TRUE(connection.reset());
  EXPECT_EQ(other.query(last), "DISCARD ALL");
  EXPECT_TRUE(connection.ping());
  EXPECT_TRUE(connection.reset()) << "a ping is the pool's own";
  EXPECT_EQ(other.query(last), "SELECT 1");
}

}  // namespace
}  // namespace lab19
