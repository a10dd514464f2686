#include "peers/measure.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "lab/core/error.hpp"
#include "lab/os/process.hpp"

namespace runner {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::json;

// "psql (PostgreSQL) 15.16" -> "15.16"
std::string number_in(const std::string& text) {
  const std::size_t from = text.find_first_of("0123456789");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_first_not_of("0123456789.", from) - from);
}

// One core that we may run on, for a contest that is held on a single one.
int a_core() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  lab::check_errno(sched_getaffinity(0, sizeof allowed, &allowed), "find a core");
  int core = 0;
  while (!CPU_ISSET(core, &allowed)) ++core;
  return core;
}

Round read_round(const std::string& line) {
  const Json json = Json::parse(line);
  const double operations = json.at("operations");
  if (!(operations > 0)) throw std::invalid_argument("it did no operation");
  Round round{.ns = json.at("ns").get<double>() / operations,
              .cpu_ns = json.at("cpu_ns").get<double>() / operations,
              .check = json.at("check")};
  if (!(round.ns > 0)) throw std::invalid_argument("it took no time");
  if (json.contains("p99_ns")) round.p99_ns = json.at("p99_ns").get<double>();
  return round;
}

}  // namespace

std::vector<std::string> filled(const std::vector<std::string>& words,
                                const Ground& ground, std::int64_t count) {
  std::map<std::string, std::string> known = ground.words;
  known["count"] = std::to_string(count);
  known["build"] = ground.place.build / "bench";
  known["peers"] = peers_folder(ground.place);
  known["core"] = std::to_string(a_core());
  std::vector<std::string> all = words;
  for (std::string& word : all) {
    for (const auto& [name, value] : known) {
      const std::string sign = "{" + name + "}";
      const std::size_t at = word.find(sign);
      if (at != std::string::npos) word.replace(at, sign.size(), value);
    }
  }
  return all;
}

fs::path peers_folder(const Place& place) {
  return place.root / "bench" / "peers";
}

Presence presence(const Contestant& one, const Ground& ground) {
  std::string version;
  const fs::path command = filled(one.run, ground)[0];
  if (command.is_absolute() && !fs::exists(command)) {
    return {{}, command.filename().string() + " was not built: CMake said what it lacks"};
  }
  if (!one.program.empty()) {
    try {
      lab::Child child = lab::Child::run({one.program, "--version"}, {.deadline = 10s});
      version = number_in(child.wait().out);
    } catch (const lab::Error&) {
      return {{}, one.program + " is not installed"};
    }
  }
  if (one.package.empty()) return {version, {}};
  std::ifstream file(peers_folder(ground.place) / "node_modules" / one.package /
                     "package.json");
  const Json json = Json::parse(file, nullptr, false);
  if (json.is_discarded()) {
    return {{}, "npm ci --prefix bench/peers installs " + one.package};
  }
  return {json.value("version", ""), {}};
}

Round play_round(const Contestant& one, std::int64_t count, const Ground& ground) {
  lab::Child child = lab::Child::run(filled(one.run, ground, count), {.deadline = 120s});
  const lab::Exit& exit = child.wait();
  const std::string where = "measure " + one.name;
  if (exit.timed_out) throw lab::Error(where, "it took more than two minutes");
  if (exit.code == 77) throw CannotTakePart(exit.err.substr(0, exit.err.find('\n')));
  if (!exit.ok()) throw lab::Error(where, fmt::format("{}", exit.err));
  try {
    return read_round(exit.out);
  } catch (const std::exception& error) {
    throw lab::Error(where, error.what());
  }
}

}  // namespace runner
