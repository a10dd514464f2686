#include "world/shop.hpp"

#include "lab/db/postgres_server.hpp"

namespace lab13 {

namespace {

constexpr struct {
  const char *name, *tables, *start;
} kDatabases[] = {
    {"orders", R"(CREATE TABLE customers AS VALUES ('ann'), ('bob');
CREATE TABLE orders (id text PRIMARY KEY, customer text, item text, price int, state text);)",
     "DELETE FROM orders;"},
    {"payments", R"(CREATE TABLE accounts (name text, balance int, held_by text);
INSERT INTO accounts VALUES ('ann'), ('bob');)",
     R"(UPDATE accounts SET held_by = NULL,
balance = CASE name WHEN 'ann' THEN 100 ELSE 10 END;)"},
    {"stock", R"(CREATE TABLE items (name text, count int, ships boolean);
CREATE TABLE parcels (saga text, item text);
INSERT INTO items VALUES ('lamp', 0, true), ('sofa', 0, true), ('piano', 0, false);)",
     R"(DELETE FROM parcels; UPDATE items SET count = CASE name WHEN 'sofa' THEN 0 ELSE 10 END;)"},
    {"sagas",
     R"(CREATE TABLE log (id bigserial, saga text, event int, step int, input text);
CREATE TABLE decided (id text);)",
     "DELETE FROM log; DELETE FROM decided;"}};

// "authorize" is a charge under a semantic lock: it holds the account until its saga ends.
const std::map<std::string, std::vector<Action>> kActions{
    {"orders",
     {{"create",
       R"(INSERT INTO orders SELECT saga, account, item, amount, 'PENDING' FROM c
WHERE account IN (SELECT column1 FROM customers) RETURNING 1)",
       "cancel", "UPDATE orders SET state = 'CANCELLED' FROM c WHERE id = saga"},
      {"confirm",
       "UPDATE orders SET state = 'CONFIRMED' FROM c WHERE id = saga RETURNING 1"}}},
    {"payments",
     {{"charge", R"(UPDATE accounts SET balance = balance - amount FROM c
WHERE name = account AND balance >= amount RETURNING 1)",
       "refund",
       "UPDATE accounts SET balance = balance + amount FROM c WHERE name = account"},
      {"authorize",
       R"(UPDATE accounts SET balance = balance - amount, held_by = saga FROM c
WHERE name = account AND balance >= amount RETURNING 1)",
       "void", R"(UPDATE accounts SET balance = balance + amount, held_by = NULL FROM c
WHERE name = account)",
       R"(SELECT FROM (SELECT held_by, saga FROM accounts, c WHERE name = account
FOR UPDATE OF accounts) AS locked WHERE held_by <> saga)"},
      {"settle",
       "UPDATE accounts SET held_by = NULL FROM c WHERE held_by = saga RETURNING 1"}}},
    {"stock",
     {{"reserve", R"(UPDATE items SET count = count - 1 FROM c
WHERE name = item AND count > 0 RETURNING 1)",
       "release", "UPDATE items SET count = count + 1 FROM c WHERE name = item"},
      {"ship", R"(INSERT INTO parcels SELECT saga, item FROM c JOIN items ON name = item
WHERE ships RETURNING 1)"}}}};

const std::string& server() {
  static const lab::PostgresServer one(
      {.always_own = true, .settings = {{"max_prepared_transactions", "8"}}});
  static const bool filled = [] {
    for (const auto& [name, tables, start] : kDatabases) {
      lab::Postgres(one.url()).query(std::string("CREATE DATABASE ") + name);
      lab::Postgres(one.url() + " dbname=" + name)
          .query(std::string(tables) + Participant::schema());
    }
    return true;
  }();
  (void)filled;
  return one.url();
}

}  // namespace

std::vector<Action> actions_of(const std::string& service) {
  return kActions.at(service);
}

std::vector<Step> order_steps() {
  return {{"orders", "create", "cancel"},
          {"payments", "charge", "refund"},
          {"stock", "reserve", "release"},
          {"stock", "ship"},
          {"orders", "confirm"}};
}

std::string Shop::url(const std::string& database) {
  return server() + " dbname=" + database;
}

Shop::Shop() {
  for (const auto& database : kDatabases)
    databases_[database.name] = std::make_unique<lab::Postgres>(url(database.name));
  reset();
}

void Shop::reset() {
  for (const auto& [name, tables, start] : kDatabases)
    at(name).query(std::string(start) + "DELETE FROM handled; DELETE FROM outbox");
}

std::string Shop::ask(const std::string& database, const std::string& sql) {
  const auto rows = at(database).query(sql);
  return rows.count() ? rows.text() : "none";
}

int Shop::steps(const std::string& condition) {
  int count = 0;
  for (const std::string& name : kServices)
    count += at(name).query("SELECT FROM handled WHERE " + condition).count();
  return count;
}

Books Shop::books(const std::string& saga) {
  return {ask("orders", "SELECT state FROM orders WHERE id = '" + saga + "'"),
          110 - at("payments").query("SELECT sum(balance) FROM accounts").number(),
          20 - at("stock").query("SELECT sum(count) FROM items").number(),
          at("stock").query("SELECT count(*) FROM parcels").number()};
}

bool Books::whole(long price) const {
  if (order == "CONFIRMED") return paid == price && taken == 1 && parcels == 1;
  return (order == "none" || order == "CANCELLED") && !paid && !taken && !parcels;
}

void PostgresLog::append(const std::string& saga, const Record& record) {
  db_.query("INSERT INTO log (saga, event, step, input) VALUES ($1, $2, $3, $4)",
            {saga, std::to_string(static_cast<int>(record.event)),
             std::to_string(record.step), record.input});
}

std::vector<Record> PostgresLog::read(const std::string& saga) {
  const auto rows =
      db_.query("SELECT event, step, input FROM log WHERE saga = $1 ORDER BY id", {saga});
  std::vector<Record> records;
  for (int i = 0; i < rows.count(); ++i)
    records.push_back({static_cast<Event>(rows.number(i, 0)),
                       static_cast<std::size_t>(rows.number(i, 1)), rows.text(i, 2)});
  return records;
}

}  // namespace lab13
