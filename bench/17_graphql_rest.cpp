// What a query costs before its resolvers are asked, and while they are.
//
//   build/release/bench/17_graphql_rest
#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "loader.hpp"

namespace {

using namespace lab17;

Json post(std::int64_t id) {
  return {{"id", id}, {"title", "Post"}, {"author_id", 1 + id % 10}};
}

// As many posts as are asked for, each with its author, all in memory.
Schema schema() {
  const auto posts = [](const Call& call, const Reply& reply) {
    Json all = Json::array();
    for (std::int64_t id = 0; id < call.arguments.at("first"); ++id)
      all.push_back(post(id));
    reply(std::move(all));
  };
  const auto author = [](const Call& call, const Reply& reply) {
    reply(Json{{"id", call.parent.at("author_id")}, {"name", "Author"}});
  };
  return {{"Query", {{"posts", {"[Post!]!", {{"first", 10}}, posts}}}},
          {"Post",
           {{"id", {"Int!"}}, {"title", {"String!"}}, {"author", {"User!", {}, author}}}},
          {"User", {{"id", {"Int!"}}, {"name", {"String!"}}}}};
}

std::string query(std::int64_t posts) {
  return fmt::format("{{posts(first: {}) {{title author {{name}}}}}}", posts);
}

// The same response, without a query: what nobody can beat who makes JSON of the same kind.
void BM_Json_Response_ByHand(benchmark::State& state) {
  for (auto _ : state) {
    Json all = Json::array();
    for (std::int64_t id = 0; id < state.range(0); ++id) {
      const Json row = post(id);
      all.push_back({{"title", row["title"]}, {"author", {{"name", "Author"}}}});
    }
    benchmark::DoNotOptimize(Json{{"data", {{"posts", std::move(all)}}}});
  }
}
BENCHMARK(BM_Json_Response_ByHand)->Arg(1)->Arg(10)->Arg(100);

void BM_Graphql_Answer(benchmark::State& state) {
  const Schema types = schema();
  const std::string text = query(state.range(0));
  const auto context = std::make_shared<Context>();
  for (auto _ : state) {
    answer(types, text, Limits{}, context,
           [](const Response& response) { benchmark::DoNotOptimize(response.executed); });
  }
}
BENCHMARK(BM_Graphql_Answer)->Arg(1)->Arg(10)->Arg(100);

void BM_Graphql_Parse(benchmark::State& state) {
  std::string text = "{";
  while (text.size() < static_cast<std::size_t>(state.range(0)))
    text += fmt::format("a{}: posts(first: 3) {{title author {{name}}}} ", text.size());
  text += "}";
  for (auto _ : state) benchmark::DoNotOptimize(parse(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(BM_Graphql_Parse)->Arg(64)->Arg(4 << 10)->Arg(60 << 10);

// A fragment bomb: it is refused after as many fields as the cost may be.
void BM_Graphql_Refuse_FragmentBomb(benchmark::State& state) {
  const Schema types{{"Query", {{"t", {"T"}}}}, {"T", {{"t", {"T"}}, {"id", {"Int"}}}}};
  std::string text = "{t {...F0}}";
  for (int i = 0; i < 60; ++i) {
    text += fmt::format(" fragment F{0} on T {{x: t {{{1}}} y: t {{{1}}}}}", i,
                        i < 59 ? fmt::format("...F{}", i + 1) : "id");
  }
  const Limits limits{.depth = 100, .aliases = 1 << 20, .cost = double(state.range(0))};
  for (auto _ : state) {
    answer(types, text, limits, std::make_shared<Context>(),
           [](const Response& response) { benchmark::DoNotOptimize(response.executed); });
  }
}
BENCHMARK(BM_Graphql_Refuse_FragmentBomb)->Arg(200)->Arg(2000);

void BM_Loader_Load(benchmark::State& state) {
  for (auto _ : state) {
    std::vector<std::function<void()>> deferred;
    Loader<std::int64_t> loader(
        [&](auto call) { deferred.push_back(call); },
        [](const std::vector<std::int64_t>& keys, const auto& reply) {
          std::map<std::int64_t, Outcome> values;
          for (const auto key : keys) values.emplace(key, Json(key));
          reply(std::move(values));
        });
    std::int64_t sum = 0;
    for (std::int64_t key = 0; key < state.range(0); ++key) {
      loader.load(key % 10, [&](const Outcome& value) {
        sum += std::get<Json>(value).get<std::int64_t>();
      });
    }
    for (const auto& call : deferred) call();
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Loader_Load)->Arg(10)->Arg(1000);

}  // namespace
