// mistakes.cpp: what goes wrong with a pool, and what the pool does about it.
#include <fmt/format.h>

#include <atomic>
#include <filesystem>

#include "lab/core/error.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/crowd.hpp"

namespace lab19 {

namespace trace = lab::trace;
using lab::Picture;
using lab::Story;

namespace {

void arrow(const char* from, const std::string& what, const char* to) {
  const lab::EventId sent = trace::flow_out(what, {.lane = from});
  trace::flow_in(sent, what, {.lane = to});
}

void ask(const Lease& lease, const char* sql, const char* from) {
  arrow(from, sql, "table orders");
  lease->query(sql);
}

std::string rows_after_rollback(ConnectionPool& pool, bool same_connection) {
  pool.acquire(30s).value()->query("DROP TABLE IF EXISTS orders");
  pool.acquire(30s).value()->query("CREATE TABLE orders (id int)");
  {
    const Lease first = pool.acquire(30s).value();
    const Lease second = pool.acquire(30s).value();
    const auto& inserts = same_connection ? first : second;
    ask(first, "BEGIN", "connection 1");
    ask(inserts, "INSERT INTO orders VALUES (1)",
        same_connection ? "connection 1" : "connection 2");
    ask(first, "ROLLBACK", "connection 1");
  }
  const std::string left =
      pool.acquire(30s).value()->query("SELECT count(*) FROM orders");
  trace::instant(left + (left == "1" ? " row is left" : " rows are left"),
                 {.lane = "table orders"});
  return left;
}

}  // namespace

// Step 11: borrow one connection, use it for every statement, and give it back.
void transactions(Story& story, const Knobs&) {
  story.say(
      "BEGIN and ROLLBACK run on one connection, and an INSERT between them on another. "
      "The rollback should not cover the INSERT.");
  story.picture(Picture::sequence, {"connection 1", "connection 2", "table orders"});
  ConnectionPool pool({.size = 2}, to_postgres(server().url()));
  trace::instant("the INSERT is on another connection", {.lane = "case"});
  const std::string apart = rows_after_rollback(pool, false);
  trace::instant("all on one connection", {.lane = "case"});
  const std::string together = rows_after_rollback(pool, true);
  story.table({"BEGIN, INSERT, ROLLBACK",
               {"the INSERT is on", "rows left"},
               {{"another connection", apart}, {"the same connection", together}}});
  story.claim("19.3", apart == "1" && together == "0",
              "a rollback left {} row of an INSERT on another connection and {} on the "
              "same connection",
              apart, together);
  story.nuance(
      "19.3",
      "In Node pg.Pool is the pool; pg.Client is one connection. pool.query() may "
      "take another connection each time, so a transaction needs pool.connect().");
  story.takeaway(
      "Borrow one connection for the whole transaction and give it back in `finally`.");
}

namespace {

// What the second borrower of a pool of one finds of the first.
template <class First>
std::string second_after(const Config& config, First first, const std::string& asks) {
  ConnectionPool pool(config, to_postgres(server().url()));
  first(*pool.acquire(30s).value());
  try {
    return pool.acquire(30s).value()->query(asks);
  } catch (const lab::Error&) {
    return "an error";
  }
}

std::string after_set(const Config& config) {
  return second_after(
      config,
      [](Connection& connection) { connection.query("SET statement_timeout = '7s'"); },
      "SHOW statement_timeout");
}

// Inside a transaction, now() is when it began.
std::string after_begin(const Config& config) {
  return second_after(
      config, [](Connection& connection) { connection.query("BEGIN"); },
      "SELECT pg_sleep(0.001); SELECT CASE WHEN now() < statement_timestamp() "
      "THEN 'an open transaction' ELSE 'no transaction' END");
}

// It hides the table of the same name. To the server this is a SELECT.
std::string after_temp_table(const Config& config) {
  PostgresConnection(server().url())
      .query(
          "DROP TABLE IF EXISTS users; CREATE TABLE users AS SELECT 'the real table' AS "
          "it");
  return second_after(
      config,
      [](Connection& connection) {
        connection.query("CREATE TEMP TABLE users AS SELECT 'another''s table' AS it");
      },
      "SELECT it FROM users");
}

// The server ends the connection while it is idle in the pool.
std::string after_kill(const Config& config) {
  return second_after(
      config,
      [](Connection& connection) {
        PostgresConnection(server().url())
            .query(fmt::format("SELECT pg_terminate_backend({}, 5000)",
                               connection.backend()));
      },
      "SELECT 'an answer'");
}

}  // namespace

void next_borrower(Story& story, const Knobs&) {
  story.say(
      "A borrower leaves a setting, a transaction or a temporary table behind, or the "
      "server closes its connection. A pool that checks nothing passes the trouble on.");
  story.picture(Picture::sequence, {"first borrower", "pool checks nothing",
                                    "pool checks", "next borrower"});
  const Config careless{.size = 1, .check_after = 1h, .reset_on_return = false};
  const Config careful{.size = 1, .check_after = 0ms};
  struct Case {
    const char* before;
    std::string (*after)(const Config&);
    const char* clean;
  };
  lab::Table table{"What the next borrower gets",
                   {"before", "pool checks nothing", "pool checks"},
                   {}};
  int passed_on = 0, clean = 0;
  for (const auto& [before, after, wanted] :
       {Case{"SET statement_timeout", after_set, "0"},
        {"BEGIN", after_begin, "no transaction"},
        {"CREATE TEMP TABLE AS", after_temp_table, "the real table"},
        {"closed by the server", after_kill, "an answer"}}) {
    table.rows.push_back({before});
    trace::instant(before, {.lane = "case"});
    for (const auto& [config, pool] : {std::pair{careless, "pool checks nothing"},
                                       std::pair{careful, "pool checks"}}) {
      arrow("first borrower", before, pool);
      table.rows.back().push_back(after(config));
      arrow(pool, (after == after_set ? "timeout " : "") + table.rows.back().back(),
            "next borrower");
    }
    passed_on += table.rows.back()[1] != wanted;
    clean += table.rows.back()[2] == wanted;
  }
  story.table(table);
  story.claim("19.6", clean == 4 && passed_on == 4,
              "a pool that resets and pings kept {} of 4 faults from the next borrower. "
              "Control: a pool that does neither passed {} of them on",
              clean, passed_on);
  story.nuance("19.6",
               "pg.Pool resets nothing, so a client is as its last borrower left it. "
               "Roll back an open transaction; then DISCARD ALL resets the rest, for one "
               "more round trip per borrower. The server's reply to a statement does not "
               "tell whether a reset is needed.");
  story.takeaway(
      "Clean a connection when it comes back, and ping one that was idle for a while "
      "before you lend it.");
}

// Step 12: four borrowers hold a connection each, and then each asks for a second one. No
// connection comes back, and only the deadline ends the wait. The pool knows the line that
// holds them.
void nested(Story& story, const Knobs&) {
  story.say(
      "Four borrowers hold one connection each, and then each asks for a second one for "
      "a moment. A pool of 4 (in the picture) should serve none of them, a pool of 5 all "
      "of them.");
  story.picture(Picture::slots, {"slot 1", "slot 2", "slot 3", "slot 4", "queue"});
  lab::Table table{"A second connection while holding one",
                   {"size", "served", "who holds the others"},
                   {}};
  std::vector<int> served;
  for (const std::size_t size : {std::size_t{4}, std::size_t{5}}) {
    ConnectionPool pool({.size = size, .check_after = 1h, .leak_after = 0ms},
                        to_postgres(server().url()));
    if (size == 4) draw(pool, size);
    std::vector<Lease> held;
    for (std::size_t i = 0; i < size; ++i) held.push_back(pool.acquire(30s).value());
    if (size > 4) held.pop_back();
    std::atomic<int> got = 0;
    in_parallel(4, [&] { got += pool.acquire(50ms).has_value(); });
    served.push_back(got);
    const lab::Where line = pool.leaks().at(0).borrower;
    const std::string file = std::filesystem::path(line.file).filename();
    table.rows.push_back({std::to_string(size), std::to_string(served.back()),
                          fmt::format("{}:{}", file, line.line)});
  }
  story.table(table);
  story.claim(
      "19.4", served == std::vector{0, 4},
      "{} of 4 borrowers that already held a connection got a second one from a "
      "pool of 4; the others gave up after 50 ms. Control: {} of 4 got one from a "
      "pool of 5",
      served[0], served[1]);
  story.takeaway(
      "Never borrow while you hold a connection. Give every borrower a deadline, and "
      "let the pool report which line of code holds each one.");
}

}  // namespace lab19
