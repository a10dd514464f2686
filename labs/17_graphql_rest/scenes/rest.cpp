// rest.cpp: the same screen by REST and by GraphQL: titles, and the names of their authors.
#include <algorithm>
#include <array>

#include "lab/core/error.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/db/postgres_server.hpp"
#include "scenes/scenes.hpp"

namespace lab17 {

namespace trace = lab::trace;

const std::string& postgres() {
  static const lab::PostgresServer one;
  return one.url();
}

Client::Client(const Blog& blog) : connection("127.0.0.1", blog.port()) {
  trace::actor("client", trace::Actor::client);
  trace::actor("server", trace::Actor::service);
  trace::actor("PostgreSQL", trace::Actor::service);
}

lab::http::Response Client::send(const lab::http::Request& request) {
  arrow("client", "server", request.method + " " + request.target);
  auto result = connection.request(request, std::chrono::seconds(60));
  if (const auto* error = std::get_if<lab::http::ClientError>(&result))
    throw lab::Error("ask the blog", error->message);
  ++requests;
  urls.insert(request.target.substr(0, request.target.find('?')));
  auto response = std::get<lab::http::Response>(std::move(result));
  bytes += response.body.size();
  arrow("server", "client", std::to_string(response.status));
  return response;
}

Json Client::query(const std::string& text) {
  const Json body = {{"query", text}};
  return Json::parse(
      send({.method = "POST", .target = "/graphql", .body = body.dump()}).body);
}

namespace {

Json item_by_item(Client& client, int posts) {
  Json screen = Json::array();
  for (const Json& post : client.rest(fmt::format("/posts?first={}", posts))) {
    const Json author = client.rest(fmt::format("/users/{}", post["author_id"].dump()));
    screen.push_back({{"title", post["title"]}, {"author", {{"name", author["name"]}}}});
  }
  return screen;
}
std::string included(int posts) {
  return fmt::format("/posts?first={}&include=author", posts);
}
std::string in_graphql(int posts) {
  return fmt::format("{{posts(first: {}) {{title author {{name}}}}}}", posts);
}

}  // namespace

// Step 9: what the client saves, and what the database is asked for.
void trips(lab::Story& story, const Knobs& knobs) {
  const int posts = *knobs.posts, all = posts + 1;
  story.say(
      "{} posts with authors are fetched in four ways. Expect {} requests, or one with "
      "GraphQL, but {} database queries without a loader.",
      posts, all, all);
  story.picture(lab::Picture::sequence, {"client", "server", "PostgreSQL"});
  lab::Table table{"One screen", {"way", "URLs", "requests", "database queries"}, {}};
  using Counts = std::array<int, 3>;  // the columns
  const auto play = [&](const char* way, bool batched, auto act) {
    const Blog blog(postgres(), {.batched = batched, .limits = {}});
    Client client(blog);
    act(client);
    const Counts counts{static_cast<int>(client.urls.size()), client.requests,
                        blog.queries()};
    table.rows.push_back({way});
    for (const int value : counts) table.rows.back().push_back(std::to_string(value));
    return counts;
  };
  const auto graphql = [&](Client& client) { client.query(in_graphql(posts)); };
  const Counts items = play("REST, item by item", true,
                            [&](Client& client) { item_by_item(client, posts); });
  const Counts one = play("REST, include=author", true,
                          [&](Client& client) { client.rest(included(posts)); });
  const Counts naive = play("GraphQL, a query each", false, graphql);
  const Counts loader = play("GraphQL, a loader", true, graphql);
  story.table(table);
  story.claim("17.1", items[0] == all && one[0] == 1,
              "{} URLs for one screen: /posts, and one for each author", items[0]);
  story.claim("17.3", items[1] == all && one[1] == 1,
              "{} requests item by item, {} with include=author", items[1], one[1]);
  story.claim("17.6", naive[1] == 1 && items[1] > 1,
              "{} request for posts and authors, where REST took {}", naive[1], items[1]);
  story.claim("17.8", naive == Counts{1, 1, all} && loader == Counts{1, 1, 2},
              "1 request instead of {}; {} database queries, {} with a loader", items[1],
              naive[2], loader[2]);
  story.takeaway("Fewer trips are not fewer queries: use a new loader for each request.");
}

void bytes(lab::Story& story, const Knobs& knobs) {
  story.say(
      "The same screen uses titles and names only. Expect most bytes of whole resources "
      "to be unused, and hardly any where the client chose the fields.");
  story.picture(lab::Picture::bars, {"Bytes for one screen"});
  const int posts = *knobs.posts;
  const Blog blog(postgres());
  Client whole(blog), sparse(blog), again(blog), graphql(blog);
  const std::size_t used = item_by_item(whole, posts).dump().size();
  const std::string target = included(posts) + "&fields=title,author.name";
  const auto first = sparse.send({.target = target});
  for (const auto& [name, value] : first.headers)
    if (name == "ETag")
      again.send({.target = target, .headers = {{"If-None-Match", value}}});
  graphql.query(in_graphql(posts));
  lab::Table table{"Bytes for one screen", {"way", "bytes", "unused bytes"}, {}};
  const auto unused = [&](const char* way, const Client& client) {
    const std::size_t count = client.bytes - std::min(used, client.bytes);
    table.rows.push_back({way, std::to_string(client.bytes), std::to_string(count)});
    return static_cast<double>(count) / static_cast<double>(client.bytes);
  };
  const double in_whole = unused("REST, whole resources", whole);
  const double in_sparse = unused("REST, fields and include", sparse);
  const double in_query = unused("GraphQL", graphql);
  story.table(table);
  story.claim("17.2",
              in_whole > 0.5 && in_sparse < 0.1 && in_query < 0.1 &&
                  again.requests == 1 && again.bytes == 0,
              "{} of {} bytes were not used; {} with sparse fields, {} with GraphQL",
              lab::text::percent(in_whole), whole.bytes, lab::text::percent(in_sparse),
              lab::text::percent(in_query));
  story.nuance(
      "17.2",
      "A GET has a URL and an ETag: the second visit got a 304 of {} bytes. A POST "
      "to /graphql has nothing that an HTTP cache could use.",
      again.bytes);
  story.takeaway(
      "Over-fetching is a design choice. REST with sparse fields sends just as little; "
      "GraphQL always leaves the choice to the client.");
}

}  // namespace lab17
