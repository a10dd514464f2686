// Lab 08 beside Node: the same programs end alike and print the same. And random scripts of
// rejections, whose handlers come in time or late, and reject and throw themselves.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "support/places.hpp"
#include "support/played.hpp"
#include "uncaught.hpp"

namespace {

using namespace lab::test;
using lab08::Error;
using nlohmann::json;
using Log = std::vector<std::string>;

using UncaughtBesideNode = BesideNode;

TEST_F(UncaughtBesideNode, ProgramsEndAlikeAndPrintTheSame) {
  Rows node = twin("08_uncaught");
  Rows lab;
  // "survives > exit 0 | caught"; the rows that head a group have no result.
  for (const auto& [program, cells] : play("08_uncaught", {"--scene", "rules"}).rows()) {
    const std::size_t result = cells.find("exit ");
    if (result != std::string::npos) lab[program] = cells.substr(result);
  }
  EXPECT_EQ(lab.size(), 19u);
  lab["careless, swallowed"] =
      play("08_uncaught", {"--scene", "state"}).rows().at("careless, swallowed");
  EXPECT_EQ(lab, node);
}

std::string message(const Error& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  }
}

class Player {
 public:
  explicit Player(const json& script) {
    if (script.contains("unhandled"))
      node_.on_unhandled = [this, does = each(script["unhandled"])](const Error& error) {
        log.push_back("unhandled " + message(error));
        act(does());
      };
    if (script.contains("late"))
      node_.on_handled_late = [this, does = each(script["late"])] {
        log.emplace_back("late");
        act(does());
      };
    node_.on_uncaught = [this, does = each(script["uncaught"])](const Error& error,
                                                                lab08::Origin origin) {
      log.push_back(fmt::format("uncaught {} {}", message(error), name(origin)));
      act(does());
    };
    node_.run([] {});
    lab::uv::Async poll(node_.loop(), [&] {
      poll.close();
      node_.call([&] { act(script["ops"]); });
    });
    poll.send();
    node_.loop().run();
  }
  Log log;

 private:
  // Each time that it is called, the next thing of the list.
  static std::function<json()> each(const json& lists) {
    return [lists, calls = std::make_shared<std::size_t>(0)] {
      const std::size_t call = (*calls)++;
      return call < lists.size() ? lists[call] : json::array();
    };
  }

  void act(const json& ops) {
    for (const json& op : ops) {
      const std::string verb = op[0], name = op[1];
      if (verb == "throw") throw std::runtime_error(name);
      if (verb == "reject") {
        const auto error = std::make_exception_ptr(std::runtime_error(name));
        promises_.insert_or_assign(name, lab08::Promise::rejected(node_, error));
        continue;
      }
      const auto call = [this, line = verb + " " + name, does = op[2]] {
        log.push_back(line);
        act(does);
      };
      if (verb == "catch" && promises_.contains(name))
        promises_.at(name).or_else([call](const Error&) { call(); });
      if (verb == "tick") node_.next_tick(call);
      if (verb == "microtask") node_.microtask(call);
      if (verb == "immediate") node_.set_immediate(call);
    }
  }

  lab08::Runtime node_;
  std::map<std::string, lab08::Promise> promises_;
};

class RandomRejections {
 public:
  explicit RandomRejections(unsigned seed) : random_(seed), immediates_(seed % 2 == 0) {
    script["ops"] = some(6, 0);
    if (below(3) > 0) script["unhandled"] = lists();
    if (below(2) > 0) script["late"] = lists();
    script["uncaught"] = json::array();
    for (int i = 0; i < 3; ++i) script["uncaught"].push_back(some(2, 3));
    for (json& does : script["uncaught"]) does = without_throw(does);
  }
  json script;

 private:
  int below(int limit) {
    return static_cast<int>(random_() % static_cast<unsigned>(limit));
  }
  json lists() {
    json all = json::array();
    for (int i = 0; i < 4; ++i) all.push_back(some(2, 2));
    return all;
  }
  json some(int most, int depth) {
    json ops = json::array();
    for (int count = below(most + 1); count > 0; --count) ops.push_back(op(depth));
    return ops;
  }

  static json without_throw(const json& ops) {
    json rest = json::array();
    for (const json& op : ops)
      if (op[0] != "throw") rest.push_back(op);
    return rest;
  }

  // Nothing throws right in a tick or an immediate: see the concept's "Left out".
  json op(int depth) {
    const int kind = below(20);
    if (kind < 6) return {"reject", fmt::format("p{}", below(5)), json::array()};
    if (kind == 6 && depth > 0 && std::exchange(may_throw_, false))
      return {"throw", fmt::format("x{}", ++last_), json::array()};
    const json does = depth < 3 ? some(3, depth + 1) : json::array();
    if (kind < 13) return {"catch", fmt::format("p{}", below(5)), does};
    return {std::array{"tick", "microtask", "immediate"}[kind % (immediates_ ? 3 : 2)],
            std::to_string(++last_), does};
  }

  std::mt19937 random_;
  int last_ = 0;
  bool immediates_;
  bool may_throw_ = !immediates_;
};

std::vector<Log> play_in_node(const json& scripts) {
  return json::parse(answer_of_node("08_rejections.mjs", scripts.dump()))
      .get<std::vector<Log>>();
}

TEST_F(UncaughtBesideNode, RandomScriptsOfRejectionsWriteTheSameLog) {
  constexpr unsigned kScripts = 500;
  json scripts = json::array();
  for (unsigned seed = 1; seed <= kScripts; ++seed)
    scripts.push_back(RandomRejections(seed).script);
  const auto theirs = play_in_node(scripts);
  ASSERT_EQ(theirs.size(), kScripts);
  std::map<std::string, int> seen;  // so that no kind of line is missing by accident
  for (unsigned i = 0; i < kScripts; ++i) {
    const Log ours = Player(scripts[i]).log;
    ASSERT_EQ(ours, theirs[i]) << "seed " << i + 1 << "\n" << scripts[i].dump();
    for (const auto& line : ours) ++seen[line.substr(0, line.find(' '))];
  }
  for (const char* kind :
       {"catch", "tick", "microtask", "immediate", "unhandled", "late", "uncaught"})
    EXPECT_GT(seen[kind], 50) << kind;
}

}  // namespace
