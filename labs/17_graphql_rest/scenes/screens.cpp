// screens.cpp: the same screen by REST and by GraphQL: trips, bytes, database queries.
#include "lab/core/error.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "lab/db/postgres_server.hpp"
#include "scenes/scenes.hpp"

namespace lab17 {

using lab::Picture;
using lab::Story;
namespace trace = lab::trace;

const std::string& postgres() {
  static const lab::PostgresServer one;
  return one.url();
}

Screen::Screen(const Blog& blog) : client_("127.0.0.1", blog.port()) {
  trace::actor("client", trace::Actor::client);
  trace::actor("server", trace::Actor::service);
  trace::actor("PostgreSQL", trace::Actor::service);
}

lab::http::Response Screen::send(const lab::http::Request& request) {
  const auto out =
      trace::flow_out(request.method + " " + request.target, {.lane = "client"});
  auto result = client_.request(request, std::chrono::seconds(60));
  if (const auto* error = std::get_if<lab::http::ClientError>(&result))
    throw lab::Error("ask the blog", error->message);
  auto response = std::get<lab::http::Response>(std::move(result));
  trace::flow_in(out, std::to_string(response.status), {.lane = "server"});
  ++trips;
  bytes += response.body.size();
  urls.insert(request.target.substr(0, request.target.find('?')));
  return response;
}

lab::http::Response Screen::get(const std::string& target, lab::http::Headers headers) {
  return send({.target = target, .headers = std::move(headers)});
}

Json Screen::query(const std::string& text) {
  const Json body = {{"query", text}};
  return Json::parse(
      send({.method = "POST", .target = "/graphql", .body = body.dump()}).body);
}

namespace {

// The screen shows titles, and the names of their authors.
Json by_items(Screen& screen, int posts) {
  Json shown = Json::array();
  for (const Json& post : screen.rest(fmt::format("/posts?first={}", posts))) {
    const Json author =
        screen.rest(fmt::format("/users/{}", post["author_id"].get<int>()));
    shown.push_back({{"title", post["title"]}, {"author", {{"name", author["name"]}}}});
  }
  return shown;
}
std::string included(int posts) {
  return fmt::format("/posts?first={}&include=author", posts);
}
std::string in_graphql(int posts) {
  return fmt::format("{{posts(first: {}) {{title author {{name}}}}}}", posts);
}

}  // namespace

void trips(Story& story, const Knobs& knobs) {
  const int posts = *knobs.posts;
  story.say(
      "A screen shows {} posts with their authors. A REST client gets the posts and then "
      "each author: expect {} requests. Then the API includes the authors.",
      posts, posts + 1);
  story.picture(Picture::sequence, {"client", "server", "PostgreSQL"});
  const Blog blog(postgres());
  Screen items(blog), whole(blog);
  by_items(items, posts);
  whole.rest(included(posts));
  story.table(
      {"One screen by REST",
       {"way", "URLs", "requests"},
       {{"item by item", std::to_string(items.urls.size()), std::to_string(items.trips)},
        {"include=author", std::to_string(whole.urls.size()),
         std::to_string(whole.trips)}}});
  story.claim("17.1", items.urls.size() >= 2 && whole.urls.size() == 1,
              "{} URLs for one screen: /posts, and one for each author; with "
              "include=author 1",
              items.urls.size());
  story.claim("17.3", items.trips == posts + 1 && whole.trips == 1,
              "{} requests for {} posts and their authors; with include=author 1",
              items.trips, posts);
  story.takeaway(
      "REST has a trip for each item only if the API offers nothing better: an include "
      "makes it one.");
}

void bytes(Story& story, const Knobs& knobs) {
  const int posts = *knobs.posts;
  story.say(
      "The same screen, which uses titles and names only. Expect most bytes of whole "
      "resources to be unused, and hardly any where the client chose the fields.");
  story.picture(Picture::bars, {"Bytes for one screen"});
  const Blog blog(postgres());
  const std::string chosen = included(posts) + "&fields=title,author.name";
  Screen whole(blog), sparse(blog), graphql(blog), again(blog);
  const std::size_t used = by_items(whole, posts).dump().size();
  const auto first = sparse.get(chosen);
  graphql.query(in_graphql(posts));
  for (const auto& [name, value] : first.headers) {
    if (name == "ETag") again.get(chosen, {{"If-None-Match", value}});
  }
  lab::Table table{"Bytes for one screen", {"way", "sent", "unused"}, {}};
  const auto unused = [&](const Screen& screen) {
    return static_cast<double>(screen.bytes - std::min(used, screen.bytes));
  };
  const auto row = [&](const char* way, const Screen& screen) {
    table.rows.push_back(
        {way, std::to_string(screen.bytes), std::to_string(int(unused(screen)))});
    return unused(screen) / static_cast<double>(std::max<std::size_t>(screen.bytes, 1));
  };
  const double of_whole = row("REST, whole resources", whole);
  const double of_sparse = row("REST, fields and include", sparse);
  const double of_graphql = row("GraphQL", graphql);
  row("REST, once more with its ETag", again);
  story.table(table);
  story.claim("17.2",
              of_whole > 0.5 && of_sparse < 0.1 && of_graphql < 0.1 && again.bytes == 0,
              "{} of {} bytes were not used; {} with sparse fields, {} with GraphQL",
              lab::text::percent(of_whole), whole.bytes, lab::text::percent(of_sparse),
              lab::text::percent(of_graphql));
  story.nuance("17.2",
               "A GET has a URL, so its ETag turned the second visit into a 304 of {} "
               "bytes. A POST to /graphql has nothing that an HTTP cache could use.",
               again.bytes);
  story.takeaway(
      "Over-fetching is a design choice. REST with sparse fields sends as little; "
      "GraphQL "
      "makes it the client's choice everywhere.");
}

// Step 9: what the client saves, and what the database is asked for.
void loader(Story& story, const Knobs& knobs) {
  const int posts = *knobs.posts;
  story.say(
      "The screen again, and now we count the database's queries, too. Expect one "
      "request "
      "of GraphQL to make {} queries, and 2 once a loader collects the authors of one "
      "loop iteration.",
      posts + 1);
  story.picture(Picture::sequence, {"client", "server", "PostgreSQL"});
  const Blog naive(postgres(), {.batched = false}), batched(postgres()), api(postgres()),
      including(postgres());
  lab::Table table{"Requests and queries", {"way", "requests", "database queries"}, {}};
  const auto play = [&](const char* way, const Blog& blog, auto act) {
    Screen screen(blog);
    act(screen);
    table.rows.push_back(
        {way, std::to_string(screen.trips), std::to_string(blog.queries())});
    return screen.trips;
  };
  const auto graphql = [&](Screen& screen) { screen.query(in_graphql(posts)); };
  const int items =
      play("REST, item by item", api, [&](Screen& screen) { by_items(screen, posts); });
  play("REST, include=author", including,
       [&](Screen& screen) { screen.rest(included(posts)); });
  const int one = play("GraphQL, a query each", naive, graphql);
  play("GraphQL, a loader", batched, graphql);
  story.table(table);
  story.claim(
      "17.8",
      items == posts + 1 && one == 1 && naive.queries() == posts + 1 &&
          api.queries() == posts + 1 && batched.queries() == 2,
      "requests fell from {} to {}, but the database still got {} queries; with a "
      "loader it got {}",
      items, one, naive.queries(), batched.queries());
  story.takeaway(
      "Fewer round trips are not fewer queries. Batch per loop iteration, with a new "
      "loader for each request.");
}

}  // namespace lab17
