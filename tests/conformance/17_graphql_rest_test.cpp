// Ten thousand random queries, asked of our subset and of graphql-js; and our loader beside
// npm's dataloader.
#include <gmock/gmock.h>

#include <random>
#include <stdexcept>

#include "loader.hpp"
#include "support/played.hpp"

namespace lab17 {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The schema and the resolvers of 17_graphql.mjs.
Json node(std::int64_t id) {
  return {{"id", id}, {"name", fmt::format("node {}", id)}};
}
Json list(std::int64_t id, std::int64_t first) {
  Json items = Json::array();
  for (std::int64_t i = 0; i < first; ++i) {
    items.push_back((id + i) % 11 == 10 ? Json() : node((id * 2 + i) % 50));
  }
  return items;
}

Schema schema() {
  const auto from_id = [](const char* type, auto outcome) {
    return FieldType{
        type, {}, [outcome](const Call& call, const Reply& reply) {
          reply(outcome(call.parent.is_null() ? 0 : call.parent["id"].get<long>()));
        }};
  };
  const auto with = [](const char* type, Arguments defaults, auto outcome) {
    return FieldType{
        type, std::move(defaults),
        [outcome](const Call& call, const Reply& reply) { reply(outcome(call)); }};
  };
  const auto id_of = [](const Call& call) {
    return call.parent.is_null() ? 3 : call.parent["id"].get<std::int64_t>();
  };
  const auto items = with("[Node!]!", {{"first", 2}}, [=](const Call& call) {
    return list(id_of(call), call.arguments.at("first"));
  });
  return {
      {"Query",
       {{"node", with("Node", {{"id", 1}},
                      [](const Call& call) { return node(call.arguments.at("id")); })},
        {"must", from_id("Node!", [](long) { return node(2); })},
        {"list", items},
        {"holes", from_id("[Node]",
                          [](long) {
                            return Json{node(4), nullptr, node(5)};
                          })}}},
      {"Node",
       {{"id", {"Int!"}},
        {"name", {"String"}},
        {"bad", from_id("Int",
                        [](long id) -> Outcome {
                          if (id % 2) return Failure{fmt::format("bad {}", id)};
                          return Json(id);
                        })},
        // One of them throws where the other replies.
        {"worse", from_id("Int!",
                          [](long id) {
                            if (id % 3 == 0)
                              throw std::runtime_error(fmt::format("worse {}", id));
                            return Json(id);
                          })},
        {"nothing", from_id("Int", [](long id) { return id % 2 ? Json(id) : Json(); })},
        {"never",
         from_id("Int!", [](long id) { return id % 4 == 1 ? Json() : Json(id); })},
        {"next",
         from_id("Node",
                 [](long id) { return id % 5 == 4 ? Json() : node((id * 2 + 1) % 50); })},
        {"must",
         from_id("Node!",
                 [](long id) { return id % 7 == 3 ? Json() : node((id + 3) % 50); })},
        {"list", items},
        {"holes", from_id("[Node]",
                          [](long id) {
                            return Json{node((id + 1) % 50), nullptr};
                          })},
        {"twin", with("Int!", {{"a", 1}, {"b", 2}},
                      [](const Call& call) {
                        return Json(call.arguments.at("a") * 10 + call.arguments.at("b"));
                      })},
        {"other", from_id("Other",
                          [](long id) {
                            return id % 2 ? Json{{"id", id}, {"name", "other"}} : Json();
                          })}}},
      {"Other", {{"id", {"Int!"}}, {"name", {"String"}}}}};
}

// Queries as people and fuzzers write them: mostly right, of few names, so that keys meet.
class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  std::string query() {
    types_.clear();
    for (auto count = below(3); count > 0; --count)
      types_.push_back(of({"Node", "Node", "Node", "Query", "Other"}));
    first_ = 0;
    depth_ = 0;
    std::string text = (chance(3) ? of({"query ", "query Q "}) : "") + set("Query");
    for (unsigned i = 0; i < types_.size(); ++i) {
      first_ = i + 1;  // spreads only what comes later, so that there is no circle
      depth_ = 2;
      const std::string fragment =
          fmt::format("{}fragment F{} on {} {}", blank(), chance(50) ? below(3) : i,
                      chance(80) ? "Nope" : types_[i], set(types_[i]));
      text = chance(3) ? fragment + text : text + fragment;
    }
    return chance(4) ? broken(text) : text;
  }

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }
  bool chance(unsigned one_in) { return below(one_in) == 0; }
  std::string of(std::initializer_list<const char*> all) {
    return all.begin()[below(static_cast<unsigned>(all.size()))];
  }
  std::string blank() { return of({" ", "\n", ", ", " # a comment }\n", "\r\n"}); }

  std::string set(const std::string& type) {
    ++depth_;
    std::string text = "{";
    const unsigned count = 1 + below(4);
    for (unsigned i = 0; i < count; ++i) {
      text += i > 0 || chance(2) ? blank() : "";
      const std::string spread = chance(3) ? fragment_on(type) : "";
      text += spread.empty() ? field(type) : of({"...", "... "}) + spread;
    }
    --depth_;
    return text + (chance(3) ? blank() : "") + "}";
  }

  // Mostly one that fits.
  std::string fragment_on(const std::string& type) {
    for (auto i = first_; i < types_.size(); ++i) {
      if (types_[i] == type || chance(40)) return fmt::format("F{}", i);
    }
    return chance(80) ? fmt::format("F{}", below(4)) : "";
  }

  std::string field(const std::string& type) {
    if (chance(100))
      return of({"nope", "list(nope: 1) {id}", "id {id}", "next", "x: id x: name",
                 "list(first: 9) {id} list {id}", "list(first: 9999999999) {id}"});
    if (type == "Other") return of({"id", "name", "n: name", "__typename"});
    if (type == "Node" && (depth_ > 3 || chance(2)))
      return of({"id", "name", "bad", "worse", "nothing", "never", "__typename", "twin",
                 "i: id", "b: bad", "w :worse", "t3: twin(a: 3)", "t: twin(b: 5, a: 3)",
                 "t: twin(a: 3 b: 5)", "u: twin(a: -1)"});
    if (type == "Node" && chance(6)) return "other" + set("Other");
    const std::string name =
        type == "Query"
            ? of({"node", "n3: node(id: 3)", "n8 : node(id:8)", "must", "m: must", "list",
                  "l3: list(first: 3)", "holes", "h: holes"})
            : of({"next", "n: next", "must", "list", "l: list(first: 1)",
                  "z: list(first: 0)", "holes"});
    return name + (chance(2) ? " " : "") + set("Node");
  }

  // A character changed, taken out, doubled or put in.
  std::string broken(std::string text) {
    static constexpr std::string_view kBytes = "{}():,# \n.a1-?";
    const std::size_t at = below(static_cast<unsigned>(text.size()));
    const char byte = kBytes[below(kBytes.size())];
    switch (below(4)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.erase(at, 1);
        break;
      case 2:
        text.insert(at, 1, text[at]);
        break;
      default:
        text.insert(at, 1, byte);
    }
    return text;
  }

  std::mt19937 random_;
  std::vector<std::string> types_;  // of the fragments
  unsigned depth_ = 0, first_ = 0;
};

Response ask(const Schema& types, const std::string& query) {
  std::optional<Response> got;
  answer(types, query, Limits::none(), std::make_shared<Context>(),
         [&](Response response) { got = std::move(response); });
  return got.value();
}

const std::string kName = "Syntax Error: Unexpected Name";

// Where graphql-js knows more than our subset, on purpose.
bool is_outside(const std::string& problem) {
  return problem.find("not in the subset") != problem.npos ||
         problem.find("found \"(\"") != problem.npos ||     // variables
         problem.find("Unexpected \"{\"") != problem.npos;  // a value of many parts
}

class GraphqlJs : public lab::test::BesideNode {
 protected:
  GraphqlJs() : BesideNode("graphql") {}
  static Json ask_node(const Json& queries, const Json& ticks = Json::array()) {
    return Json::parse(lab::test::answer_of_node(
        "17_graphql.mjs", Json{{"queries", queries}, {"ticks", ticks}}.dump()));
  }
};

TEST_F(GraphqlJs, AnswersTenThousandRandomQueriesAlike) {
  const Schema types = schema();
  Writer writer(17);
  Json queries = Json::array();
  while (queries.size() < 10'000) queries.push_back(writer.query());
  const Json theirs = ask_node(queries)["answers"];
  ASSERT_EQ(theirs.size(), queries.size());
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < queries.size() && !HasFailure(); ++i) {
    const std::string query = queries[i];
    const Json& other = theirs[i];
    const Response ours = ask(types, query);
    SCOPED_TRACE(query + "\nours " + ours.body.dump() + "\ntheirs " + other.dump());
    if (ours.executed) {  // data, messages, places and paths, in this order
      ++seen[ours.body.contains("errors") ? "with errors" : "without errors"];
      ASSERT_TRUE(other.contains("executed"));
      EXPECT_EQ(ours.body.dump(), other["executed"]);
      continue;
    }
    const Json& error = ours.body["errors"][0];
    const std::string problem = error["message"];
    if (is_outside(problem)) {
      ++seen["outside"];
    } else if (!problem.starts_with("Syntax Error")) {
      ++seen["invalid"];
      if (other.contains("syntax")) {  // ours tells these while it reads on
        EXPECT_THAT(problem, testing::HasSubstr("There can be only one"));
        continue;
      }
      ASSERT_TRUE(other.contains("invalid") || other.contains("also"));
      // Theirs are all problems; of a conflict or a circle either end may be told.
      std::string part = problem.substr(0, problem.size() - 1);  // theirs say more
      if (part.starts_with("Cannot spread")) part = "Cannot spread fragment";
      if (const auto at = part.find(" conflict"); at != part.npos)
        part = part.substr(part.find('"'), at + 9 - part.find('"'));
      const Json& told = other.contains("invalid") ? other["invalid"] : other["also"];
      EXPECT_THAT(told.get<std::vector<std::string>>(),
                  testing::Contains(HasSubstr(part)));
    } else if (other.contains("syntax") &&
               (problem == other["syntax"]["message"].get<std::string>() ||
                !problem.starts_with(kName))) {
      ++seen["syntax"];
      const bool no_detail = problem.find("Invalid number") != problem.npos ||
                             problem.find("Unexpected character") != problem.npos;
      if (no_detail) {
        // 5.x is one bad number for theirs, and two tokens for ours.
        EXPECT_THAT(
            other["syntax"]["message"].get<std::string>(),
            testing::ContainsRegex("^Syntax Error: (Invalid num|Unexpected char)"));
      } else {
        EXPECT_EQ(problem, other["syntax"]["message"]);
        EXPECT_EQ(error["locations"], other["syntax"]["locations"]);
      }
    } else {  // a value that is no Int is not in our grammar
      ++seen["outside"];
      EXPECT_THAT(problem, StartsWith(kName));
    }
  }
  for (const char* kind : {"with errors", "without errors", "invalid", "syntax"}) {
    EXPECT_GE(seen[kind], 500) << kind;
  }
  EXPECT_LE(seen["outside"], 500);
  for (const auto& [kind, count] : seen) RecordProperty(kind.substr(0, 4), count);
}

TEST_F(GraphqlJs, DiffersWhereOurSubsetEnds) {
  const Schema types = schema();
  const auto both = [&](const std::string& query) {
    const Json ours = ask(types, query).body;
    return std::pair(ours.contains("errors"),
                     ask_node(Json::array({query}))["answers"][0].contains("executed"));
  };
  for (const char* query :
       {"{node {... on Node {id}}}", "{node {... {id}}}",
        "query ($x: Int) {node(id: $x) {id}}", "{node @skip(if: false) {id}}",
        "{node(id: null) {id}}", "{__schema {types {name}}}", "query A {node {id}}"}) {
    const bool whole_subset = std::string(query).starts_with("query A");
    EXPECT_EQ(both(query), std::pair(!whole_subset, true)) << query;
  }
}

TEST_F(GraphqlJs, ItsDataloaderBatchesAsOursDoes) {
  std::mt19937 random(18);
  Json ticks = Json::array(), batches = Json::array();
  for (int tick = 0; tick < 200; ++tick) {
    Json keys = Json::array();
    for (auto count = random() % 8; count > 0; --count) keys.push_back(random() % 300);
    ticks.push_back(keys);
  }
  std::vector<std::function<void()>> deferred;
  Loader<int> loader([&](auto call) { deferred.push_back(call); },
                     [&](const std::vector<int>& keys, const auto& reply) {
                       batches.push_back(keys);
                       reply({});
                     });
  for (const Json& keys : ticks) {
    for (const Json& key : keys) loader.load(key.get<int>(), [](const Outcome&) {});
    for (const auto& call : std::exchange(deferred, {})) call();
  }
  EXPECT_EQ(batches.dump(), ask_node(Json::array(), ticks)["batches"].dump());
  EXPECT_GT(batches.size(), 100u);
}

}  // namespace
}  // namespace lab17
