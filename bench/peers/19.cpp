// Lab 19's pool as a contestant, and what stands beside it on the same server:
//   peers_19 NAME CLIENTS CONNECTIONS URL COUNT
//   peers_19 serve FILE          the server: it writes there how to reach it
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <thread>

#include "lab/core/program.hpp"
#include "lab/db/postgres_server.hpp"
#include "lab/os/process.hpp"
#include "lab/os/run_dir.hpp"
#include "offer.hpp"
#include "postgres_connection.hpp"
#include "timed.hpp"
#include "world/crowd.hpp"

namespace {

using namespace lab19;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr const char* kQuery = "SELECT 1";

struct Round {
  int clients;
  std::size_t connections;
  std::string url;
  std::int64_t count;
};

// `query` by as many threads as there are clients, `count` times in all; adds up what came.
std::string ask(int clients, std::int64_t count,
                const std::function<std::string()>& query) {
  std::atomic<std::int64_t> left = count, sum = 0;
  in_parallel(clients, [&] {
    while (left.fetch_sub(1) > 0) sum += std::stol(query());
  });
  return fmt::format("{} ones", sum.load());
}

// Without the reset of a session, which none of the others does.
void through_pool(const Round& round) {
  ConnectionPool pool({.size = round.connections, .reset_on_return = false},
                      to_postgres(round.url));
  peers::timed(round.count, [&](std::int64_t count) {
    return ask(round.clients, count, [&] {
      const auto lease = pool.acquire(10s);
      return (*lease)->query(kQuery);
    });
  });
}

// A connection opened for each query: what a pool is for.
void without_pool(const Round& round) {
  peers::timed(round.count, [&](std::int64_t count) {
    return ask(round.clients, count,
               [&] { return PostgresConnection(round.url).query(kQuery); });
  });
}

// A pool outside of the process. It does not run as root.
void through_pgbouncer(const Round& round) {
  if (geteuid() == 0) throw lab::Absent("pgbouncer does not run as root");
  const int port = 20'000 + getpid() % 10'000;
  const fs::path settings = lab::run_dir() / "pgbouncer.ini";
  std::ofstream(settings) << "[databases]\nbench = " << round.url
                          << "\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = "
                          << port << "\nunix_socket_dir =\nauth_type = any\n"
                          << "pool_mode = transaction\ndefault_pool_size = "
                          << round.connections << "\n";
  const lab::Child bouncer =
      lab::Child::run({"pgbouncer", "-q", settings}, {.deadline = 5min});
  const std::string url =
      fmt::format("host=127.0.0.1 port={} user=lab dbname=bench", port);
  for (int tries = 0; tries < 200; ++tries) {
    try {
      PostgresConnection(url).query(kQuery);
      break;
    } catch (const lab::Error&) {
      std::this_thread::sleep_for(20ms);
    }
  }
  std::vector<std::unique_ptr<PostgresConnection>> kept;
  for (int i = 0; i < round.clients; ++i)
    kept.push_back(std::make_unique<PostgresConnection>(url));
  peers::timed(round.count, [&](std::int64_t count) {
    std::atomic<std::size_t> next = 0;
    std::atomic<std::int64_t> left = count, sum = 0;
    in_parallel(round.clients, [&] {
      PostgresConnection& mine = *kept[next++];
      while (left.fetch_sub(1) > 0) sum += std::stol(mine.query(kQuery));
    });
    return fmt::format("{} ones", sum.load());
  });
}

// It measures itself; its own start is not in its rate.
void pgbench(const Round& round) {
  const fs::path script = lab::run_dir() / fmt::format("select1.{}.sql", getpid());
  std::ofstream(script) << kQuery << ";\n";
  const std::string clients = std::to_string(round.clients);
  const std::int64_t each = std::max<std::int64_t>(1, round.count / round.clients);
  const std::int64_t cpu = peers::own_cpu_ns();
  lab::Child child = lab::Child::run({"pgbench", "-n", "-f", script, "-c", clients, "-j",
                                      clients, "-t", std::to_string(each), round.url},
                                     {.deadline = 2min});
  const lab::Exit& exit = child.wait();
  fs::remove(script);
  const auto at = exit.out.find("tps = ");
  if (!exit.ok() || at == std::string::npos) throw lab::Error("run pgbench", exit.err);
  const double rate = std::stod(exit.out.substr(at + 6));
  const std::int64_t done = each * round.clients;
  peers::tell({.operations = done,
               .ns = static_cast<std::int64_t>(static_cast<double>(done) / rate * 1e9),
               .cpu_ns = peers::own_cpu_ns() - cpu,
               .check = "a rate"});
}

const std::map<std::string, void (*)(const Round&)> kContestants = {
    {"pool", through_pool},
    {"none", without_pool},
    {"pgbouncer", through_pgbouncer},
    {"pgbench", pgbench}};

void serve(const std::string& offer) {
  const lab::PostgresServer server({.always_own = true});
  const std::string host = server.url().substr(5, server.url().find(' ') - 5);
  peers::offer(offer, {{"url", server.url()}, {"host", host}});
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 3) serve(argv[2]);
  if (argc != 6)
    throw std::invalid_argument("peers_19 NAME CLIENTS CONNECTIONS URL COUNT");
  kContestants.at(argv[1])({.clients = std::stoi(argv[2]),
                            .connections = std::stoul(argv[3]),
                            .url = argv[4],
                            .count = std::stoll(argv[5])});
} catch (const lab::Absent& absent) {
  fmt::print(stderr, "{}\n", absent.what());
  return 77;
} catch (const std::exception& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
