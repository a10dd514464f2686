// Our HTTP cache beside http-cache-semantics and fresh, on random headers; and the lab beside
// its twin in Node.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <random>

#include "http_cache.hpp"
#include "lab/core/program.hpp"
#include "lab/db/redis_server.hpp"
#include "support/own_run.hpp"
#include "support/played.hpp"

namespace lab18 {
namespace {

using namespace std::chrono_literals;
using lab::http::Headers;
using lab::http::Request;
using lab::http::Response;
using nlohmann::json;
using For = StoredResponse::For;

constexpr WallTime kNow{1'000'000'000s};

std::string date(WallTime time) {
  const std::time_t seconds = time.time_since_epoch() / 1s;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

json in_json(const Headers& headers) {
  json object = json::object();
  for (const auto& [name, value] : headers) object[name] = value;
  return object;
}
json in_json(const Request& request) {
  return {{"method", request.method},
          {"url", request.target},
          {"headers", in_json(request.headers)}};
}
json in_json(const Response& response) {
  return {{"status", response.status}, {"headers", in_json(response.headers)}};
}

// A response, the request that it answered, another request, and the reply to that.
struct Case {
  For whom;
  Request request;
  Response response;
  Request again;
  WallTime asked;
  Response reply;
  WallTime later;
};

json in_json(const Case& one) {
  return {{"shared", one.whom == For::everybody},
          {"request", in_json(one.request)},
          {"response", in_json(one.response)},
          {"received", kNow.time_since_epoch().count()},
          {"again", in_json(one.again)},
          {"asked", one.asked.time_since_epoch().count()},
          {"reply", in_json(one.reply)},
          {"later", one.later.time_since_epoch().count()}};
}

class Author {
 public:
  explicit Author(unsigned seed) : random_(seed) {}

  Case next() {
    Case one{.whom = chance(2) ? For::everybody : For::one_user,
             .request = {.target = "/a"},
             .response = {.status = of({200, 200, 200, 200, 203, 204, 206, 301, 302, 303,
                                        307, 308, 404, 410, 500})},
             .again = {},
             .asked = kNow + within(250'000),
             .reply = {},
             .later = {}};
    one.later = one.asked + within(250'000);
    add_request_headers(one.request);
    one.response.headers = response_headers();
    one.again = one.request;
    if (chance(12)) one.again.target = "/b";
    if (chance(3)) {
      one.again.headers.clear();
      add_request_headers(one.again);
    }
    std::erase_if(one.again.headers,
                  [](const auto& h) { return h.first == "cache-control"; });
    if (chance(2)) one.again.headers.emplace_back("cache-control", wishes());
    if (chance(15)) one.again.headers.emplace_back("pragma", "no-cache");
    if (chance(6)) one.again.headers.emplace_back("if-none-match", "\"other\"");
    if (chance(10)) one.again.headers.emplace_back("if-modified-since", date(kNow - 1h));
    one.reply = reply(one.response);
    return one;
  }

  std::pair<Request, Response> condition() {
    std::pair<Request, Response> made;
    auto& [request, response] = made;
    const auto tag = [&] {
      return std::string(of({"\"1\"", "W/\"1\"", "\"2\"", "W/\"2\"", "1", "\"\""}));
    };
    if (!chance(4)) response.headers.emplace_back("etag", tag());
    if (chance(2)) response.headers.emplace_back("last-modified", some_date());
    if (!chance(3)) {
      std::string tags = chance(10) ? "*" : tag();
      while (tags != "*" && chance(2)) tags += of({", ", ",", " , "}) + tag();
      request.headers.emplace_back("if-none-match", tags);
    }
    if (chance(2)) request.headers.emplace_back("if-modified-since", some_date());
    if (chance(4)) {
      request.headers.emplace_back(
          "cache-control",
          of({"no-cache", "max-age=0", "max-age=0, no-cache", "no-store"}));
    }
    return made;
  }

 private:
  bool chance(unsigned of) { return random_() % of == 0; }
  std::chrono::milliseconds within(unsigned most) {
    return std::chrono::milliseconds(random_() % most);
  }
  template <class T>
  T of(std::initializer_list<T> all) {
    return *(all.begin() + random_() % all.size());
  }
  std::string number() {
    return std::to_string(of({0u, 1u, 60u, 1u + static_cast<unsigned>(random_() % 300)}));
  }
  std::string some_date() {
    if (chance(12)) return of({"never", ""});  // "0" is the year 2000 for Date.parse
    return date(kNow + std::chrono::seconds(static_cast<int>(random_() % 800) - 400));
  }

  void add_request_headers(Request& request) {
    if (!chance(3)) request.headers.emplace_back("host", of({"x", "x", "x", "y"}));
    if (chance(2)) request.headers.emplace_back("accept", of({"text/html", "*/*"}));
    if (chance(4)) request.headers.emplace_back("x-user", of({"ann", "bob"}));
    if (chance(6)) request.headers.emplace_back("authorization", "Basic x");
    if (chance(20)) request.headers.emplace_back("cache-control", "no-store");
  }

  // Each directive at most once, in any order, with any blanks.
  std::string joined(std::vector<std::string> all, unsigned one_of) {
    std::ranges::shuffle(all, random_);
    std::string text;
    for (const std::string& directive : all) {
      if (!chance(one_of)) continue;
      if (!text.empty()) text += of({",", ", ", " ,  "});
      text += directive;
    }
    return text.empty() ? "no-transform" : text;
  }
  std::string control() {
    return joined({chance(9) ? "max-age" : "max-age=" + number(), "s-maxage=" + number(),
                   "stale-while-revalidate=" + number(), "public",
                   chance(3) ? "private" : "no-transform", chance(4) ? "no-store" : "x",
                   chance(4) ? of({"no-cache", "no-cache=\"set-cookie\""}) : "y=\"z\"",
                   "immutable"},
                  3);
  }
  std::string wishes() {
    return joined(
        {chance(6) ? "no-cache" : "x", "max-age=" + number(), "min-fresh=" + number(),
         chance(3) ? "max-stale" : "max-stale=" + number()},
        4);
  }

  Headers response_headers() {
    Headers headers;
    if (!chance(4)) headers.emplace_back("cache-control", control());
    if (!chance(4)) headers.emplace_back("date", date(kNow - within(100'000)));
    if (chance(3)) headers.emplace_back("age", number());
    if (chance(3)) headers.emplace_back("etag", of({"\"1\"", "W/\"1\""}));
    if (chance(8)) headers.emplace_back("pragma", "no-cache");
    if (chance(6)) headers.emplace_back("set-cookie", "a=b");
    if (chance(5)) {
      headers.emplace_back("vary",
                           of({"accept", "Accept, x-user", "x-user", "*", "*, a"}));
    }
    if (const std::string text = chance(9) ? "0" : some_date();
        chance(3) && !text.empty()) {
      headers.emplace_back("expires", text);
    }
    if (const std::string text = some_date(); chance(3) && !text.empty()) {
      headers.emplace_back("last-modified", text);
    }
    return headers;
  }

  // What a server replies that knows what it sent before: it repeats the validators.
  Response reply(const Response& stored) {
    if (chance(3)) return {.status = 200, .headers = response_headers()};
    Response reply{.status = 304};
    for (const auto& [name, value] : stored.headers) {
      const bool validates = name == "etag" || name == "last-modified";
      if (validates) reply.headers.emplace_back(name, value);
      if (name == "cache-control" && chance(2))
        reply.headers.emplace_back(name, control());
      if (name == "age" && chance(2)) reply.headers.emplace_back(name, number());
    }
    return reply;
  }

  std::mt19937 random_;
};

const char* name_of(Use use) {
  switch (use) {
    case Use::fresh:
      return "fresh";
    case Use::stale_while_revalidate:
      return "stale";
    case Use::ask:
      return "ask";
  }
  return "";
}

json decide(const StoredResponse& stored, const Request& request, WallTime now) {
  return {{"storable", stored.storable()},
          {"lifetime", stored.lifetime().count()},
          {"age", stored.age(now).count()},
          {"use", name_of(stored.use_for(request, now))}};
}

json decide(const Case& one) {
  const StoredResponse stored(one.request, one.response, kNow, one.whom);
  const Request sent = stored.conditional(one.again);
  const StoredResponse next = stored.after(one.again, one.reply, one.asked);
  return {{"first", decide(stored, one.again, one.asked)},
          {"tag", header(sent.headers, "if-none-match").value_or("")},
          {"since", header(sent.headers, "if-modified-since").value_or("")},
          {"modified", one.reply.status != 304},
          {"second", decide(next, one.again, one.later)}};
}

class HttpCacheBesideNpm : public lab::test::BesideNode {
 protected:
  HttpCacheBesideNpm() : BesideNode("http-cache-semantics") {}
  static json ask(const json& policies, const json& conditions = json::array()) {
    return json::parse(lab::test::answer_of_node(
        "18_policies.mjs",
        json{{"policies", policies}, {"conditions", conditions}}.dump()));
  }
  // What both make of a response after some seconds.
  static std::pair<std::string, std::string> uses(Headers headers,
                                                  std::chrono::seconds after,
                                                  For whom = For::one_user) {
    const Case one{.whom = whom,
                   .request = {},
                   .response = {.headers = std::move(headers)},
                   .again = {},
                   .asked = kNow + after,
                   .reply = {.status = 304},
                   .later = kNow + after};
    json asked = in_json(one);
    asked["plain"] = true;
    return {decide(one)["first"]["use"],
            ask(json::array({asked}))["policies"][0]["first"]["use"]};
  }
  static std::pair<std::string, std::string> uses(const char* control,
                                                  std::chrono::seconds after,
                                                  For whom = For::one_user) {
    return uses(Headers{{"cache-control", control}}, after, whom);
  }
};

// Numbers that were made of the same integers in another order differ in the last bits.
void round(json& decision) {
  for (const char* when : {"first", "second"}) {
    for (const char* what : {"lifetime", "age"}) {
      decision[when][what] = std::lround(decision[when][what].get<double>() * 1e6);
    }
  }
}

TEST_F(HttpCacheBesideNpm, DecidesAlikeOnTenThousandHeaderSets) {
  Author author(1811);
  std::vector<Case> cases;
  json asked = json::array();
  for (int i = 0; i < 10'000; ++i) {
    cases.push_back(author.next());
    asked.push_back(in_json(cases.back()));
  }
  const json theirs = ask(asked)["policies"];
  ASSERT_EQ(theirs.size(), cases.size());
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    json ours = decide(cases[i]), other = theirs[i];
    round(ours);
    round(other);
    ASSERT_EQ(ours, other) << "case " << i << ": " << asked[i].dump(1);
    ++seen[ours["first"]["use"]];
    ++seen[ours["first"]["storable"] ? "storable" : "not storable"];
  }
  // The sets are of every kind, so that agreement says something.
  for (const char* kind : {"fresh", "stale", "ask", "storable", "not storable"}) {
    EXPECT_GE(seen[kind], 100) << kind;
  }
}

TEST_F(HttpCacheBesideNpm, SaysNotModifiedWhenFreshDoes) {
  Author author(1812);
  std::vector<std::pair<Request, Response>> cases;
  json asked = json::array();
  for (int i = 0; i < 10'000; ++i) {
    const auto& [request, response] = cases.emplace_back(author.condition());
    asked.push_back(
        {{"request", in_json(request.headers)}, {"response", in_json(response.headers)}});
  }
  const json theirs = ask(json::array(), asked)["conditions"];
  int yes = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const bool ours = is_not_modified(cases[i].first, cases[i].second);
    ASSERT_EQ(ours, theirs[i].get<bool>()) << asked[i];
    yes += ours;
  }
  EXPECT_GE(yes, 1000);
}

using Uses = std::pair<std::string, std::string>;

TEST_F(HttpCacheBesideNpm, DiffersInMustRevalidateWhichRfc9111LimitsToWhatIsStale) {
  EXPECT_EQ(uses("max-age=60, must-revalidate", 1s), Uses("fresh", "ask"));
  EXPECT_EQ(uses("max-age=60, must-revalidate", 60s), Uses("ask", "ask"));
  EXPECT_EQ(uses("max-age=60, proxy-revalidate", 1s, For::everybody),
            Uses("fresh", "ask"));
}

TEST_F(HttpCacheBesideNpm, DiffersInNamesWhichHaveNoCaseInRfc9111) {
  EXPECT_EQ(uses("Max-Age=60", 1s), Uses("fresh", "ask"));
}

TEST_F(HttpCacheBesideNpm, DiffersInADirectiveThatComesTwice) {
  EXPECT_EQ(uses("max-age=5, max-age=60", 10s), Uses("ask", "fresh"));
}

TEST_F(HttpCacheBesideNpm, DiffersInACommaInsideOfQuotes) {
  EXPECT_EQ(uses("max-age=60, private=\"a, no-store\"", 1s), Uses("fresh", "fresh"));
  EXPECT_EQ(uses("x=\"a, max-age=60, b\"", 1s), Uses("ask", "fresh"));
}

TEST_F(HttpCacheBesideNpm, DiffersInImmutableForWhichItTakesMillisecondsForSeconds) {
  EXPECT_EQ(uses("immutable", 23h), Uses("fresh", "fresh"));
  EXPECT_EQ(uses("immutable", 24h), Uses("ask", "fresh"));
}

TEST_F(HttpCacheBesideNpm, DiffersInADateThatIsNoneWhereJavaScriptGuesses) {
  EXPECT_EQ(uses({{"last-modified", "0"}}, 1h), Uses("ask", "fresh"));
}

class CachingBesideNode : public lab::test::BesideNode {
 protected:
  CachingBesideNode() : BesideNode("ioredis") {}
};

TEST_F(CachingBesideNode, TheLabSaysWhatNodeDoes) {
  const lab::test::OwnRun run;
  try {
    const lab::RedisServer redis;
    const lab::test::Played played = lab::test::play("18_caching", {"--quick"});
    EXPECT_EQ(played.exit.code, 0) << played.exit.err;
    const lab::test::Rows ours = played.rows();
    const lab::test::Rows node =
        lab::test::twin("18_caching", {.env = {{"LAB_REDIS_URL", redis.url()}}});
    for (const char* row :
         {"three reads", "after a write that the cache is not told of", "after a delete",
          "after a write-through", "a delete", "two writers that set", "each for itself",
          "one load for all", "one load, and it fails", "first", "with its tag",
          "with another tag", "with its tag, and no-cache",
          "with its tag, after a change"}) {
      ASSERT_TRUE(node.contains(row)) << row;
      EXPECT_EQ(ours.at(row), node.at(row)) << row;
    }
    EXPECT_EQ(node.at("the handler ran"), "5");
    EXPECT_EQ(node.at("the tag is weak"), "yes");
    EXPECT_EQ(node.at("a changed copy of a cached object"), "1");
    EXPECT_EQ(node.at("without copies"), "2");
  } catch (const lab::Absent& absent) {
    GTEST_SKIP() << absent.what();
  }
}

}  // namespace
}  // namespace lab18
