// reuse.cpp: what a connection costs, and what it means to keep one.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <barrier>
#include <mutex>
#include <set>
#include <thread>

#include "crowd.hpp"
#include "lab/error.hpp"
#include "scenes.hpp"

namespace lab19 {

using namespace std::chrono_literals;
using Watch = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

lab::PostgresServer& server() {
  static lab::PostgresServer one;
  return one;
}

namespace {

template <class F>
Milliseconds time_of(const F& work) {
  const auto start = Watch::now();
  work();
  return Watch::now() - start;
}

struct Parts {
  Milliseconds socket{}, login{}, query{}, close{};
  Milliseconds all() const { return socket + login + query + close; }
};

// Step 7: where the time of a connection goes. The server forks a process for it, and that
// process reads its caches and checks who we are.
Parts connect_query_close(const std::string& url) {
  Parts parts;
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection(nullptr, PQfinish);
  parts.socket = time_of([&] {
    const lab::trace::Span span("socket", {.lane = "request"});
    connection.reset(PQconnectStart(url.c_str()));
  });
  parts.login = time_of([&] {
    const lab::trace::Span span("fork, log in", {.lane = "request"});
    auto wants = PGRES_POLLING_WRITING;
    while (wants == PGRES_POLLING_READING || wants == PGRES_POLLING_WRITING) {
      const short events = wants == PGRES_POLLING_READING ? POLLIN : POLLOUT;
      pollfd source{PQsocket(connection.get()), events, 0};
      poll(&source, 1, 10'000);
      wants = PQconnectPoll(connection.get());
    }
  });
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw lab::Error("connect to PostgreSQL", PQerrorMessage(connection.get()));
  }
  parts.query = time_of([&] {
    const lab::trace::Span span("query", {.lane = "request"});
    PGresult* const answer = PQexec(connection.get(), "SELECT 1");
    const bool well = PQresultStatus(answer) == PGRES_TUPLES_OK;
    PQclear(answer);
    if (!well) throw lab::Error("SELECT 1", PQerrorMessage(connection.get()));
  });
  parts.close = time_of([&] {
    const lab::trace::Span span("close", {.lane = "request"});
    connection.reset();
  });
  return parts;
}

}  // namespace

void connect_or_borrow(Story& story, const Dials&) {
  const int requests = story.quick() ? 30 : 100;
  Parts sum;
  for (int i = 0; i < requests; ++i) {
    const Parts parts = connect_query_close(server().url());
    sum.socket += parts.socket;
    sum.login += parts.login;
    sum.query += parts.query;
    sum.close += parts.close;
  }
  Pool pool({.size = 1}, to_postgres(server().url()));
  pool.acquire(1s).value()->query("SELECT 1");
  const Milliseconds borrowed = time_of([&] {
    for (int i = 0; i < requests; ++i) pool.acquire(1s).value()->query("SELECT 1");
  });
  const auto each = [&](Milliseconds all) {
    return fmt::format("{:.3f} ms", (all / requests).count());
  };
  story.table({"One request, on average",
               {"", "socket", "fork, log in", "query", "close", "in all"},
               {{"connect for each", each(sum.socket), each(sum.login), each(sum.query),
                 each(sum.close), each(sum.all())},
                {"borrow from a pool", "-", "-", "-", "-", each(borrowed)}}});
  const double ratio = sum.all() / borrowed;
  story.claim("19.1", "A new connection per request is expensive", ratio >= 5,
              "connect, query and close take {:.0f} times as long as the query on a "
              "borrowed connection ({} of each; no TLS, no network in between)",
              ratio, requests);
}

namespace {

std::set<int> backends_one_by_one(const std::function<int()>& query, int queries) {
  std::set<int> backends;
  for (int i = 0; i < queries; ++i) backends.insert(query());
  return backends;
}

// Ten at the same time: nobody gives back before all have one.
std::set<int> backends_of_ten(Pool& pool, int rounds) {
  std::set<int> backends;
  std::mutex mutex;
  std::barrier all(10);
  const auto round = [&] {
    const auto lease = pool.acquire(30s);
    all.arrive_and_wait();
    if (lease) {
      const int backend = std::stoi((*lease)->query("SELECT pg_backend_pid()"));
      const std::lock_guard lock(mutex);
      backends.insert(backend);
    }
    all.arrive_and_wait();
  };
  Crowd().run(10, [&] {
    try {
      for (int i = 0; i < rounds; ++i) round();
    } catch (...) {
      all.arrive_and_drop();
      throw;
    }
  });
  return backends;
}

}  // namespace

void reuse(Story& story, const Dials&) {
  const int queries = story.quick() ? 30 : 100;
  Pool pool({.size = 10}, to_postgres(server().url()));
  draw(pool);
  const auto pid_of = [](Connection& connection) {
    return std::stoi(connection.query("SELECT pg_backend_pid()"));
  };
  const auto one =
      backends_one_by_one([&] { return pid_of(*pool.acquire(1s).value()); }, queries);
  const auto ten = backends_of_ten(pool, queries / 10);
  const auto none = backends_one_by_one(
      [&] {
        PostgresConnection connection(server().url());
        return pid_of(connection);
      },
      queries);
  story.table({fmt::format("{} queries, and the server processes that answered", queries),
               {"", "processes"},
               {{"one after the other, a pool", std::to_string(one.size())},
                {"ten at a time, a pool of 10", std::to_string(ten.size())},
                {"one after the other, no pool", std::to_string(none.size())}}});
  story.claim("19.2", "A pool keeps connections to reuse",
              one.size() == 1 && ten.size() == 10 &&
                  none.size() == static_cast<std::size_t>(queries),
              "{} queries were answered by {} process, ten at a time by {}; without a "
              "pool by {}",
              queries, one.size(), ten.size(), none.size());
}

namespace {

long rows_after_rollback(Pool& pool, bool one_connection) {
  pool.acquire(1s).value()->query("DROP TABLE IF EXISTS orders");
  pool.acquire(1s).value()->query("CREATE TABLE orders (id int)");
  {
    auto first = pool.acquire(1s).value();
    first->query("BEGIN");
    if (one_connection) {
      first->query("INSERT INTO orders VALUES (1)");
    } else {
      pool.acquire(1s).value()->query("INSERT INTO orders VALUES (1)");
    }
    first->query("ROLLBACK");
  }
  return std::stol(pool.acquire(1s).value()->query("SELECT count(*) FROM orders"));
}

}  // namespace

// Step 8: a transaction belongs to a connection, not to the pool.
void transactions(Story& story, const Dials&) {
  Pool pool({.size = 2}, to_postgres(server().url()));
  const long apart = rows_after_rollback(pool, false);
  const long together = rows_after_rollback(pool, true);
  story.table({"BEGIN, INSERT, ROLLBACK",
               {"the INSERT is on", "rows left"},
               {{"another connection", std::to_string(apart)},
                {"the same connection", std::to_string(together)}}});
  std::optional<Lease> first = pool.acquire(1s), second = pool.acquire(1s);
  const bool refused = !pool.acquire(50ms);
  story.claim("19.3", "A transaction belongs to one borrowed connection",
              apart == 1 && together == 0 && refused,
              "a rollback on another connection left {} row, on the same {}; with both "
              "connections lent, the third borrower was {} after 50 ms",
              apart, together, refused ? "refused" : "served");
  story.nuance("19.3",
               "so pg.Pool pools, and pg.Client is one connection; node.mjs shows it. "
               "pool.query() may take "
               "another connection each time, so a transaction needs pool.connect(). "
               "Without connectionTimeoutMillis a borrower waits for ever");
}

namespace {

// Stands for a connection where only the counting matters.
class Stub final : public Connection {
 public:
  std::string query(const std::string&) override { return {}; }
  int backend() const override { return 0; }
  bool broken() const override { return false; }
  bool ping() override { return true; }
  bool reset() override { return true; }
};

}  // namespace

void defaults(Story& story, const Dials&) {
  constexpr std::size_t kMaxPoolSize = 100;  // the driver's default
  Pool pool({.size = kMaxPoolSize}, [] { return std::make_unique<Stub>(); });
  const auto before = pool.stats().opened;
  std::vector<Lease> operations;
  for (std::size_t i = 0; i < kMaxPoolSize; ++i) {
    operations.push_back(pool.acquire(0ms).value());
  }
  const bool one_more = pool.acquire(0ms).has_value();
  operations.pop_back();
  const bool after_one_is_back = pool.acquire(0ms).has_value();
  story.claim("19.4", "A pool opens when asked, up to its bound, and then makes you wait",
              before == 0 && pool.stats().opened == kMaxPoolSize && !one_more &&
                  after_one_is_back,
              "with the bound of MongoDB's driver: {} connections before the first "
              "operation, {} for 100 at a time, the next one {}",
              before, pool.stats().opened, one_more ? "was served" : "had to wait");
  story.nuance(
      "19.4",
      "mongoose's driver pools by itself, by its documentation, which is not run "
      "here: maxPoolSize 100, minPoolSize 0, and a waitQueueTimeoutMS of 0, which "
      "means to wait for ever");
}

}  // namespace lab19
