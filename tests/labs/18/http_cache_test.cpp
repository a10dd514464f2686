// What an HTTP cache may do with a response: headers, lifetimes, validators, hostile bytes.
#include "http_cache.hpp"

#include <gmock/gmock.h>

#include <random>

namespace lab18 {
namespace {

using namespace std::chrono_literals;
using lab::http::Headers;
using lab::http::Request;
using lab::http::Response;
using testing::ElementsAre;
using testing::Optional;
using testing::Pair;
using For = StoredResponse::For;
using Source = HttpCache::Source;

constexpr WallTime kNoon{1'000'000'000s};  // Sun, 09 Sep 2001 01:46:40 GMT
constexpr const char* kNoonText = "Sun, 09 Sep 2001 01:46:40 GMT";
constexpr const char* kHourEarlier = "Sun, 09 Sep 2001 00:46:40 GMT";
constexpr const char* kHourLater = "Sun, 09 Sep 2001 02:46:40 GMT";

StoredResponse stored(Headers headers, For whom = For::one_user, Request request = {},
                      int status = 200) {
  return {std::move(request),
          {.status = status, .body = "body", .headers = std::move(headers)},
          kNoon,
          whom};
}

Request with(Headers headers) {
  return {.headers = std::move(headers)};
}

TEST(HttpHeaders, AreFoundInAnyCase) {
  const Headers headers{{"ETag", "a"}, {"etag", "b"}, {"X", "c"}};
  EXPECT_THAT(header(headers, "etag"), Optional(std::string("a")));
  EXPECT_EQ(header(headers, "age"), std::nullopt);
}

TEST(HttpDirectives, AreNamesWithOrWithoutAValue) {
  EXPECT_THAT(
      directives("Public, max-age=60 ,\tNO-STORE"),
      ElementsAre(Pair("max-age", "60"), Pair("no-store", ""), Pair("public", "")));
  EXPECT_THAT(directives("private=\"a, no-store\", s-maxage=\"5\", x=\"y"),
              ElementsAre(Pair("private", "a, no-store"), Pair("s-maxage", "5"),
                          Pair("x", "\"y")));
  EXPECT_THAT(directives("max-age=1, max-age=2"), ElementsAre(Pair("max-age", "1")));
  EXPECT_THAT(directives("a = b"), ElementsAre(Pair("a", "b")));
  EXPECT_TRUE(directives(std::nullopt).empty());
  EXPECT_TRUE(directives(" , ,=,").empty());
}

TEST(RepeatedHeaders, AreOneListInTheOrderOfTheirLines) {
  const Headers headers{{"Vary", "a"}, {"X", "c"}, {"vary", "b, c"}};
  EXPECT_THAT(list_header(headers, "vary"), Optional(std::string("a, b, c")));
  EXPECT_EQ(list_header(headers, "age"), std::nullopt);
  EXPECT_THAT(list_header({{"Vary", ""}}, "vary"), Optional(std::string()));
}

TEST(RepeatedHeaders, OfCacheControlAllCount) {
  const Headers two{{"Cache-Control", "public, max-age=9"},
                    {"cache-control", "no-store"}};
  EXPECT_FALSE(stored(two).storable());
  EXPECT_FALSE(stored({}, For::one_user, with(two)).storable()) << "the request's";
  EXPECT_FALSE(stored({{"Cache-Control", "max-age=9"}, {"Cache-Control", "private"}},
                      For::everybody)
                   .storable());
  EXPECT_EQ(
      stored({{"Cache-Control", "public"}, {"Cache-Control", "max-age=9"}}).lifetime(),
      9s);
  const Headers reload{{"Cache-Control", "max-age=9"}, {"Cache-Control", "no-cache"}};
  EXPECT_EQ(stored({{"Cache-Control", "max-age=9"}}).use_for(with(reload), kNoon),
            Use::ask);
  EXPECT_FALSE(is_not_modified(with({{"If-None-Match", "*"},
                                     {"Cache-Control", "a"},
                                     {"Cache-Control", "no-cache"}}),
                               {.headers = {{"ETag", "\"1\""}}}));
}

TEST(RepeatedHeaders, OfVaryAllCountAndOfTheRequestAllAreCompared) {
  const auto use = [](const char* second, Headers first_asked, Headers asked) {
    return stored({{"Cache-Control", "max-age=9"}, {"Vary", "Accept"}, {"Vary", second}},
                  For::one_user, with(std::move(first_asked)))
        .use_for(with(std::move(asked)), kNoon);
  };
  EXPECT_EQ(use("Cookie", {{"Cookie", "a"}}, {{"Cookie", "a"}}), Use::fresh);
  EXPECT_EQ(use("Cookie", {{"Cookie", "a"}}, {{"Cookie", "b"}}), Use::ask);
  EXPECT_EQ(use("*", {}, {}), Use::ask);
  const Headers both{{"Accept", "text/html"}, {"Accept", "image/png"}};
  EXPECT_EQ(use("Cookie", both, {{"Accept", "text/html, image/png"}}), Use::fresh);
  EXPECT_EQ(use("Cookie", both, {{"Accept", "text/html"}}), Use::ask);
}

TEST(RepeatedHeaders, OfTheClientsTagsNoneIsLost) {
  const Headers tags{{"If-None-Match", "\"2\""}, {"If-None-Match", "\"3\""}};
  EXPECT_TRUE(is_not_modified(with(tags), {.headers = {{"ETag", "\"3\""}}}));
  EXPECT_THAT(stored({{"ETag", "\"1\""}}).conditional(with(tags)).headers,
              ElementsAre(Pair("if-none-match", "\"2\", \"3\", \"1\"")));
}

TEST(RepeatedHeaders, OfANotModifiedAllReplaceThoseThatWereStored) {
  const StoredResponse old = stored({{"Cache-Control", "max-age=1"}, {"Vary", "Accept"}});
  const StoredResponse renewed = old.after(
      {},
      {.status = 304,
       .headers = {{"Cache-Control", "no-store"}, {"Cache-Control", "max-age=9"}}},
      kNoon);
  EXPECT_FALSE(renewed.storable());
  EXPECT_THAT(list_header(renewed.response().headers, "cache-control"),
              Optional(std::string("no-store, max-age=9")));
  EXPECT_THAT(list_header(renewed.response().headers, "vary"),
              Optional(std::string("Accept")));
}

TEST(HttpDates, AreReadInTheOneFormThatIsSent) {
  EXPECT_THAT(parse_http_date(kNoonText), Optional(kNoon));
  for (const std::string wrong :
       {"", "0", "-1", "Sunday", "Sun, 09 Sep 2001 01:46:40", "2001-09-09T01:46:40Z",
        "Sun, 09 Sep 2001 01:46:40 GMT+1", "Sun, 32 Sep 2001 01:46:40 GMT"}) {
    EXPECT_EQ(parse_http_date(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(parse_http_date(kNoonText + std::string(1, '\0')), std::nullopt);
}

TEST(Freshness, ComesFromTheFirstOfFourSources) {
  const Headers dates{
      {"Date", kNoonText}, {"Expires", kHourLater}, {"Last-Modified", kHourEarlier}};
  const auto lifetime = [&](const char* control, For whom) {
    Headers headers = dates;
    if (*control) headers.emplace_back("Cache-Control", control);
    return stored(headers, whom).lifetime();
  };
  EXPECT_EQ(lifetime("s-maxage=5, max-age=6", For::everybody), 5s);
  EXPECT_EQ(lifetime("s-maxage=5, max-age=6", For::one_user), 6s);
  EXPECT_EQ(lifetime("max-age=6", For::everybody), 6s);
  EXPECT_EQ(lifetime("", For::one_user), 3600s);
  EXPECT_EQ(stored({{"Date", kNoonText}, {"Last-Modified", kHourEarlier}}).lifetime(),
            360s);
  EXPECT_EQ(stored({{"Last-Modified", kHourEarlier}}).lifetime(), 360s)
      << "without a date, when it came counts";
  EXPECT_EQ(stored({}).lifetime(), 0s);
}

TEST(Freshness, IsNoneIfTheHeadersMakeNoSense) {
  for (const char* control : {"max-age", "max-age=", "max-age=-1", "max-age=x",
                              "no-cache, max-age=5", "no-store, max-age=5"}) {
    EXPECT_EQ(stored({{"Cache-Control", control}}).lifetime(), 0s) << control;
  }
  EXPECT_EQ(stored({{"Expires", "0"}}).lifetime(), 0s);
  EXPECT_EQ(stored({{"Expires", kHourEarlier}}).lifetime(), 0s);
  EXPECT_EQ(stored({{"Last-Modified", kHourLater}}).lifetime(), 0s);
  EXPECT_EQ(stored({{"Vary", "*"}, {"Cache-Control", "max-age=5"}}).lifetime(), 0s);
  EXPECT_EQ(stored({{"Pragma", "no-cache"}, {"Expires", kHourLater}}).lifetime(), 0s);
  EXPECT_EQ(stored({{"Pragma", "no-cache"}, {"Cache-Control", "max-age=5"}}).lifetime(),
            5s);
  EXPECT_EQ(stored({{"Cache-Control", "max-age=99999999999999999999"}}).lifetime(),
            Seconds(1ULL << 31));
  EXPECT_EQ(stored({{"Cache-Control", "max-age=4294967296"}}).lifetime(),
            Seconds(1ULL << 31));
}

TEST(Freshness, OfWhatIsImmutableLastsADayAtLeast) {
  EXPECT_EQ(stored({{"Cache-Control", "immutable"}}).lifetime(), 24h);
  EXPECT_EQ(stored({{"Cache-Control", "immutable"}, {"Expires", kHourLater}}).lifetime(),
            24h);
  EXPECT_EQ(stored({{"Cache-Control", "immutable"}, {"Last-Modified", kHourEarlier}})
                .lifetime(),
            24h);
  EXPECT_EQ(stored({{"Cache-Control", "immutable, max-age=5"}}).lifetime(), 5s);
}

TEST(Freshness, OfACookieIsNoneInASharedCache) {
  const auto lifetime = [](const char* control, For whom) {
    return stored({{"Set-Cookie", "a=b"}, {"Cache-Control", control}}, whom).lifetime();
  };
  EXPECT_EQ(lifetime("max-age=5", For::everybody), 0s);
  EXPECT_EQ(lifetime("max-age=5", For::one_user), 5s);
  EXPECT_EQ(lifetime("max-age=5, public", For::everybody), 5s);
  EXPECT_EQ(lifetime("max-age=5, immutable", For::everybody), 5s);
}

TEST(Storable, IsWhatTheStatusTheMethodAndTheHeadersAllow) {
  for (const int status : {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}) {
    EXPECT_TRUE(stored({}, For::one_user, {}, status).storable()) << status;
  }
  for (const int status : {302, 303, 307}) {
    EXPECT_FALSE(stored({}, For::one_user, {}, status).storable()) << status;
    for (const char* told : {"max-age=1", "public"}) {
      EXPECT_TRUE(
          stored({{"Cache-Control", told}}, For::one_user, {}, status).storable());
    }
    EXPECT_TRUE(stored({{"Expires", "0"}}, For::one_user, {}, status).storable());
    const Headers shared{{"Cache-Control", "s-maxage=1"}};
    EXPECT_TRUE(stored(shared, For::everybody, {}, status).storable());
    EXPECT_FALSE(stored(shared, For::one_user, {}, status).storable());
  }
  for (const int status : {206, 304, 400, 500, 503}) {
    EXPECT_FALSE(
        stored({{"Cache-Control", "max-age=1"}}, For::one_user, {}, status).storable());
  }
  EXPECT_FALSE(stored({}, For::one_user, {.method = "POST"}).storable());
  EXPECT_FALSE(stored({{"Cache-Control", "no-store"}}).storable());
  EXPECT_FALSE(
      stored({}, For::one_user, with({{"Cache-Control", "no-store"}})).storable());
  EXPECT_FALSE(stored({{"Cache-Control", "private"}}, For::everybody).storable());
  EXPECT_TRUE(stored({{"Cache-Control", "private"}}, For::one_user).storable());
}

TEST(Storable, ForEverybodyIsNothingThatWasAskedForWithAPassword) {
  const Request secret = with({{"Authorization", "Basic x"}});
  EXPECT_FALSE(stored({}, For::everybody, secret).storable());
  EXPECT_TRUE(stored({}, For::one_user, secret).storable());
  for (const char* allowed : {"public", "must-revalidate", "s-maxage=1"}) {
    EXPECT_TRUE(stored({{"Cache-Control", allowed}}, For::everybody, secret).storable());
  }
}

TEST(Reuse, EndsWithTheLifetime) {
  const StoredResponse response = stored({{"Cache-Control", "max-age=10"}, {"Age", "4"}});
  EXPECT_EQ(response.age(kNoon + 2s), 6s);
  EXPECT_EQ(response.use_for({}, kNoon + 5999ms), Use::fresh);
  EXPECT_EQ(response.use_for({}, kNoon + 6s), Use::ask);
}

TEST(Reuse, GoesOnWhileSomebodyAsksAgain) {
  const StoredResponse response =
      stored({{"Cache-Control", "max-age=1, stale-while-revalidate=5"}});
  EXPECT_EQ(response.use_for({}, kNoon + 1s), Use::stale_while_revalidate);
  EXPECT_EQ(response.use_for({}, kNoon + 5999ms), Use::stale_while_revalidate);
  EXPECT_EQ(response.use_for({}, kNoon + 6s), Use::ask);
}

TEST(Reuse, OfWhatIsStaleIsNotAllowedWithMustRevalidate) {
  const Request patient = with({{"Cache-Control", "max-stale"}});
  const auto use = [&](const char* control, For whom, auto after) {
    return stored({{"Cache-Control", control}}, whom).use_for(patient, kNoon + after);
  };
  EXPECT_EQ(use("max-age=1, must-revalidate", For::one_user, 0s), Use::fresh);
  EXPECT_EQ(use("max-age=1, must-revalidate", For::one_user, 1s), Use::ask);
  EXPECT_EQ(use("max-age=1, proxy-revalidate", For::everybody, 1s), Use::ask);
  EXPECT_EQ(use("max-age=1, proxy-revalidate", For::one_user, 1s), Use::fresh);
  EXPECT_EQ(use("max-age=1", For::everybody, 1s), Use::fresh);
}

TEST(Reuse, IsWhatTheRequestWants) {
  const StoredResponse response = stored({{"Cache-Control", "max-age=10"}});
  const auto use = [&](Headers headers, auto after) {
    return response.use_for(with(std::move(headers)), kNoon + after);
  };
  EXPECT_EQ(use({{"Cache-Control", "no-cache"}}, 0s), Use::ask);
  EXPECT_EQ(use({{"Pragma", "no-cache"}}, 0s), Use::ask);
  EXPECT_EQ(use({{"Cache-Control", "max-age=5"}}, 5s), Use::fresh);
  EXPECT_EQ(use({{"Cache-Control", "max-age=5"}}, 5001ms), Use::ask);
  EXPECT_EQ(use({{"Cache-Control", "min-fresh=5"}}, 5s), Use::fresh);
  EXPECT_EQ(use({{"Cache-Control", "min-fresh=5"}}, 5001ms), Use::ask);
  EXPECT_EQ(use({{"Cache-Control", "max-stale=5"}}, 14'999ms), Use::fresh);
  EXPECT_EQ(use({{"Cache-Control", "max-stale=5"}}, 15s), Use::ask);
  EXPECT_EQ(use({{"Cache-Control", "max-stale"}}, 24h), Use::fresh);
}

TEST(Reuse, IsOnlyForTheSameRequest) {
  const StoredResponse response =
      stored({{"Cache-Control", "max-age=10"}, {"Vary", "Accept, accept-language"}},
             For::one_user,
             {.target = "/a", .headers = {{"Host", "x"}, {"Accept", "text/html"}}});
  const auto use = [&](Request request) { return response.use_for(request, kNoon); };
  const Headers same{{"host", "x"}, {"accept", "text/html"}};
  EXPECT_EQ(use({.target = "/a", .headers = same}), Use::fresh);
  EXPECT_EQ(use({.target = "/b", .headers = same}), Use::ask);
  EXPECT_EQ(use({.method = "DELETE", .target = "/a", .headers = same}), Use::ask);
  EXPECT_EQ(use({.target = "/a", .headers = {{"accept", "text/html"}}}), Use::ask);
  EXPECT_EQ(use({.target = "/a", .headers = {{"host", "x"}}}), Use::ask);
  EXPECT_EQ(use({.target = "/a",
                 .headers = {{"host", "x"},
                             {"accept", "text/html"},
                             {"accept-language", "de"}}}),
            Use::ask);
  EXPECT_EQ(stored({{"Cache-Control", "max-age=1"}, {"Vary", "a, *"}}).use_for({}, kNoon),
            Use::ask);
}

TEST(Validators, AreSentWithTheRequest) {
  const StoredResponse response =
      stored({{"ETag", "W/\"1\""}, {"Last-Modified", kHourEarlier}});
  EXPECT_THAT(response.conditional({}).headers,
              ElementsAre(Pair("if-none-match", "W/\"1\""),
                          Pair("if-modified-since", kHourEarlier)));
  EXPECT_THAT(
      response
          .conditional(with(
              {{"If-None-Match", "\"2\""}, {"If-Modified-Since", kNoonText}, {"X", "y"}}))
          .headers,
      ElementsAre(Pair("If-Modified-Since", kNoonText), Pair("X", "y"),
                  Pair("if-none-match", "\"2\", W/\"1\"")));
  EXPECT_TRUE(stored({}).conditional({}).headers.empty());
  EXPECT_THAT(response
                  .conditional({.target = "/other",
                                .headers = {{"X", "y"},
                                            {"If-None-Match", "\"2\""},
                                            {"If-Modified-Since", "z"}}})
                  .headers,
              ElementsAre(Pair("X", "y")));
  EXPECT_TRUE(stored({{"ETag", "\"1\""}, {"Cache-Control", "no-store"}})
                  .conditional({})
                  .headers.empty());
}

TEST(Validators, ANotModifiedRenewsTheHeadersAndKeepsTheBody) {
  const StoredResponse old = stored({{"ETag", "\"1\""},
                                     {"Cache-Control", "max-age=1"},
                                     {"Age", "9"},
                                     {"Content-Length", "4"}});
  const StoredResponse renewed = old.after({},
                                           {.status = 304,
                                            .headers = {{"Cache-Control", "max-age=7"},
                                                        {"Age", "0"},
                                                        {"Content-Length", "0"},
                                                        {"Content-Encoding", "gzip"}}},
                                           kNoon + 60s);
  EXPECT_EQ(renewed.response().body, "body");
  EXPECT_EQ(renewed.response().status, 200);
  EXPECT_EQ(renewed.lifetime(), 7s);
  EXPECT_EQ(renewed.age(kNoon + 60s), 0s);
  EXPECT_THAT(header(renewed.response().headers, "content-length"),
              Optional(std::string("4")));
  EXPECT_EQ(header(renewed.response().headers, "content-encoding"), std::nullopt);
  EXPECT_THAT(header(renewed.response().headers, "etag"), Optional(std::string("\"1\"")));

  const StoredResponse replaced = old.after({}, {.body = "new"}, kNoon + 60s);
  EXPECT_EQ(replaced.response().body, "new");
  EXPECT_TRUE(replaced.response().headers.empty());
}

TEST(Validators, ANotModifiedThatIsAboutAnotherResponseRenewsNothing) {
  const auto is_renewed = [](Headers ours, Headers theirs, Headers asked = {}) {
    const StoredResponse next =
        stored(std::move(ours))
            .after(with(std::move(asked)), {.status = 304, .headers = std::move(theirs)},
                   kNoon);
    EXPECT_EQ(next.response().body, next.storable() ? "body" : "");
    return next.storable();
  };
  const Headers one{{"ETag", "\"1\""}}, two{{"ETag", "\"2\""}};
  EXPECT_TRUE(is_renewed(one, one));
  EXPECT_TRUE(is_renewed(one, {{"ETag", "W/\"1\""}})) << "the same, as far as it matters";
  EXPECT_FALSE(is_renewed(one, two));
  EXPECT_FALSE(is_renewed({}, two));

  const Headers early{{"Last-Modified", kHourEarlier}},
      late{{"Last-Modified", kNoonText}};
  EXPECT_TRUE(is_renewed(early, early));
  EXPECT_FALSE(is_renewed(early, late));
  EXPECT_FALSE(is_renewed({}, late));

  // It names nothing: then it depends on who has asked.
  const Headers tag{{"If-None-Match", "\"2\""}}, since{{"If-Modified-Since", kNoonText}};
  EXPECT_TRUE(is_renewed(one, {}));
  EXPECT_FALSE(is_renewed(one, {}, tag));
  EXPECT_FALSE(is_renewed(early, {}, since));
  EXPECT_TRUE(is_renewed({}, {}, tag))
      << "RFC 9111, 4.3.4: the only one that it can mean";
}

TEST(NotModified, IsSaidWhenTheClientHasIt) {
  const Response tagged{.headers = {{"ETag", "\"1\""}}};
  const auto says = [&](Headers headers) {
    return is_not_modified(with(std::move(headers)), tagged);
  };
  EXPECT_TRUE(says({{"If-None-Match", "\"1\""}}));
  EXPECT_TRUE(says({{"If-None-Match", "\"0\", W/\"1\""}}));
  EXPECT_TRUE(says({{"If-None-Match", "*"}}));
  EXPECT_FALSE(says({{"If-None-Match", "\"2\""}}));
  EXPECT_FALSE(says({}));
  EXPECT_FALSE(says({{"If-None-Match", "\"1\""}, {"Cache-Control", "no-cache"}}));
  EXPECT_FALSE(is_not_modified(with({{"If-None-Match", "\"1\""}}), {}));
  EXPECT_TRUE(is_not_modified(with({{"If-None-Match", "\"1\""}}),
                              {.headers = {{"ETag", "W/\"1\""}}}));
}

TEST(NotModified, IsSaidByDateOnlyWithoutATag) {
  const auto says = [&](Headers asked, const char* modified) {
    return is_not_modified(with(std::move(asked)),
                           {.headers = {{"ETag", "\"1\""}, {"Last-Modified", modified}}});
  };
  EXPECT_TRUE(says({{"If-Modified-Since", kNoonText}}, kNoonText));
  EXPECT_TRUE(says({{"If-Modified-Since", kHourLater}}, kNoonText));
  EXPECT_FALSE(says({{"If-Modified-Since", kHourEarlier}}, kNoonText));
  EXPECT_FALSE(says({{"If-Modified-Since", "never"}}, kNoonText));
  EXPECT_FALSE(says({{"If-Modified-Since", kNoonText}}, "never"));
  EXPECT_FALSE(is_not_modified(with({{"If-Modified-Since", kNoonText}}), {}));
  EXPECT_FALSE(
      says({{"If-None-Match", "\"2\""}, {"If-Modified-Since", kNoonText}}, kNoonText));
}

// A client with a cache, and a server whose replies a test decides.
class HttpCacheTest : public testing::Test {
 protected:
  HttpCacheTest()
      : cache_(
            2,
            [this](const Request& request) {
              asked_.push_back(request);
              const bool has_it = is_not_modified(request, reply_) ||
                                  (says_not_modified_ && !request.headers.empty());
              return has_it ? Response{.status = 304, .headers = reply_.headers} : reply_;
            },
            [this] { return now_; }) {}
  Source get(const Request& request = {}) {
    const HttpCache::Answer answer = cache_.get(request);
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(answer.response.body, "body");
    return answer.source;
  }

  WallTime now_ = kNoon;
  Response reply_{.body = "body",
                  .headers = {{"ETag", "\"1\""}, {"Cache-Control", "max-age=1"}}};
  bool says_not_modified_ = false;  // to each condition, whatever it compares
  std::vector<Request> asked_;
  HttpCache cache_;
};

TEST_F(HttpCacheTest, AsksOnceAndThenWhetherItHasChanged) {
  EXPECT_EQ(get(), Source::server);
  EXPECT_EQ(get(), Source::cache);
  now_ += 1s;
  EXPECT_EQ(get(), Source::revalidated);
  EXPECT_EQ(get(), Source::cache);
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(HttpCacheTest, TakesANewResponseForAnOldOne) {
  get();
  now_ += 1s;
  reply_.headers[0].second = "\"2\"";
  EXPECT_EQ(get(), Source::server);
  EXPECT_EQ(get(), Source::cache);
}

TEST_F(HttpCacheTest, ANotModifiedForTheClientsOwnTagDoesNotRenewAnOlderBody) {
  get();
  now_ += 1s;
  reply_ = {.body = "new",
            .headers = {{"ETag", "\"2\""}, {"Cache-Control", "max-age=1"}}};
  HttpCache::Answer answer = cache_.get(with({{"If-None-Match", "\"2\""}}));
  EXPECT_EQ(answer.response.status, 304) << "the client has it";
  EXPECT_EQ(answer.source, Source::server);
  EXPECT_EQ(asked_.size(), 2u);
  answer = cache_.get({});
  EXPECT_EQ(answer.response.body, "new");
  EXPECT_EQ(answer.source, Source::server);
}

TEST_F(HttpCacheTest, AClientThatHasNothingGetsABodyWhateverTheServerSays) {
  get();
  now_ += 1s;
  reply_.headers[0].second = "\"2\"";
  says_not_modified_ = true;
  EXPECT_EQ(get(), Source::server);
  EXPECT_EQ(asked_.size(), 3u);
  EXPECT_TRUE(asked_.back().headers.empty());
}

TEST_F(HttpCacheTest, KeepsNothingThatMustNotBeStored) {
  get();
  now_ += 1s;
  reply_.headers = {{"Cache-Control", "no-store"}};
  EXPECT_EQ(get(), Source::server);
  EXPECT_EQ(get(), Source::server);
  EXPECT_TRUE(asked_.back().headers.empty()) << "there is nothing to compare with";
}

TEST_F(HttpCacheTest, AsksLaterForWhatItServedStale) {
  reply_.headers[1].second = "max-age=1, stale-while-revalidate=5";
  get();
  now_ += 2s;
  EXPECT_EQ(get(), Source::stale);
  EXPECT_EQ(asked_.size(), 1u);
  cache_.revalidate();
  EXPECT_EQ(asked_.size(), 2u);
  cache_.revalidate();
  EXPECT_EQ(asked_.size(), 2u) << "once is enough";
  EXPECT_EQ(get(), Source::cache);
}

TEST_F(HttpCacheTest, EachAddressIsAnEntryAndTheirNumberIsLimited) {
  get({.target = "/a"});
  get({.target = "/b"});
  EXPECT_EQ(get({.target = "/a"}), Source::cache);
  get({.target = "/c"});  // /b goes
  EXPECT_EQ(get({.target = "/a"}), Source::cache);
  EXPECT_EQ(get({.target = "/b"}), Source::server);
}

TEST_F(HttpCacheTest, AWriteIsNeverAnsweredFromTheCacheAndForgetsTheEntry) {
  get();
  EXPECT_EQ(get({.method = "POST"}), Source::server);
  EXPECT_EQ(get(), Source::server);
}

TEST(HttpHostile, AnyBytesInAnyHeaderAreHarmless) {
  std::mt19937 random(18);
  static constexpr char kBytes[] = "max-ge=s,\"\\ \t0123456789W/*;:GMTSun\0\x80\xff";
  const std::string_view alphabet(kBytes, sizeof kBytes - 1);
  const auto text = [&] {
    std::string made;
    for (auto size = random() % 24; size > 0; --size)
      made += alphabet[random() % alphabet.size()];
    return made;
  };
  for (int round = 0; round < 5'000; ++round) {
    Headers headers;
    for (const char* name : {"Cache-Control", "Expires", "Date", "Last-Modified", "Age",
                             "Vary", "ETag", "Pragma"}) {
      if (random() % 2) headers.emplace_back(name, text());
    }
    const StoredResponse response =
        stored(headers, random() % 2 ? For::everybody : For::one_user);
    const Request request = with({{"Cache-Control", text()},
                                  {"If-None-Match", text()},
                                  {"If-Modified-Since", text()}});
    ASSERT_GE(response.lifetime(), 0s);
    ASSERT_LE(response.lifetime(), Seconds(1ULL << 38));
    ASSERT_GE(response.age(kNoon), 0s);
    (void)response.use_for(request, kNoon);
    (void)is_not_modified(request, response.response());
    const Response next = response.after(request, {.status = 304}, kNoon).response();
    ASSERT_EQ(next.body, next.status == 304 ? "" : "body");
  }
}

TEST(HttpHostile, ThousandsOfDirectivesTakeNoQuadraticTime) {
  std::string control;
  for (int i = 0; i < 20'000; ++i) control += "a" + std::to_string(i) + "=\"b\",";
  EXPECT_EQ(directives(control).size(), 20'000u);
  EXPECT_EQ(directives(std::string(300'000, '"')).size(), 1u);
  EXPECT_TRUE(directives(std::string(300'000, ',')).empty());
}

}  // namespace
}  // namespace lab18
