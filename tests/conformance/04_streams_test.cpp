// Our streams and Node's: the lab's programs, and random scripts on a PassThrough, write
// the same log. Where the two rightly differ, both are pinned.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "04_stream_player.hpp"
#include "lab/stream/transform.hpp"
#include "support/places.hpp"
#include "support/played.hpp"
#include "world/programs.hpp"

namespace lab04 {
namespace {

// Writes of random sizes, and everything else that a user may do, over a few turns.
json random_script(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](unsigned limit) { return random() % limit; };
  static const Lines verbs{"pause", "resume",   "resume",     "data", "data",
                           "read",  "readable", "unreadable", "tick", "state"};
  json turns = json::array();
  const unsigned count = 2 + below(5), last = count - 1, end = below(count);
  for (unsigned turn = 0; turn < count; ++turn) {
    json ops = json::array();
    for (unsigned i = below(7); i > 0; --i) {
      if (turn <= end && below(2) == 0)  // a write after the end is lab 05's
        ops.push_back(
            {"write", 0, std::string(1 + below(6), static_cast<char>('a' + below(26)))});
      else
        ops.push_back({verbs[below(static_cast<unsigned>(verbs.size()))], 0});
    }
    turns.push_back(ops);
  }
  turns[end].push_back({"end", 0});
  if (below(2) == 0) turns[last].push_back({"resume", 0});
  const json stage{
      {"kind", "pass"}, {"mark", 1 + below(12)}, {"halfOpen", below(2) == 0}};
  return {{"streams", {stage}}, {"turns", turns}};
}

std::vector<Lines> play_in_node(const json& scripts) {
  return json::parse(lab::test::answer_of_node("04_streams.mjs", scripts.dump()))
      .get<std::vector<Lines>>();
}

using StreamsBesideNode = lab::test::BesideNode;

TEST_F(StreamsBesideNode, TheLabsProgramsWriteTheSameOrder) {
  lab::test::Rows theirs = lab::test::twin("04_streams");
  EXPECT_EQ(theirs.size(), programs().size());
  for (const auto& [what, play] : programs())
    EXPECT_EQ(theirs[what], play([](std::string_view) {})) << what;
}

// Plays all in both, and shows the first that differ. Answers how often each line came.
std::map<std::string, int> compare(const json& scripts) {
  const auto theirs = play_in_node(scripts);
  EXPECT_EQ(theirs.size(), scripts.size());
  std::map<std::string, int> seen;
  int different = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i) {
    const Lines ours = Player(scripts[i]).log;
    if (ours != theirs[i] && ++different <= 3)
      ADD_FAILURE() << scripts[i].dump() << "\nours   " << json(ours).dump()
                    << "\ntheirs " << json(theirs[i]).dump();
    for (const auto& line : ours) ++seen[line];
  }
  EXPECT_EQ(different, 0);
  return seen;
}

TEST_F(StreamsBesideNode, RandomScriptsWriteTheSameLog) {
  json scripts = json::array();
  for (unsigned seed = 1; seed <= 2000; ++seed) scripts.push_back(random_script(seed));
  std::map<std::string, int> seen;  // so that no kind of line is missing by accident
  for (const auto& [line, count] : compare(scripts))
    seen[line.substr(0, line.find(' ', 2))] += count;
  for (const char* kind :
       {"a data", "a read", "a readable", "a null", "a.end", "a.prefinish", "a.finish",
        "a.drain", "a.pause", "a.resume", "a.close", "tick", "a true", "a false"})
    EXPECT_GT(seen[kind], 50) << kind;
}

// What can be done to a stream of a kind.
Lines verbs_of(const std::string& kind) {
  Lines verbs{"destroy", "fail", "state", "tick", "open", "close"};
  const auto add = [&](const Lines& more) {
    verbs.insert(verbs.end(), more.begin(), more.end());
  };
  if (kind == "source" || kind == "duplex") add({"push", "push", "push end"});
  if (kind != "sink")
    add({"pause", "resume", "data", "no data", "readable", "unreadable", "read"});
  if (kind != "source") add({"write", "write", "end"});
  if (kind == "sink" || kind == "duplex")
    add({"answer", "answer", "answer", "answer", "answer"});
  return verbs;
}

class Choice {
 public:
  explicit Choice(unsigned seed) : random_(seed) {}
  unsigned below(unsigned limit) { return random_() % limit; }
  bool one_in(unsigned limit) { return below(limit) == 0; }
  const std::string& of(const Lines& all) {
    return all[below(static_cast<unsigned>(all.size()))];
  }

  json stream(const std::string& kind) {
    json spec{{"kind", kind},
              {"mark", 1 + below(8)},
              {"halfOpen", !one_in(3)},
              {"opens", one_in(6) && kind != "pass" && kind != "early"},
              {"closes", one_in(6) && kind != "pass" && kind != "early"},
              {"atOnce", one_in(2)},
              {"final", one_in(5) && kind == "sink"}};
    if (kind == "duplex" && one_in(4)) spec[one_in(2) ? "readable" : "writable"] = false;
    if (one_in(4)) spec["failsAt"] = 1 + below(3);
    if (one_in(2) && spec.value("readable", true)) {
      spec["chunks"] = json::array();
      for (unsigned i = below(6); i > 0; --i)
        spec["chunks"].push_back(std::string(1 + below(4), static_cast<char>('a' + i)));
      spec["then"] = of({"waits", "ends", "ends", "fails"});
    }
    return spec;
  }

  json op(const std::string& kind, unsigned at) {
    const std::string verb = of(verbs_of(kind));
    if (verb == "write" || verb == "push")
      return {verb, at, std::string(1 + below(5), static_cast<char>('p' + below(9)))};
    if ((verb == "answer" || verb == "open" || verb == "close") && one_in(5))
      return {verb, at, "fails"};
    return {verb, at};
  }

 private:
  std::mt19937 random_;
};

// A source and two sinks, each in a random state, joined at a random moment by two pipes
// or, with the first of the sinks as a stage, by a pipeline.
json random_joins(unsigned seed, bool with_pipeline) {
  Choice choice(seed);
  const Lines kinds{choice.of({"source", "source", "duplex", "pass"}),
                    with_pipeline ? choice.of({"pass", "pass", "early"})
                                  : choice.of({"sink", "duplex", "pass", "early"}),
                    choice.of({"sink", "sink", "duplex"})};
  json streams = json::array();
  for (const auto& kind : kinds) streams.push_back(choice.stream(kind));
  if (with_pipeline) streams[0]["readable"] = true;
  const unsigned count = 3 + choice.below(5);
  const unsigned joins = choice.below(count), second = choice.below(count);
  const bool has_stage = choice.one_in(2);
  json turns = json::array();
  for (unsigned turn = 0; turn < count; ++turn) {
    json ops = json::array();
    const unsigned many = choice.below(turn > joins ? 6 : 4);
    for (unsigned i = 0; i < many; ++i) {
      const unsigned at = choice.below(3);
      ops.push_back(choice.op(kinds[at], at));
    }
    const auto join = [&](json op) {
      ops.insert(ops.begin() + choice.below(static_cast<unsigned>(ops.size()) + 1),
                 std::move(op));
    };
    if (with_pipeline && turn == joins)
      join({"pipeline", 0, has_stage ? json{1, 2} : json::array({2})});
    if (!with_pipeline && turn == joins) join({"pipe", 0, 1});
    if (!with_pipeline && turn == second) join({"pipe", 0, 2});
    turns.push_back(std::move(ops));
  }
  json last = json::array();
  for (unsigned at : {0, 1, 2}) last.push_back({"state", at});
  turns.push_back(std::move(last));
  return {{"streams", streams}, {"turns", turns}};
}

TEST_F(StreamsBesideNode, RandomPipesWriteTheSameLog) {
  json scripts = json::array();
  for (unsigned seed = 1; seed <= 3000; ++seed)
    scripts.push_back(random_joins(seed, false));
  auto seen = compare(scripts);
  for (const char* line : {"a.pause", "b.finish", "c.error", "b.drain", "c.close"})
    EXPECT_GT(seen[line], 100) << line;
}

TEST_F(StreamsBesideNode, RandomPipelinesWriteTheSameLog) {
  json scripts = json::array();
  for (unsigned seed = 1; seed <= 3000; ++seed)
    scripts.push_back(random_joins(seed, true));
  auto seen = compare(scripts);
  for (const char* line : {"done", "failed: boom", "failed: premature close"})
    EXPECT_GT(seen[line], 30) << line;
}

json meetings() {
  return json::parse(
      std::ifstream(lab::test::source("tests/conformance/04_meetings.json")));
}

// The state, the operation (in the same turn if the state ends with "now"), and what lets
// everything that is still due come to its end.
json turns_of(const json& state, const json& operation, const char* opening,
              const json& afterwards) {
  json turns = state;
  const bool now = !turns.empty() && turns.back().back()[0] == "now";
  if (now) turns.back().erase(turns.back().size() - 1);
  if (!now) turns.push_back(json::array());
  for (const json& one : operation) turns.back().push_back(one);
  turns.push_back(json::array());
  turns.back().push_back(json::array({"open", 0, opening}));
  for (const json& turn : afterwards) turns.push_back(turn);
  return turns;
}

// As pipe.hpp says: the same pair joined twice, and a pipeline from what is never read.
bool is_left_out(const json& kind, const std::string& state,
                 const std::string& operation) {
  const auto has = [](const std::string& name, const char* part) {
    return name.find(part) != name.npos;
  };
  if (has(state, "pipe") && has(operation, "pipe")) return true;
  return !kind.value("readable", true) &&
         (has(state, "in a pipeline") ||
          (has(operation, "pipeline") && !has(operation, "into")));
}

// Each operation meets a stream in each of its states: the stream is a; b is a sink that is
// answered by hand, c a source of four bytes, and d a stage that passes all on.
json every_meeting() {
  const json all = meetings();
  json scripts = json::array();
  const auto meet = [&](const json& streams, const json& states, const json& operations) {
    for (const auto& [state, before] : states.items())
      for (const auto& [operation, what] : operations.items())
        for (const char* opening : {"opens", "fails"}) {
          if (opening[0] == 'f' && !streams[0].value("opens", false)) continue;
          if (is_left_out(streams[0], state, operation)) continue;
          scripts.push_back(
              {{"what", state + ": " + operation},
               {"streams", streams},
               {"turns", turns_of(before, what, opening, all["afterwards"])}});
        }
  };
  for (json kind : all["kinds"]) {
    kind["mark"] = 4;
    json streams = all["others"];
    streams.insert(streams.begin(), kind);
    for (const auto& [has, operations] : all["operations"].items())
      for (const auto& [side, states] : all["states"].items()) {
        if (kind["kind"] == "source" && (has == "writes" || side == "writes")) continue;
        if (kind["kind"] == "sink" && (has == "reads" || side == "reads")) continue;
        meet(streams, states, operations);
      }
  }
  return scripts;
}

TEST_F(StreamsBesideNode, EveryOperationMeetsAStreamInEveryState) {
  const json scripts = every_meeting();
  EXPECT_GT(scripts.size(), 2000u);
  compare(scripts);
}

// What no random script comes to.
TEST_F(StreamsBesideNode, SituationsFromTheField) {
  compare(meetings()["from the field"]);
}

// The unit tests play these without Node.
TEST_F(StreamsBesideNode, RecordedScriptsWriteTheLogThatWasRecorded) {
  const json scripts =
      json::parse(std::ifstream(lab::test::source("tests/common/stream_scripts.json")));
  const auto theirs = play_in_node(scripts);
  for (std::size_t i = 0; i < scripts.size(); ++i)
    EXPECT_EQ(theirs[i], scripts[i]["log"].get<Lines>()) << scripts[i].dump();
}

TEST_F(StreamsBesideNode, AnotherOrderWouldBeNoticed) {
  json script = json::parse(R"({"streams":[{"kind":"pass","mark":4}],"turns":
      [[["data",0],["write",0,"ab"],["end",0],["tick",0]]]})");
  EXPECT_EQ(Player(script).log, play_in_node(json::array({script})).front());
  json other = script;
  std::swap(other["turns"][0][0], other["turns"][0][1]);
  EXPECT_NE(Player(other).log, play_in_node(json::array({script})).front());
}

}  // namespace
}  // namespace lab04
