#include "peers_measure.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "lab/error.hpp"
#include "lab/process.hpp"

namespace runner {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::json;

std::string filled(std::string word, std::string_view name, const std::string& value) {
  const std::size_t at = word.find(name);
  return at == std::string::npos ? word : word.replace(at, name.size(), value);
}

std::vector<std::string> command(const Contestant& one, std::int64_t count,
                                 const Place& place) {
  std::vector<std::string> words;
  for (const std::string& word : one.run) {
    std::string text = filled(word, "{count}", std::to_string(count));
    text = filled(std::move(text), "{build}", place.build / "bench");
    words.push_back(filled(std::move(text), "{peers}", peers_folder(place)));
  }
  return words;
}

// "psql (PostgreSQL) 15.16" -> "15.16"
std::string number_in(const std::string& text) {
  const std::size_t from = text.find_first_of("0123456789");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_first_not_of("0123456789.", from) - from);
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

fs::path peers_folder(const Place& place) {
  return place.root / "bench" / "peers";
}

Presence presence(const Contestant& one, const Place& place) {
  std::string version;
  if (!one.program.empty()) {
    try {
      lab::Child child = lab::Child::run({one.program, "--version"}, {.deadline = 10s});
      version = number_in(child.wait().out);
    } catch (const lab::Error&) {
      return {{}, one.program + " is not installed"};
    }
  }
  if (one.package.empty()) return {version, {}};
  std::ifstream file(peers_folder(place) / "node_modules" / one.package / "package.json");
  const Json json = Json::parse(file, nullptr, false);
  if (json.is_discarded()) {
    return {{}, "npm ci --prefix bench/peers installs " + one.package};
  }
  return {json.value("version", ""), {}};
}

Round play_round(const Contestant& one, std::int64_t count, const Place& place) {
  lab::Child child = lab::Child::run(command(one, count, place), {.deadline = 120s});
  const lab::Exit& exit = child.wait();
  const std::string where = "measure " + one.name;
  if (exit.timed_out) throw lab::Error(where, "it took more than two minutes");
  if (!exit.ok()) throw lab::Error(where, fmt::format("{}", exit.err));
  try {
    return read_round(exit.out);
  } catch (const std::exception& error) {
    throw lab::Error(where, error.what());
  }
}

}  // namespace runner
