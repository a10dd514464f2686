// Lab 13's ways to place an order as contestants, all on one server:
//   peers_13 NAME URL COUNT
//   peers_13 serve FILE          the server: it writes there how to reach it
#include <unistd.h>

#include <stdexcept>

#include "offer.hpp"
#include "timed.hpp"
#include "world/shop.hpp"

namespace {

using namespace lab13;

std::string at(const std::string& url, const std::string& database) {
  return url + " dbname=" + database;
}

std::string call(const Step& step, const std::string& saga) {
  return "SELECT \"" + step.act + "\"('" + saga + "', 'ann', 'lamp', 0)";
}

std::string name_of(std::int64_t number) {
  return std::to_string(getpid()) + "-" + std::to_string(number);
}

// `place` by a fresh name, so many times; answers how many are confirmed.
template <class Place>
void play(const std::string& orders, std::int64_t count, Place place) {
  std::int64_t next = 0;
  lab::Postgres looks(orders);
  peers::timed(count, [&](std::int64_t wanted) {
    const std::string ours =
        "WHERE state = 'CONFIRMED' AND id LIKE '" + std::to_string(getpid()) + "-%'";
    const int before = looks.query("SELECT FROM orders " + ours).count();
    for (std::int64_t i = 0; i < wanted; ++i) place(name_of(++next));
    const int after = looks.query("SELECT FROM orders " + ours).count();
    return fmt::format("{} orders", after - before);
  });
}

void local(const std::string& url, std::int64_t count) {
  lab::Postgres one(at(url, "one"));
  play(at(url, "one"), count, [&](const std::string& saga) {
    one.query("BEGIN");
    for (const Step& step : order_steps()) one.query(call(step, saga));
    one.query("COMMIT");
  });
}

void two_phase(const std::string& url, std::int64_t count) {
  std::map<std::string, lab::Postgres> all;
  for (const std::string& name : kServices) all.emplace(name, at(url, name));
  lab::Postgres log(at(url, "sagas"));
  play(at(url, "orders"), count, [&](const std::string& saga) {
    for (auto& [name, one] : all) one.query("BEGIN");
    for (const Step& step : order_steps()) all.at(step.service).query(call(step, saga));
    for (auto& [name, one] : all) one.query("PREPARE TRANSACTION '" + saga + name + "'");
    log.query("INSERT INTO decided VALUES ('" + saga + "')");
    for (auto& [name, one] : all) one.query("COMMIT PREPARED '" + saga + name + "'");
  });
}

// The services are called: no message in between, as in Node's.
void saga(const std::string& url, std::int64_t count) {
  std::map<std::string, Participant> services;
  for (const std::string& name : kServices)
    services.try_emplace(name, at(url, name), order_steps());
  PostgresLog log(at(url, "sagas"));
  Orchestrator orchestrator(order_steps(), log, [&](const Command& command) {
    return services.at(command.service).handle(command);
  });
  play(at(url, "orders"), count, [&](const std::string& name) {
    orchestrator.begin(name, "ann lamp 0");
    orchestrator.run(name);
  });
}

void serve(const std::string& offer) {
  Shop shop;
  const std::string many = "UPDATE items SET count = 1000000000 WHERE name = 'lamp'";
  shop.at("stock").query(many);
  shop.at("orders").query("CREATE DATABASE one");
  lab::Postgres one(Shop::url("one"));
  for (const std::string& name : kServices) one.query(Shop::sql(name));
  one.query(many + "; UPDATE accounts SET balance = 100");
  const std::string url = Shop::url("one");
  const std::string base = url.substr(0, url.find(" dbname="));
  peers::offer(offer, {{"url", base}, {"host", base.substr(5, base.find(' ') - 5)}});
}

const std::map<std::string, void (*)(const std::string&, std::int64_t)> kContestants = {
    {"local", local}, {"two-phase", two_phase}, {"saga", saga}};

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 3) serve(argv[2]);
  if (argc != 4) throw std::invalid_argument("peers_13 NAME URL COUNT");
  kContestants.at(argv[1])(argv[2], std::stoll(argv[3]));
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
