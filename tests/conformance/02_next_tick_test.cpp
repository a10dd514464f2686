// Lab 02 beside Node: the same puzzles, the same orders. And random scripts of timers with
// busy times in between, played on both.
#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "support/places.hpp"
#include "support/played.hpp"
#include "world/environment.hpp"

namespace {

using namespace lab::test;
using nlohmann::json;

constexpr const char* kModule = "The program as .mjs";
constexpr const char* kEarly = "The program as .mjs, before the loop";
constexpr const char* kInPoll = "The program as .mjs, in poll";

// A table of one column has its name in its title.
Rows of_the_lab() {
  Rows orders;
  for (const Table& table : play("02_next_tick", {"--scene", "puzzles"}).tables) {
    for (const Cells& row : table.rows) {
      orders[row.size() == 1 ? table.title : row[0]] = row.back();
    }
  }
  return orders;
}

Rows of_node() {
  return twin("02_next_tick");
}

using NextTickBesideNode = BesideNode;

TEST_F(NextTickBesideNode, PlaysEveryPuzzleInTheSameOrder) {
  Rows lab = of_the_lab();
  Rows node = of_node();
  EXPECT_EQ(lab.size(), 11u);
  for (const char* name : {kEarly, kInPoll}) lab.erase(name);
  node.erase(kModule);
  EXPECT_EQ(lab, node);
}

// A late Node 22 and later evaluate a module before the loop starts, earlier ones in a
// callback of poll.
TEST_F(NextTickBesideNode, LoadsAModuleWhereItsVersionDoes) {
  const int major = std::stoi(output_of_node({"-p", "process.versions.node"}));
  EXPECT_EQ(of_node()[kModule], of_the_lab()[major >= 22 ? kEarly : kInPoll]);
}

using Clock = std::chrono::steady_clock;
using Orders = std::vector<std::string>;

void act(lab02::Environment& node, const json& ops, Clock::time_point start) {
  for (const json& op : ops) {
    const std::string verb = op[0];
    const int number = op[1];
    if (verb == "busy") {
      while (Clock::now() < start + std::chrono::milliseconds(number)) {
      }
      continue;
    }
    const std::string name = op[2];
    const auto body = [&node, does = op[3]] { act(node, does, Clock::now()); };
    if (verb == "timeout") node.set_timeout(name, number, body);
    if (verb == "immediate") node.set_immediate(name, body);
    if (verb == "tick") node.next_tick(name, body);
    if (verb == "microtask") node.microtask(name, body);
  }
}

Orders play_here(const json& scripts) {
  Orders orders;
  for (const json& script : scripts) {
    lab02::Environment node;
    node.script([&] { act(node, script, Clock::now()); });
    node.run();
    orders.push_back(node.order());
  }
  return orders;
}

Orders play_in_node(const json& scripts) {
  return json::parse(answer_of_node("02_timers.mjs", scripts.dump())).get<Orders>();
}

// Sets some timers, works, sets more; their callbacks do the same, less often. At the end
// it works until all of them are due, so that it is not the clock but Node's rule that says
// which goes first.
class RandomTimers {
 public:
  explicit RandomTimers(unsigned seed) : random_(seed) {
    int at = 0;
    for (int i = 0; i < 7; ++i) {
      script.push_back(something(0));
      if (below(2) == 0) script.push_back({"busy", at += 2 + below(4)});
    }
    script.push_back({"busy", at + 16});
  }
  json script = json::array();

 private:
  int below(int limit) {
    return static_cast<int>(random_() % static_cast<unsigned>(limit));
  }

  json something(int depth) {
    static constexpr int kDelays[] = {1, 5, 9, 13};
    json does = json::array();
    if (depth < 2) {
      for (int count = below(3); count > 0; --count) does.push_back(something(depth + 1));
      if (below(3) == 0) does.push_back({"busy", 16});
    }
    const std::string name = std::to_string(++last_);
    const int kind = below(8);
    if (kind < 5 || depth == 0) return {"timeout", kDelays[below(4)], name, does};
    return {std::array{"immediate", "tick", "microtask"}[kind - 5], 0, name, does};
  }

  std::mt19937 random_;
  int last_ = 0;
};

// On a busy machine the clock may decide otherwise. So a script is judged if Node comes to
// one order each time; and the order is right if both sides have come to it once.
TEST_F(NextTickBesideNode, RandomTimersFireInTheSameOrder) {
  json scripts = json::array();
  for (unsigned seed = 1; seed <= 40; ++seed)
    scripts.push_back(RandomTimers(seed).script);
  std::vector<std::set<std::string>> ours(scripts.size()), theirs(scripts.size());
  std::vector<std::size_t> open(scripts.size());
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
  for (int round = 0; round < 6 && !open.empty(); ++round) {
    json again = json::array();
    for (const std::size_t i : open) again.push_back(scripts[i]);
    const Orders here = play_here(again), there = play_in_node(again);
    for (std::size_t k = 0; k < open.size(); ++k) {
      ours[open[k]].insert(here.at(k));
      theirs[open[k]].insert(there.at(k));
    }
    std::erase_if(open, [&](std::size_t i) {
      return std::ranges::any_of(ours[i],
                                 [&](auto& one) { return theirs[i].contains(one); });
    });
  }
  std::erase_if(open, [&](std::size_t i) { return theirs[i].size() > 1; });
  for (const std::size_t i : open)
    ADD_FAILURE() << "seed " << i + 1 << "\nours   " << *ours[i].begin() << "\ntheirs "
                  << *theirs[i].begin() << "\n"
                  << scripts[i].dump();
}

// By their own times it would be 1 > 3 > 2.
TEST_F(NextTickBesideNode, TwoTimersOfOneDelayGoBeforeAnotherThatWasDueBetweenThem) {
  const json script = json::parse(R"([["timeout", 20, "1", []], ["busy", 5],
      ["timeout", 20, "2", []], ["busy", 12], ["timeout", 10, "3", []], ["busy", 50]])");
  EXPECT_EQ(play_in_node(json::array({script})), Orders{"1 > 2 > 3"});
  EXPECT_EQ(play_here(json::array({script})), Orders{"1 > 2 > 3"});
}

}  // namespace
