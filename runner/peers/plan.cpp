#include "peers/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/core/error.hpp"

namespace runner {

namespace {

using Json = nlohmann::json;

Contestant::Kind kind_of(const std::string& word) {
  if (word == "ours") return Contestant::Kind::ours;
  if (word == "peer") return Contestant::Kind::peer;
  if (word == "limit") return Contestant::Kind::limit;
  throw std::invalid_argument("a contestant is ours, peer or limit, not " + word);
}

Case::Unit unit_of(const std::string& word) {
  if (word == "ns") return Case::Unit::ns;
  if (word == "us") return Case::Unit::us;
  if (word == "ms") return Case::Unit::ms;
  if (word == "1/s") return Case::Unit::per_second;
  if (word == "bytes") return Case::Unit::bytes;
  throw std::invalid_argument("a unit is ns, us, ms, 1/s or bytes, not " + word);
}

Case::Clock clock_of(const std::string& word) {
  if (word == "cpu") return Case::Clock::cpu;
  if (word == "wall") return Case::Clock::wall;
  throw std::invalid_argument("a clock is cpu or wall, not " + word);
}

Contestant contestant(const Json& json) {
  Contestant one{.name = json.at("name"),
                 .kind = kind_of(json.value("kind", "peer")),
                 .run = json.at("run"),
                 .count = json.at("count"),
                 .package = json.value("package", ""),
                 .program = json.value("program", ""),
                 .beyond = json.value("beyond", "")};
  if (one.run.empty() || one.count < 1) {
    throw std::invalid_argument(one.name + " needs a command and a count from 1");
  }
  return one;
}

void expect_known(const Case& one, const std::string& name) {
  if (!one.find(name)) throw std::invalid_argument("there is no contestant " + name);
}

void check(const Case& one) {
  std::set<std::string> names;
  for (const Contestant& each : one.contestants) {
    if (!names.insert(each.name).second) {
      throw std::invalid_argument("two contestants are called " + each.name);
    }
    if (!each.beyond.empty()) expect_known(one, each.beyond);
  }
  const auto is_ours = [](const Contestant& each) {
    return each.kind == Contestant::Kind::ours;
  };
  if (std::ranges::count_if(one.contestants, is_ours) != 1) {
    throw std::invalid_argument("one contestant of each case is ours");
  }
  for (const Goal& goal : one.goals) {
    expect_known(one, goal.of);
    if (goal.under_ns <= 0) expect_known(one, goal.over);
  }
}

Goal goal_of(const Json& json) {
  if (json.contains("under_ns")) {
    return {.of = json.at("of"), .under_ns = json.at("under_ns")};
  }
  return {.of = json.at("of"),
          .over = json.at("over"),
          .at_least = json.at("at_least"),
          .by_p99 = json.value("p99", false)};
}

Case one_case(const Json& json) {
  Case one{.name = json.at("name"),
           .operation = json.at("operation"),
           .unit = unit_of(json.at("unit")),
           .clock = clock_of(json.at("clock")),
           .check = json.at("check"),
           .contestants = {},
           .goals = {}};
  for (const Json& each : json.at("contestants")) {
    one.contestants.push_back(contestant(each));
  }
  for (const Json& goal : json.value("goals", Json::array())) {
    one.goals.push_back(goal_of(goal));
  }
  check(one);
  return one;
}

}  // namespace

const Contestant* Case::find(std::string_view wanted) const {
  const auto found = std::ranges::find(contestants, wanted, &Contestant::name);
  return found == contestants.end() ? nullptr : &*found;
}

const Contestant& Case::ours() const {
  return *std::ranges::find(contestants, Contestant::Kind::ours, &Contestant::kind);
}

Plan Plan::parse(std::string_view text, const std::string& origin) {
  try {
    const Json json = Json::parse(text);
    Plan plan{json.at("lab"), json.value("service", std::vector<std::string>{}), {}};
    for (const Json& each : json.at("cases")) plan.cases.push_back(one_case(each));
    return plan;
  } catch (const std::exception& error) {  // not JSON, a part missing, or out of rule
    throw lab::Error("read " + origin, error.what());
  }
}

}  // namespace runner
