// pg.Pool on the same server shows what the lab's scenes show.
#include "../support/own_run.hpp"
#include "../support/played.hpp"
#include "lab/postgres_server.hpp"

namespace {

using namespace lab::test;

class PgPool : public BesideNode {
 protected:
  PgPool() : BesideNode("pg") {}

 private:
  OwnRun run_;
};

TEST_F(PgPool, TheTwinOfTheLabSeesWhatTheLabSees) {
  const lab::PostgresServer server({.always_own = true});
  const Rows expected{{"100 queries, one after the other", "1 process"},
                      {"40 queries at once, a pool of 10", "30 in line"},
                      {"BEGIN on one, INSERT on another, ROLLBACK", "1 row left"},
                      {"two clients never released, the third",
                       "timeout exceeded when trying to connect"}};
  EXPECT_EQ(twin("19_connection_pool", {.env = {{"LAB_POSTGRES_URL", server.url()}}}),
            expected);
}

}  // namespace
