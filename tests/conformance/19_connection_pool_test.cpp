// The lab and pg.Pool on the same server: the same answers, and what pg.Pool leaves.
#include <gmock/gmock.h>

#include "lab/db/postgres_server.hpp"
#include "support/own_run.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;

class PgPool : public BesideNode {
 protected:
  PgPool() : BesideNode("pg") {}

  // One cell of a table that a scene of the lab shows.
  std::string cell(const std::string& scene, const std::string& table,
                   const std::string& row, std::size_t column) const {
    const Played played =
        play("19_connection_pool", {"--quick", "--scene", scene}, {at_server()});
    EXPECT_EQ(played.exit.code, 0) << played.exit.err;
    for (const Cells& cells : played.table(table).rows) {
      if (cells[0] == row) return cells.at(column);
    }
    return "no row " + row;
  }
  Rows node() const { return twin("19_connection_pool", {.env = {at_server()}}); }

 private:
  std::pair<std::string, std::string> at_server() const {
    return {"LAB_POSTGRES_URL", server_.url()};
  }

  const OwnRun run_;
  const lab::PostgresServer server_{{.always_own = true}};
};

TEST_F(PgPool, HasTheSameAnswersAsTheLab) {
  Rows node = this->node();
  const std::string queries = "30 queries, and the processes that served them";
  EXPECT_EQ(node["100 queries, one after the other"],
            cell("reuse", queries, "one after the other, a pool", 1) + " process");
  const Played waves = play("19_connection_pool", {"--quick", "--scene", "waves"});
  EXPECT_EQ(
      node["40 queries at once, a pool of 10"],
      waves.table("40 queries of 100 ms, a pool of 10").rows.at(0).at(0) + " in line");
  EXPECT_EQ(node["BEGIN on one, INSERT on another, ROLLBACK"],
            cell("transactions", "BEGIN, INSERT, ROLLBACK", "another connection", 1) +
                " row left");
}

// A borrower of a pool that is all lent gives up in both, after the time that it said.
TEST_F(PgPool, GivesUpAsTheLabDoes) {
  EXPECT_EQ(node()["two clients never released, the third"],
            "timeout exceeded when trying to connect");
  EXPECT_EQ(cell("nested", "A second connection while holding one", "4", 1), "0");
}

TEST_F(PgPool, LeavesTheSessionAsItWasWhereTheLabsPoolCleansIt) {
  const std::string table = "What the next borrower gets";
  EXPECT_EQ(node()["SET statement_timeout, the next borrower's"],
            cell("next-borrower", table, "SET statement_timeout", 1));
  EXPECT_EQ(cell("next-borrower", table, "SET statement_timeout", 2), "0");
}

}  // namespace
