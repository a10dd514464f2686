// Lab 17 as a person runs it, and its blog as a stranger may ask it.
#include <gmock/gmock.h>

#include "lab/core/program.hpp"
#include "lab/db/postgres.hpp"
#include "lab/db/postgres_server.hpp"
#include "support/own_run.hpp"
#include "support/played.hpp"
#include "world/blog.hpp"

namespace lab17 {
namespace {

using namespace lab::test;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(GraphqlRestLab, ProvesItsClaimsWithTheFewestPosts) {
  const Played played = play("17_graphql_rest", {"--quick", "--posts", "4"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.err;
  EXPECT_EQ(played.proven.size(), 8u);
}

TEST(GraphqlRestLab, RefusesMorePostsThanAuthors) {
  const lab::Exit exit = play("17_graphql_rest", {"--quick", "--posts", "11"}).exit;
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.err, HasSubstr("posts"));
}

TEST(GraphqlRestLab, CountsRequestsAndQueries) {
  const Played played =
      play("17_graphql_rest", {"--quick", "--scene", "trips", "--posts", "7"});
  EXPECT_THAT(played.table("One screen").rows,
              ElementsAre(Cells{"REST, item by item", "8", "8", "8"},
                          Cells{"REST, include=author", "1", "1", "2"},
                          Cells{"GraphQL, a query each", "1", "1", "8"},
                          Cells{"GraphQL, a loader", "1", "1", "2"}));
}

TEST(GraphqlRestLab, TellsWhenItsDatabaseIsNotThere) {
  const lab::Exit exit = play("17_graphql_rest", {"--quick"},
                              {{"LAB_POSTGRES_URL", "postgres://127.0.0.1:1/x"}})
                             .exit;
  EXPECT_EQ(exit.code, 1);
  EXPECT_THAT(exit.err, HasSubstr("PostgreSQL"));
}

TEST(GraphqlRestLab, LeavesNoTableInADatabaseOfSomebodyElse) {
  const OwnRun run;
  try {
    const lab::PostgresServer postgres({.always_own = true});
    const Played played =
        play("17_graphql_rest", {"--quick"}, {{"LAB_POSTGRES_URL", postgres.url()}});
    EXPECT_EQ(played.exit.code, 0) << played.exit.err;
    EXPECT_EQ(lab::Postgres(postgres.url())
                  .query("SELECT count(*) FROM pg_class WHERE relname IN "
                         "('posts', 'users', 'comments')")
                  .number(),
              0);
  } catch (const lab::Absent& absent) {
    GTEST_SKIP() << absent.what();
  }
}

// A blog, and a stranger at its port.
class BlogTest : public testing::Test {
 protected:
  void SetUp() override {
    try {
      postgres_.emplace();
      blog_.emplace(postgres_->url());
    } catch (const lab::Absent& absent) {
      GTEST_SKIP() << absent.what();
    }
    client_.emplace("127.0.0.1", blog_->port());
  }
  lab::http::Response send(const lab::http::Request& request) {
    return std::get<lab::http::Response>(
        client_->request(request, std::chrono::seconds(20)));
  }
  lab::http::Response get(const std::string& target) { return send({.target = target}); }
  lab::http::Response post(const std::string& body) {
    return send({.method = "POST", .target = "/graphql", .body = body});
  }

  const OwnRun run_;
  std::optional<lab::PostgresServer> postgres_;
  std::optional<Blog> blog_;
  std::optional<lab::http::Client> client_;
};

TEST_F(BlogTest, TakesOnlyAQueryInAJsonObject) {
  for (const char* body : {"", "{", "[]", "7", "{}", R"({"query": 7})",
                           R"({"query": null})", R"(["query"])", "\xff\xff"}) {
    EXPECT_EQ(post(body).status, 400) << body;
  }
  EXPECT_EQ(post(R"({"query": "{posts {id}}"})").status, 200);
  EXPECT_EQ(get("/graphql").status, 400);
  EXPECT_EQ(post(std::string(200'000, '[')).status, 400);
}

TEST_F(BlogTest, RefusedQueriesReachNoDatabase) {
  const auto response = post(R"({"query": "{posts {no}}"})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("Cannot query field"));
  EXPECT_EQ(post("{\"query\": \"{posts(first: 99999) {id}}\"}").status, 400);
  EXPECT_EQ(post("{\"query\": \"{\xc3\xa9}\"}").status, 400);
  EXPECT_EQ(blog_->queries(), 0);
}

TEST_F(BlogTest, AQueryThatTheDatabaseRefusesIsAnErrorOfItsField) {
  const auto response = post(R"({"query": "{user {name posts(first: -1) {id}}}"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      response.body,
      R"({"errors":[{"message":"The database failed.","locations":)"
      R"([{"line":1,"column":13}],"path":["user","posts"]}],"data":{"user":null}})");
  EXPECT_THAT(post(R"({"query": "{user(id: 5) {name}}"})").body, HasSubstr("Author 5"));
}

TEST_F(BlogTest, RestSendsWholeResourcesOrTheFieldsThatAreNamed) {
  EXPECT_EQ(get("/posts?first=1&fields=id,title").body,
            R"([{"id":100,"title":"Post 100"}])");
  EXPECT_EQ(get("/posts?include=author&fields=author.name&first=2").body,
            R"([{"author":{"name":"Author 1"}},{"author":{"name":"Author 10"}}])");
  EXPECT_EQ(get("/users/3?fields=name").body, R"({"name":"Author 3"})");
  EXPECT_THAT(get("/users/3").body, HasSubstr("About me."));
}

TEST_F(BlogTest, ARestResponseHasAnETag) {
  const auto first = get("/posts?first=1");
  const auto again = [&](const std::string& tag) {
    return send({.target = "/posts?first=1", .headers = {{"If-None-Match", tag}}}).status;
  };
  int tags = 0;
  for (const auto& [name, value] : first.headers) {
    if (name != "ETag") continue;
    ++tags;
    EXPECT_EQ(again(value), 304);
  }
  EXPECT_EQ(tags, 1);
  EXPECT_EQ(again("W/\"0\""), 200);
}

TEST_F(BlogTest, AnswersAnyRestTarget) {
  for (const char* target :
       {"/", "/?", "/?first=1", "*", "/users", "/users/", "/users/x", "/users/1x",
        "/users/11", "/users/99999999999999", "/posts/1", "/no", "//", "/posts/"}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
  for (const char* target :
       {"/posts?", "/posts?first=", "/posts?first=x", "/posts?fields=&first=1",
        "/posts?fields=,,,&include=no", "/posts?first=99999999999", "/posts?&&=&first"}) {
    EXPECT_EQ(get(target).status, 200) << target;
  }
  EXPECT_EQ(get("/posts?first=-1&fields=id").body, R"([{"id":100}])");
  EXPECT_EQ(send({.method = "DELETE", .target = "/posts"}).status, 404);
  EXPECT_EQ(get("/users/1").status, 200) << "the blog lives";
}

class GraphqlRestTwin : public BesideNode {
 protected:
  GraphqlRestTwin() : BesideNode("graphql") {}
};

TEST_F(GraphqlRestTwin, CountsAndFailsAlike) {
  const Rows theirs = twin("17_graphql_rest");
  const Played ours = play("17_graphql_rest", {"--quick"});
  ASSERT_EQ(ours.exit.code, 0) << ours.exit.err;
  const Rows rows = ours.rows();
  for (const char* row : {"GraphQL, a query each", "GraphQL, a loader"}) {
    EXPECT_EQ(rows.at(row), theirs.at(row)) << row;
  }
  EXPECT_EQ(rows.at("Int"), theirs.at("Int") + " > 2");
  EXPECT_EQ(rows.at("Int!"), theirs.at("Int!") + " > 1");
  EXPECT_EQ("1 > 1 > " + ours.table("What a hostile query costs").rows.at(0).back(),
            theirs.at("deep"));
}

}  // namespace
}  // namespace lab17
