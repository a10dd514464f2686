// mistakes.cpp: what goes wrong with a pool, and what the pool does about it.
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <latch>

#include "crowd.hpp"
#include "lab/error.hpp"
#include "scenes.hpp"

namespace lab19 {

using namespace std::chrono_literals;

// Step 10: a borrower that never gives back. The pool knows which line it was.
void leak(Story& story, const Dials&) {
  Pool pool({.size = 2, .leak_after = 0ms}, to_postgres(server().url()));
  draw(pool);
  std::vector<Lease> forgotten;
  for (int i = 0; i < 2; ++i) forgotten.push_back(pool.acquire(1s).value());
  const bool refused = !pool.acquire(50ms);
  lab::Table table{"Lent for too long", {"borrowed in", "times"}, {}};
  const auto leaks = pool.leaks();
  const std::string file = std::filesystem::path(leaks.at(0).borrower.file).filename();
  table.rows.push_back(
      {fmt::format("{}:{}", file, leaks[0].borrower.line), std::to_string(leaks.size())});
  story.say("Two connections are lent and forgotten. The next borrower {} after 50 ms.",
            refused ? "is refused" : "is served");
  story.table(table);
  forgotten.clear();
  story.say("Given back, and the next borrower is {}.",
            pool.acquire(50ms) ? "served" : "refused");
}

namespace {

// So many at once, each of whom holds one connection and asks for another.
int served_twice(std::size_t size, int borrowers) {
  Pool pool({.size = size}, to_postgres(server().url()));
  std::atomic<int> served = 0;
  std::latch all_hold(borrowers), all_asked(borrowers);
  const auto borrower = [&] {
    Arrival holds(all_hold), asked(all_asked);
    const auto outer = pool.acquire(30s);
    holds.now();
    all_hold.wait();
    const bool has_both = outer && pool.acquire(500ms);
    served += has_both;
    asked.now();
    if (!has_both) all_asked.wait();  // as if it waited without a deadline
  };
  Crowd().run(borrowers, borrower);
  return served;
}

}  // namespace

// Step 11: hold one, ask for another: with size = borrowers they all wait for each other.
void nested(Story& story, const Dials&) {
  constexpr int kBorrowers = 4;
  lab::Table table{"4 borrowers, each asks for a second connection while it holds one",
                   {"size", "served", "timed out"},
                   {}};
  for (const std::size_t size : {std::size_t{4}, std::size_t{5}}) {
    const int served = served_twice(size, kBorrowers);
    table.rows.push_back({std::to_string(size), std::to_string(served),
                          std::to_string(kBorrowers - served)});
  }
  story.table(table);
  story.say(
      "borrowers x (connections each - 1) + 1 is the smallest size that cannot lock up. "
      "Better: never borrow while you hold.");
}

namespace {

void terminate(int backend) {
  PostgresConnection admin(server().url());
  admin.query(fmt::format("SELECT pg_terminate_backend({}, 5000)", backend));
}

// Waits until the backend is at work on such a query: then it is hit in the middle.
void terminate_in(int backend, const std::string& query) {
  PostgresConnection admin(server().url());
  const std::string at_work = fmt::format(
      "SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND state = 'active' AND "
      "query = '{}'",
      backend, query);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (admin.query(at_work) == "0" && std::chrono::steady_clock::now() < deadline) {
  }
  terminate(backend);
}

// The server ends an idle connection of the pool. What does the next borrower get?
std::string after_kill_while_idle(std::chrono::milliseconds check_after) {
  Pool pool({.size = 1, .check_after = check_after}, to_postgres(server().url()));
  terminate(pool.acquire(1s).value()->backend());
  try {
    pool.acquire(1s).value()->query("SELECT 1");
    return "an answer";
  } catch (const lab::Error&) {
    return "an error";
  }
}

}  // namespace

// Step 12: a connection that breaks while it is lent is never lent again.
void killed(Story& story, const Dials&) {
  Pool pool({.size = 1}, to_postgres(server().url()));
  draw(pool);
  int first = 0;
  std::string said;
  {
    auto lease = pool.acquire(1s).value();
    first = lease->backend();
    auto killer = std::async(std::launch::async,
                             [&] { terminate_in(first, "SELECT pg_sleep(30)"); });
    try {
      lease->query("SELECT pg_sleep(30)");
    } catch (const lab::PostgresError& error) {
      said = error.what();
    }
    killer.get();
  }
  const int second = pool.acquire(1s).value()->backend();
  story.say(
      "The server ended a connection in mid-query. Its borrower got: {}. The next one "
      "got "
      "{} connection.",
      said, first == second ? "the same" : "a new");
  lab::Table table{"The server ended an idle connection; the next borrower gets",
                   {"idle ones are asked before they are lent", "the query gets"},
                   {}};
  table.rows.push_back({"no", after_kill_while_idle(1h)});
  table.rows.push_back({"yes", after_kill_while_idle(0ms)});
  story.table(table);
}

namespace {

std::string timeout_seen_by_next(bool reset) {
  Pool pool({.size = 1, .reset_on_return = reset}, to_postgres(server().url()));
  pool.acquire(1s).value()->query("SET statement_timeout = '7s'");
  return pool.acquire(1s).value()->query("SHOW statement_timeout");
}

std::string transaction_seen_by_next(bool reset) {
  Pool pool({.size = 1, .reset_on_return = reset}, to_postgres(server().url()));
  pool.acquire(1s).value()->query("BEGIN");
  const auto lease = pool.acquire(1s).value();
  // Inside a transaction the two clocks differ: now() is when it began.
  lease->query("SELECT pg_sleep(0.001)");
  return lease->query("SELECT now() < statement_timestamp()") == "t" ? "open" : "none";
}

}  // namespace

void dirty(Story& story, const Dials&) {
  story.say("A borrower sets a timeout or begins a transaction, and gives back.");
  lab::Table table{"What the next borrower finds",
                   {"reset on return", "statement_timeout", "transaction"},
                   {}};
  for (const bool reset : {false, true}) {
    table.rows.push_back({reset ? "yes" : "no", timeout_seen_by_next(reset),
                          transaction_seen_by_next(reset)});
  }
  story.table(table);
}

// Step 13: the way out: nobody new, those inside finish, then the connections close.
void drain(Story& story, const Dials&) {
  Pool pool({.size = 2}, to_postgres(server().url()));
  draw(pool);
  std::optional<Lease> at_work = pool.acquire(1s);
  const std::size_t out = pool.drain(0ms);
  const bool let_in = pool.acquire(0ms).has_value();
  const std::string answer = (*at_work)->query("SELECT 'finished'");
  at_work.reset();
  story.say(
      "Draining: {} connection is still out, a newcomer is {}, the query at work {}. "
      "Then "
      "{} are out.",
      out, let_in ? "let in" : "sent home", answer, pool.drain(1s));
}

}  // namespace lab19
