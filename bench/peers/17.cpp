// Lab 17's executor and loader as contestants: peers_17 NAME COUNT.
#include <functional>
#include <map>
#include <stdexcept>
#include <vector>

#include "loader.hpp"
#include "timed.hpp"

namespace {

using namespace lab17;

// Ten posts with their authors, the same in 17.mjs.
Schema schema() {
  const auto posts = [](const Call& call, const Reply& reply) {
    Json all = Json::array();
    for (std::int64_t id = 0; id < call.arguments.at("first"); ++id) {
      all.push_back({{"title", fmt::format("Post {}", id)}, {"author_id", 1 + id % 10}});
    }
    reply(std::move(all));
  };
  const auto author = [](const Call& call, const Reply& reply) {
    reply(
        Json{{"name", fmt::format("Author {}", call.parent.at("author_id").get<int>())}});
  };
  return {{"Query", {{"posts", {"[Post!]!", {{"first", 10}}, posts}}}},
          {"Post", {{"title", {"String!"}}, {"author", {"User!", {}, author}}}},
          {"User", {{"name", {"String!"}}}}};
}

// From the text of a query to the text of its response.
std::string queries(std::int64_t count) {
  const Schema types = schema();
  const auto context = std::make_shared<Context>();
  std::string last;
  for (std::int64_t i = 0; i < count; ++i) {
    answer(types, "{posts(first: 10) {title author {name}}}", Limits{}, context,
           [&](const Response& response) { last = response.body.dump(); });
  }
  return fmt::format("{} bytes", last.size());
}

// A request's loader, asked for ten authors a hundred times: one batch.
std::string loads(std::int64_t count) {
  std::int64_t sum = 0, batches = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    std::vector<std::function<void()>> deferred;
    Loader<std::int64_t> loader(
        [&](auto call) { deferred.push_back(call); },
        [&](const std::vector<std::int64_t>& keys, const auto& reply) {
          ++batches;
          std::map<std::int64_t, Outcome> values;
          for (const auto key : keys) values.emplace(key, Json(key));
          reply(std::move(values));
        });
    for (int key = 0; key < 100; ++key) {
      loader.load(key % 10, [&](const Outcome& value) {
        sum += std::get<Json>(value).get<std::int64_t>();
      });
    }
    for (const auto& call : deferred) call();
  }
  return fmt::format("{} in {} batches", sum, batches);
}

const std::map<std::string, std::string (*)(std::int64_t)> kContestants = {
    {"queries", queries}, {"loads", loads}};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) throw std::invalid_argument("peers_17 NAME COUNT");
  peers::timed(std::stoll(argv[2]), kContestants.at(argv[1]));
}
