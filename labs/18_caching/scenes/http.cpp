// http.cpp: a client with a cache, and a server that tells it what it may keep.
#include <fmt/format.h>

#include "http_cache.hpp"
#include "lab/core/error.hpp"
#include "lab/core/text.hpp"
#include "lab/core/trace.hpp"
#include "scenes/scenes.hpp"
#include "world/origin.hpp"

namespace lab18 {

namespace trace = lab::trace;
using lab::http::Headers;
using lab::http::Request;
using lab::http::Response;

namespace {

// The client's connection to a server: what goes over it is drawn.
class Connection {
 public:
  explicit Connection(const Origin& origin) : client_("127.0.0.1", origin.port()) {
    trace::actor("client", trace::Actor::client);
    trace::actor("server", trace::Actor::service);
  }

  Response send(const Request& request) {
    const bool asks = header(request.headers, "if-none-match").has_value();
    arrow("client", "server", asks ? "GET, If-None-Match" : "GET");
    auto result = client_.request(request, 5s);
    if (const auto* error = std::get_if<lab::http::ClientError>(&result)) {
      throw lab::Error("ask the server", error->message);
    }
    Response reply = std::get<Response>(std::move(result));
    arrow("server", "client",
          fmt::format("{}, {} bytes", reply.status, reply.body.size()));
    return reply;
  }

 private:
  lab::http::Client client_;
};

}  // namespace

void etag(lab::Story& story, const Knobs&) {
  story.say(
      "A client has a page and its ETag, and asks for it again: with the right tag, "
      "with another one, and with Cache-Control: no-cache, as a browser's reload does. "
      "The handler counts how often it makes the page.");
  story.picture(lab::Picture::sequence, {"client", "server"});
  Origin origin;
  Connection connection(origin);
  lab::Table table{"Requests for one page", {"request", "status", "body bytes"}, {}};
  const auto ask = [&](const char* name, Headers headers) {
    trace::instant(name, {.lane = "case"});
    const Response reply = connection.send({.headers = std::move(headers)});
    table.rows.push_back(
        {name, std::to_string(reply.status), std::to_string(reply.body.size())});
    return reply;
  };
  const Response first = ask("first", {});
  const std::string tag = header(first.headers, "etag").value_or("");
  const Response same = ask("with its tag", {{"If-None-Match", tag}});
  const Response wrong = ask("with another tag", {{"If-None-Match", "\"other\""}});
  const Response reload = ask("with its tag, and no-cache",
                              {{"If-None-Match", tag}, {"Cache-Control", "no-cache"}});
  origin.change();
  const Response changed = ask("with its tag, after a change", {{"If-None-Match", tag}});
  story.table(table);
  story.claim("18.7",
              first.body.size() == 12'000 && same.status == 304 && same.body.empty() &&
                  wrong.status == 200 && reload.status == 200 && changed.status == 200 &&
                  changed.body.size() == 12'000 && origin.runs() == 5,
              "the second reply was {} with {} bytes instead of {}; the handler made the "
              "page for {} of 5 requests",
              same.status, same.body.size(), first.body.size(), origin.runs());
  story.nuance(
      "18.7",
      "Express hashes every body into a weak ETag, so it must make the page first. "
      "To save the work too, compare a version that you know before you make the "
      "page. A weak tag means \"the same to a reader\" and is enough for GET; range "
      "requests need a strong one.");
  story.takeaway(
      "An ETag saves the transfer of an unchanged page, but neither the round trip nor "
      "the work.");
}

namespace {

const char* to_string(HttpCache::Source source) {
  switch (source) {
    case HttpCache::Source::cache:
      return "the cache";
    case HttpCache::Source::stale:
      return "the cache, stale";
    case HttpCache::Source::revalidated:
      return "the cache, after a 304";
    case HttpCache::Source::server:
      return "the server";
  }
  return "";
}

struct Reads {
  std::vector<std::string> sources;
  int requests = 0;  // that reached the server
};

// Six reads, one each 250 ms of the client's clock, which is turned by hand.
Reads six_reads(const std::string& control) {
  Origin origin(control);
  Connection connection(origin);
  WallTime now{std::chrono::hours(24 * 365 * 30)};
  HttpCache cache(
      10, [&](const Request& request) { return connection.send(request); },
      [&] { return now; });
  trace::instant(control, {.lane = "case"});
  Reads reads;
  for (int i = 0; i < 6; ++i) {
    const HttpCache::Source source = cache.get({}).source;
    cache.revalidate();  // what was served stale, after the answer
    reads.sources.emplace_back(to_string(source));
    if (source == HttpCache::Source::cache || source == HttpCache::Source::stale) {
      trace::instant(fmt::format("at {} ms: {}", 250 * i, to_string(source)),
                     {.lane = "client"});
    }
    now += 250ms;
  }
  reads.requests = origin.runs();
  return reads;
}

}  // namespace

void max_age(lab::Story& story, const Knobs&) {
  story.say(
      "The server says Cache-Control: max-age=1, and the client reads the page every "
      "250 ms of a simulated clock. For one second it should not ask the server at all. "
      "Other directives follow.");
  story.picture(lab::Picture::sequence, {"client", "server"});
  const Reads timed = six_reads("max-age=1");
  lab::Table each{"With max-age=1", {"read at", "served by"}, {}};
  for (std::size_t i = 0; i < timed.sources.size(); ++i) {
    each.rows.push_back({fmt::format("{} ms", 250 * i), timed.sources[i]});
  }
  story.table(each);

  lab::Table others{
      "Requests of 6 reads", {"Cache-Control", "the last read", "requests"}, {}};
  const auto row = [&](const char* control, const Reads& reads) {
    others.rows.push_back(
        {control, reads.sources.back(), std::to_string(reads.requests)});
  };
  row("max-age=1", timed);
  const Reads no_cache = six_reads("no-cache"), no_store = six_reads("no-store");
  const Reads swr = six_reads("max-age=1, stale-while-revalidate=60");
  row("no-cache", no_cache);
  row("no-store", no_store);
  row("max-age=1, stale-while-revalidate=60", swr);
  row("max-age=1, must-revalidate", six_reads("max-age=1, must-revalidate"));
  story.table(others);

  const auto first_second =
      std::vector(timed.sources.begin() + 1, timed.sources.begin() + 4);
  story.claim("18.8",
              first_second == std::vector<std::string>(3, "the cache") &&
                  timed.sources[0] == "the server" &&
                  timed.sources[4] == "the cache, after a 304" && timed.requests == 2 &&
                  no_cache.requests == 6 && no_store.requests == 6,
              "{} requests reached the server for 6 reads in 1.25 s: the first, and one "
              "with the ETag after a second; with no-cache there were {}",
              timed.requests, no_cache.requests);
  story.nuance(
      "18.8",
      "no-cache does not mean \"do not store\": it means \"ask each time before "
      "you use it\", and a 304 is cheap. no-store is the one that keeps nothing. "
      "must-revalidate only forbids a stale response: a fresh one is used without "
      "asking.");
  story.takeaway(
      "Give files with a hash in their name a year of max-age, pages with a fixed name "
      "a short max-age and an ETag. Mark private data private.");
}

}  // namespace lab18
