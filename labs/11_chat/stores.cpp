// stores.cpp: where messages and users are kept, and what each place promises.
#include <fcntl.h>
#include <fmt/format.h>
#include <leveldb/db.h>
#include <leveldb/write_batch.h>
#include <linux/magic.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lab/error.hpp"
#include "lab/postgres.hpp"
#include "lab/postgres_server.hpp"
#include "lab/run_dir.hpp"
#include "scenes.hpp"

namespace lab11 {

namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

enum class Commit { each, together };

double rate_of(int messages, const std::function<void()>& write) {
  const auto start = Clock::now();
  write();
  return messages / std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string> random_keys(int count) {
  std::mt19937_64 random(11);
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back(fmt::format("{:016x}", random()));
  return keys;
}

const std::string kMessage(100, 'm');

void check_sqlite(sqlite3* database, int result, const char* tried) {
  if (result != SQLITE_OK && result != SQLITE_DONE) {
    throw lab::Error(tried, sqlite3_errmsg(database));
  }
}

// A folder on a disk, if there is one: /tmp is memory on many machines, and there a sync
// costs nothing. Used by one run at a time, so that two do not wait for each other's syncs.
class DiskFolder {
 public:
  DiskFolder() : path_(choose()) {
    fs::create_directories(path_);
    held_ = static_cast<int>(lab::check_errno(
        open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), path_.string()));
    flock(held_, LOCK_EX);
    empty();  // of what a killed run has left
  }
  DiskFolder(const DiskFolder&) = delete;
  DiskFolder& operator=(const DiskFolder&) = delete;
  ~DiskFolder() {
    empty();
    close(held_);  // and so it is free
  }
  std::string operator/(const char* name) const { return path_ / name; }

 private:
  static fs::path choose() {
    const char* home = std::getenv("HOME");
    for (const fs::path& place :
         {lab::run_dir(), fs::path(home ? home : "/") / ".cache", fs::path("/var/tmp")}) {
      struct statfs facts {};
      const bool usable = access(place.c_str(), W_OK) == 0;
      if (!usable || statfs(place.c_str(), &facts) != 0) continue;
      if (facts.f_type == TMPFS_MAGIC || facts.f_type == RAMFS_MAGIC) continue;
      return place / ("underloop-write-rate-" + std::to_string(geteuid()));
    }
    return lab::run_dir() / "write-rate";  // memory only: the claim will say so
  }
  void empty() {
    for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry.path());
  }

  fs::path path_;
  int held_ = -1;
};

// A B-tree: SQLite, each commit synced to the disk.
double btree(const DiskFolder& folder, const std::vector<std::string>& keys,
             Commit commit) {
  const std::string path = folder / (commit == Commit::each ? "each.db" : "together.db");
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open(path.c_str(), &raw);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(raw, sqlite3_close);
  check_sqlite(raw, opened, "open SQLite");
  const auto run = [&](const char* sql) {
    check_sqlite(raw, sqlite3_exec(raw, sql, nullptr, nullptr, nullptr), sql);
  };
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
      "CREATE TABLE messages (key TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID");
  sqlite3_stmt* insert = nullptr;
  check_sqlite(raw,
               sqlite3_prepare_v2(raw, "INSERT OR REPLACE INTO messages VALUES (?, ?)",
                                  -1, &insert, nullptr),
               "prepare");
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> owner(insert,
                                                                    sqlite3_finalize);
  return rate_of(static_cast<int>(keys.size()), [&] {
    if (commit == Commit::together) run("BEGIN");
    for (const auto& key : keys) {
      sqlite3_bind_text(insert, 1, key.data(), -1, SQLITE_STATIC);
      sqlite3_bind_text(insert, 2, kMessage.data(), -1, SQLITE_STATIC);
      check_sqlite(raw, sqlite3_step(insert), "insert");
      sqlite3_reset(insert);
    }
    if (commit == Commit::together) run("COMMIT");
  });
}

// A log-structured merge tree, as Cassandra has one: LevelDB, each write synced.
double lsm(const DiskFolder& folder, const std::vector<std::string>& keys,
           Commit commit) {
  const std::string path =
      folder / (commit == Commit::each ? "each.ldb" : "together.ldb");
  leveldb::Options options;
  options.create_if_missing = true;
  leveldb::DB* raw = nullptr;
  const auto ok = [](const leveldb::Status& status) {
    if (!status.ok()) throw lab::Error("write to LevelDB", status.ToString());
  };
  ok(leveldb::DB::Open(options, path, &raw));
  const std::unique_ptr<leveldb::DB> database(raw);
  leveldb::WriteOptions synced;
  synced.sync = true;
  return rate_of(static_cast<int>(keys.size()), [&] {
    if (commit == Commit::each) {
      for (const auto& key : keys) ok(database->Put(synced, key, kMessage));
      return;
    }
    leveldb::WriteBatch batch;
    for (const auto& key : keys) batch.Put(key, kMessage);
    ok(database->Write(synced, &batch));
  });
}

// The disk alone: append and sync.
double syncs(const DiskFolder& folder, int count) {
  const std::string path = folder / "sync";
  const int fd = static_cast<int>(
      lab::check_errno(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600), path));
  const double rate = rate_of(count, [&] {
    for (int i = 0; i < count; ++i) {
      lab::check_errno(write(fd, kMessage.data(), kMessage.size()), "write");
      lab::check_errno(fdatasync(fd), "sync");
    }
  });
  close(fd);
  return rate;
}

}  // namespace

// Step 14: the same keys, in random order, into two engines, synced after each message
// or once after all.
void write_rate(Story& story) {
  const DiskFolder folder;
  const auto few = random_keys(story.quick() ? 100 : 500);
  const auto more = random_keys(story.quick() ? 10'000 : 50'000);
  const double disk = syncs(folder, static_cast<int>(few.size()));
  const double btree_each = btree(folder, few, Commit::each);
  const double btree_together = btree(folder, more, Commit::together);
  const double lsm_each = lsm(folder, few, Commit::each);
  const double lsm_together = lsm(folder, more, Commit::together);
  const auto text = [](double rate) { return fmt::format("{:.0f}", rate); };
  story.table({"messages a second, random keys",
               {"", "synced one by one", "synced together"},
               {{"B-tree (SQLite)", text(btree_each), text(btree_together)},
                {"LSM (LevelDB)", text(lsm_each), text(lsm_together)},
                {"the disk alone", text(disk), "-"}}});
  const double policy = std::min(btree_together / btree_each, lsm_together / lsm_each);
  const double engine = std::max(lsm_each, btree_each) / std::min(lsm_each, btree_each);
  story.claim(
      "11.6",
      "How often you wait for the disk decides the write rate more than the engine",
      policy > engine,
      "syncing together instead of one by one: at least {:.0f} times as many; the "
      "better engine at the same durability: {:.1f} times",
      policy, engine);
  story.nuance(
      "11.6",
      "so 'NoSQL for its write rate' is no reason by itself: any engine can batch. "
      "An LSM tree helps once the keys no longer fit in memory; what a chat "
      "needs is an append and a range by (room, offset)");
}

namespace {

struct Race {
  bool first = false, second = false;
  std::string accounts;
};

// False if the name is taken: the constraint says so, in whichever order they come.
bool ran(lab::Postgres& connection, const std::string& sql) try {
  connection.query(sql);
  return true;
} catch (const lab::PostgresError& error) {
  if (error.state() == "23505") return false;  // unique_violation
  throw;
}

// Both look before either writes: as two servers do, now and then.
Race both_sign_up(lab::Postgres& one, lab::Postgres& two, const std::string& table) {
  const std::string look = "SELECT count(*) FROM " + table + " WHERE name = 'ann'";
  const std::string sign_up = "INSERT INTO " + table + " (name) VALUES ('ann')";
  const bool one_free = one.query(look).number() == 0;
  const bool two_free = two.query(look).number() == 0;
  Race race;
  race.first = one_free && ran(one, sign_up);
  race.second = two_free && ran(two, sign_up);
  race.accounts = one.query(look).text();
  return race;
}

}  // namespace

void sign_up(Story& story) {
  const lab::PostgresServer postgres;
  lab::Postgres one(postgres.url()), two(postgres.url());
  const std::string tag = std::to_string(getpid());
  const std::string with = "lab11_unique_" + tag, without = "lab11_plain_" + tag;
  one.query("CREATE TABLE " + with + " (name text UNIQUE)");
  one.query("CREATE TABLE " + without + " (name text)");
  const Race unique = both_sign_up(one, two, with);
  const Race plain = both_sign_up(one, two, without);
  one.query("DROP TABLE " + with + ", " + without);
  story.table({"two people sign up as ann, both saw that the name is free",
               {"", "first", "second", "accounts"},
               {{"UNIQUE", unique.first ? "in" : "refused",
                 unique.second ? "in" : "refused", unique.accounts},
                {"look, then insert", plain.first ? "in" : "refused",
                 plain.second ? "in" : "refused", plain.accounts}}});
  story.claim(
      "11.7", "A unique name needs one place that decides",
      unique.accounts == "1" && unique.first != unique.second && plain.accounts == "2",
      "with a unique constraint {} account, without it {}", unique.accounts,
      plain.accounts);
  story.nuance("11.7",
               "a choice, not a fact: ask which guarantee you need and who gives it. A "
               "unique name needs one place that decides; MongoDB has unique indexes "
               "too, Cassandra IF NOT EXISTS, at the price of a round of Paxos");
}

}  // namespace lab11
