// commits.cpp: one order in three databases without a saga: three commits, or two phases.
#include <algorithm>

#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"

namespace lab13 {

namespace {

// Step 11: three commits can be cut apart. Two-phase commit prepares all three, writes down
// its decision, and then commits all three.
void coordinate(bool two_phases, Cut cut) {
  std::map<std::string, lab::Postgres> databases;
  for (const Step& step : order_steps()) {
    const auto [at, is_new] =
        databases.try_emplace(step.service, Shop::url(step.service));
    if (is_new) at->second.query("BEGIN");
    at->second.query("SELECT \"" + step.act + "\"('7', 'ann', 'lamp', 60)");
  }
  const auto each = [&](const std::string& sql) {
    for (auto& [name, database] : databases) {
      database.query(two_phases ? sql + " 'order 7 in " + name + "'" : sql);
      cut();
    }
  };
  cut();
  if (!two_phases) return each("COMMIT");
  each("PREPARE TRANSACTION");
  lab::Postgres(Shop::url("sagas")).query("INSERT INTO decided VALUES ('order 7')");
  cut();
  each("COMMIT PREPARED");
}

// What a coordinator left in doubt is committed if that was decided, and else rolled back.
int resolve(Shop& shop) {
  const bool decided = shop.ask("sagas", "SELECT id FROM decided") != "none";
  int in_doubt = 0;
  for (const std::string& name : kServices) {
    const std::string prepared = shop.ask(
        name, "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()");
    if (prepared == "none") continue;
    shop.at(name).query((decided ? "COMMIT PREPARED '" : "ROLLBACK PREPARED '") +
                        prepared + "'");
    ++in_doubt;
  }
  return in_doubt;
}

void kill_coordinator(Shop& shop, bool two_phases, int cut) {
  shop.reset();
  Process([&] { coordinate(two_phases, {cut}); }).killed();
}

}  // namespace

void commits(Story& story, const Knobs&) {
  story.say(
      "A process writes one order into the databases of orders, payments and stock, and "
      "commits three times. It is killed before, between and after these commits.");
  story.picture(Picture::bars, {"Three commits"});
  Shop shop;
  lab::Table table{"Three commits", {"killed after", "order", "parcels", "paid"}, {}};
  std::vector<bool> whole;
  for (int cut = 1; cut <= 4; ++cut) {
    kill_coordinator(shop, false, cut);
    const Books books = shop.books();
    whole.push_back(books.whole());
    table.rows.push_back(
        row(fmt::format("{} commits", cut - 1), books.order, books.parcels, books.paid));
  }
  story.table(table);
  story.claim("13.1", whole[0] && !whole[1] && whole[3],
              "after the first commit the order was {}, but {} was paid. Control: after "
              "none or all of the commits the three databases agreed",
              table.rows[1][1], table.rows[1][3]);
  const auto torn = std::ranges::count(whole, false);
  story.claim("13.2", torn == 2, "{} of 4 crashes left an incomplete order", torn);
  story.takeaway("Three commits in three databases are not one transaction.");
}

// Step 12: another transaction needs the row that the dead coordinator has changed.
void two_phase(Story& story, const Knobs&) {
  story.say(
      "Two-phase commit asks each database to prepare, decides, and then commits. Its "
      "coordinator is killed at each of 8 points. Then nobody takes over for a while.");
  story.picture(Picture::bars, {"The coordinator is gone"});
  Shop shop;
  int torn = 0;
  for (int cut = 1; cut <= 8; ++cut) {
    kill_coordinator(shop, true, cut);
    resolve(shop);
    torn += !shop.books().whole();
  }
  lab::Table table{"The coordinator is gone", {"killed", "ann's account"}, {}};
  const auto look = [&](const char* when, const std::string& patience) {
    std::string state = "free";
    try {
      shop.at("payments")
          .query("SET lock_timeout = '" + patience +
                 "'; UPDATE accounts SET held_by = NULL");
    } catch (const lab::PostgresError& error) {
      if (error.state() != "55P03") throw;  // lock_not_available
      state = "locked";
    }
    lab::trace::state("ann's account", state);
    table.rows.push_back({when, state});
  };
  lab::trace::state("coordinator", "killed");
  kill_coordinator(shop, true, 1);
  look("before it prepared", "10s");
  kill_coordinator(shop, true, 4);
  look("after it prepared", "50ms");
  const int in_doubt = resolve(shop);
  look("after a decision", "10s");
  story.table(table);
  story.claim("13.2",
              torn == 0 && in_doubt == 3 && table.rows[0][1] == "free" &&
                  table.rows[1][1] == "locked" && table.rows[2][1] == "free",
              "with two-phase commit the databases agreed after {} of 8 crashes, but {} "
              "prepared transactions kept their locks until somebody decided. Control: a "
              "coordinator that had not prepared left no lock",
              8 - torn, in_doubt);
  story.takeaway(
      "Two-phase commit is correct, but while its coordinator is gone, all others wait "
      "for its locks.");
}

}  // namespace lab13
