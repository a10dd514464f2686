#include "world/shop.hpp"

#include "lab/db/postgres_server.hpp"

namespace lab13 {

namespace {

// Each database, and the text of its file here.
const std::map<std::string, std::string> kDatabases{
#include "databases.inc"
};

std::string start_server() {
  static const lab::PostgresServer one(
      {.always_own = true, .settings = {{"max_prepared_transactions", "8"}}});
  for (const auto& [name, sql] : kDatabases) {
    lab::Postgres(one.url()).query("CREATE DATABASE " + name);
    lab::Postgres(one.url() + " dbname=" + name).query(sql + Participant::schema());
  }
  return one.url();
}

}  // namespace

const std::vector<Step>& order_steps() {
  static const std::vector<Step> steps{{"orders", "create", "cancel"},
                                       {"payments", "charge", "refund"},
                                       {"stock", "reserve", "release"},
                                       {"stock", "ship"},
                                       {"orders", "confirm"}};
  return steps;
}

std::string Shop::url(const std::string& database) {
  static const std::string server = start_server();
  return server + " dbname=" + database;
}

const std::string& Shop::sql(const std::string& database) {
  return kDatabases.at(database);
}

Shop::Shop() {
  for (const auto& [name, sql] : kDatabases)
    databases_[name] = std::make_unique<lab::Postgres>(url(name));
  reset();
}

void Shop::reset() {
  for (const auto& [name, database] : databases_)
    database->query("SELECT start(); DELETE FROM handled; DELETE FROM outbox");
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
