// storage.cpp: where messages and users are kept, and what that place must promise.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "lab/core/text.hpp"
#include "lab/db/postgres.hpp"
#include "lab/db/postgres_server.hpp"
#include "scenes/scenes.hpp"

namespace lab11 {

namespace {

// A table of this run's own, also in a database that somebody else uses.
struct Table {
  Table(const std::string& url, const char* kind, const char* columns)
      : connection(url), name(fmt::format("lab11_{}_{}", kind, getpid())) {
    connection.query(fmt::format("CREATE TABLE {} ({})", name, columns));
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  ~Table() {
    try {
      connection.query("DROP TABLE " + name);
    } catch (const lab::Error&) {  // the database went before us
    }
  }

  lab::Postgres connection;
  std::string name;
};

struct Written {
  long syncs = 0;  // times that PostgreSQL waited for its disk
  double rate = 0;
};

// A connection hands its counts to the server at the latest when it is asked to.
long wal_syncs(lab::Postgres& connection) {
  connection.query("SELECT pg_stat_force_next_flush()");
  return connection.query("SELECT wal_sync FROM pg_stat_wal").number();
}

Written write(Table& table, int messages, bool one_commit) {
  const std::string insert = fmt::format(
      "INSERT INTO {0} SELECT 'lobby', coalesce(max(number), 0) + 1, 'hello' FROM {0}",
      table.name);
  const long before = wal_syncs(table.connection);
  const auto start = std::chrono::steady_clock::now();
  if (one_commit) table.connection.query("BEGIN");
  for (int i = 0; i < messages; ++i) table.connection.query(insert);
  if (one_commit) table.connection.query("COMMIT");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return {wal_syncs(table.connection) - before, messages / took.count()};
}

}  // namespace

void write_rate(Story& story, const Knobs&) {
  const int messages = story.quick() ? 100 : 500;
  story.say(
      "We store {} messages in PostgreSQL, first with a commit for each, and then with "
      "one commit for all. A commit waits for the disk.",
      messages);
  story.picture(lab::Picture::bars, {"Waits for the disk"});
  const lab::PostgresServer postgres({.settings = {{"fsync", "on"}}});
  Table table(postgres.url(), "messages",
              "room text, number bigint, body text, PRIMARY KEY (room, number)");
  table.connection.query("SET synchronous_commit = on");
  const Written each = write(table, messages, false);
  const Written together = write(table, messages, true);
  const auto row = [](const char* what, const Written& written) {
    return std::vector<std::string>{what, lab::text::rate(written.rate),
                                    std::to_string(written.syncs)};
  };
  story.table({"Waits for the disk",
               {fmt::format("{} messages", messages), "stored", "waits"},
               {row("a commit for each", each), row("one commit", together)}});
  story.claim("11.6", each.syncs >= messages && together.syncs * 10 <= messages,
              "for {} messages PostgreSQL waited for the disk {} times with a commit for "
              "each, and {} time with one commit for all",
              messages, each.syncs, together.syncs);
  story.nuance("11.6",
               "The write rate alone is no reason to choose NoSQL. Any engine can batch, "
               "and any durable engine waits for the disk. A log-structured engine such "
               "as Cassandra's helps once the keys no longer fit in memory.");
  story.takeaway(
      "Before you pick a database for its write rate, decide how many messages share a "
      "commit and how many you may lose.");
}

namespace {

// False if the name is taken: the constraint says so, in whichever order they come.
bool inserted(lab::Postgres& connection, const std::string& table) try {
  connection.query(fmt::format("INSERT INTO {} (name) VALUES ('ann')", table));
  return true;
} catch (const lab::PostgresError& error) {
  if (error.state() == "23505") return false;  // unique_violation
  throw;
}

// Both check before either inserts, as two servers now and then do.
std::vector<std::string> both_sign_up(const std::string& url, const char* what,
                                      const char* kind, const char* column) {
  Table users(url, kind, column);
  lab::Postgres other(url);
  const std::string count =
      fmt::format("SELECT count(*) FROM {} WHERE name = 'ann'", users.name);
  const bool first_free = users.connection.query(count).number() == 0;
  const bool second_free = other.query(count).number() == 0;
  const bool first = first_free && inserted(users.connection, users.name);
  const bool second = second_free && inserted(other, users.name);
  return {what, first ? "in" : "refused", second ? "in" : "refused",
          other.query(count).text()};
}

}  // namespace

void sign_up(Story& story, const Knobs&) {
  story.say(
      "Two people sign up as ann on two servers. Both servers check that the name is "
      "free before either one inserts it.");
  story.picture(lab::Picture::bars, {"Accounts named ann"});
  const lab::PostgresServer postgres;
  const auto constraint =
      both_sign_up(postgres.url(), "UNIQUE", "unique", "name text UNIQUE");
  const auto check =
      both_sign_up(postgres.url(), "check, then insert", "plain", "name text");
  story.table(
      {"Accounts named ann", {"", "first", "second", "accounts"}, {constraint, check}});
  story.claim("11.7",
              constraint[3] == "1" && constraint[1] != constraint[2] && check[3] == "2",
              "with a unique constraint there was {} account named ann. Control: with a "
              "check before the insert there were {}",
              constraint[3], check[3]);
  story.nuance("11.7",
               "Relational or not is a choice. Ask which database guarantees the name. "
               "MongoDB has unique indexes, and Cassandra has IF NOT EXISTS, at the "
               "price of a round of Paxos.");
  story.takeaway(
      "Only the database that stores the name can guarantee that it is unique.");
}

}  // namespace lab11
