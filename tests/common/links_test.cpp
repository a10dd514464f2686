// Redis and PostgreSQL on libuv's loop: real servers, and how they go.
#include <gmock/gmock.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "../support/own_run.hpp"
#include "fake_service.hpp"
#include "lab/postgres_link.hpp"
#include "lab/postgres_server.hpp"
#include "lab/redis_link.hpp"
#include "lab/redis_server.hpp"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A run's folder as Program makes one, a loop, and what a link has told.
class Links : public testing::Test {
 protected:
  Links() { signal(SIGPIPE, SIG_IGN); }

  bool until(const std::function<bool()>& done) {
    bool late = false;
    lab::uv::Timer deadline(loop_);
    deadline.start(10s, [&] { late = true; });
    while (!done()) {
      if (late) return false;
      loop_.run(UV_RUN_ONCE);
    }
    return true;
  }
  std::function<void()> up() {
    return [this] { ++ups_; };
  }
  std::function<void(std::string)> down() {
    return [this](const std::string& why) { downs_.push_back(why); };
  }
  std::function<void(const redisReply*)> reply() {
    return [this](const redisReply* reply) {
      std::string text = reply ? "" : "nothing";
      if (reply && reply->type == REDIS_REPLY_INTEGER) {
        text = std::to_string(reply->integer);
      } else if (reply && reply->str) {
        text = reply->str;
      } else if (reply) {
        for (std::size_t i = 0; i < reply->elements; ++i) {
          text += reply->element[i]->str ? reply->element[i]->str : "#";
          text += " ";
        }
      }
      answers_.push_back(text);
    };
  }
  lab::PostgresLink::Answer rows() {
    return [this](std::variant<lab::PostgresRows, lab::PostgresError> answer) {
      if (const auto* const error = std::get_if<lab::PostgresError>(&answer)) {
        answers_.push_back("error " + error->state());
      } else {
        const auto& got = std::get<lab::PostgresRows>(answer);
        answers_.push_back(got.count() ? got.text() : got.command());
      }
    };
  }

  const lab::test::OwnRun run_;
  lab::uv::Loop loop_;
  int ups_ = 0;
  std::vector<std::string> downs_;
  std::vector<std::string> answers_;
};

TEST_F(Links, RedisAnswersInTheOrderOfTheCommandsAlsoOfThoseBeforeItIsUp) {
  const lab::RedisServer server;
  lab::RedisLink link(loop_, server.url(), up(), down());
  link.command({"INCR", "n"}, reply());
  link.command({"NOSUCH"}, reply());
  link.command({"INCR", "n"}, reply());
  ASSERT_TRUE(until([&] { return answers_.size() == 3; }));
  EXPECT_EQ(ups_, 1);
  EXPECT_EQ(answers_[0], "1");
  EXPECT_THAT(answers_[1], HasSubstr("unknown command"));
  EXPECT_EQ(answers_[2], "2");
}

TEST_F(Links, RedisKeepsTellingWhatASubscriptionHears) {
  const lab::RedisServer server;
  lab::RedisLink heard(loop_, server.url(), up(), down());
  heard.command({"SUBSCRIBE", "room"}, reply());
  ASSERT_TRUE(until([&] { return answers_.size() == 1; }));
  lab::Redis(server.url()).command({"PUBLISH", "room", "hi"});
  lab::Redis(server.url()).command({"PUBLISH", "room", "ho"});
  ASSERT_TRUE(until([&] { return answers_.size() == 3; }));
  EXPECT_THAT(answers_,
              ElementsAre("subscribe room # ", "message room hi ", "message room ho "));
}

TEST_F(Links, RedisThatKillsTheConnectionAnswersWhatWaitsWithNothing) {
  const lab::RedisServer server;
  lab::RedisLink link(loop_, server.url(), up(), down());
  ASSERT_TRUE(until([&] { return ups_ == 1; }));
  link.command({"BLPOP", "nothing", "0"}, reply());
  lab::Redis other(server.url());
  ASSERT_TRUE(until([&] {
    loop_.run(UV_RUN_NOWAIT);
    return other.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}) != "0";
  }));
  ASSERT_TRUE(until([&] { return !downs_.empty(); }));
  EXPECT_THAT(answers_, ElementsAre("nothing"));
  EXPECT_EQ(downs_.size(), 1u);
  link.command({"PING"}, reply());
  EXPECT_THAT(answers_, ElementsAre("nothing", "nothing"));
}

TEST_F(Links, RedisThatDiesIsToldOnce) {
  std::optional<lab::RedisServer> server(std::in_place);
  lab::RedisLink link(loop_, server->url(), up(), down());
  ASSERT_TRUE(until([&] { return ups_ == 1; }));
  server.reset();
  ASSERT_TRUE(until([&] { return !downs_.empty(); }));
  EXPECT_EQ(downs_.size(), 1u);
}

TEST_F(Links, RedisThatIsNotThereIsTold) {
  const FakeService silent("");
  std::string refused = silent.refusing_place();
  lab::RedisLink tcp(loop_, "redis://" + refused, up(), down());
  lab::RedisLink unix_socket(loop_, "unix:///nowhere/socket", up(), down());
  tcp.command({"PING"}, reply());
  ASSERT_TRUE(until([&] { return downs_.size() == 2 && answers_.size() == 1; }));
  EXPECT_THAT(downs_, testing::Contains(HasSubstr("refused")));
  EXPECT_THAT(downs_, testing::Contains(HasSubstr("No such file")));
  EXPECT_EQ(ups_, 0);
  EXPECT_THROW(lab::RedisLink(loop_, "garbage", up(), down()), lab::Error);
}

TEST_F(Links, RedisThatTalksNonsenseIsTold) {
  const FakeService http("HTTP/1.1 400 Bad Request\r\n\r\n");
  lab::RedisLink link(loop_, "redis://" + http.place(), up(), down());
  link.command({"GET", "x"}, reply());
  ASSERT_TRUE(until([&] { return !downs_.empty(); }));
  EXPECT_THAT(downs_[0], HasSubstr("Protocol error"));
  EXPECT_THAT(answers_, ElementsAre("nothing"));
  EXPECT_EQ(ups_, 0);
}

TEST_F(Links, RedisThatWantsAPasswordLetsInWhoHasItAndTellsWhoHasNot) {
  const FakeService locked("-NOAUTH Authentication required.\r\n");
  lab::RedisLink link(loop_, "redis://" + locked.place(), up(), down());
  ASSERT_TRUE(until([&] { return !downs_.empty(); }));
  EXPECT_THAT(downs_[0], HasSubstr("NOAUTH"));
  EXPECT_EQ(ups_, 0);
}

TEST_F(Links, RedisAnswersWhatWaitsWhenTheLinkGoes) {
  const lab::RedisServer server;
  {
    lab::RedisLink link(loop_, server.url(), up(), down());
    link.command({"PING"}, reply());
  }
  EXPECT_THAT(answers_, ElementsAre("nothing"));
  loop_.run(UV_RUN_NOWAIT);
  EXPECT_THAT(downs_, IsEmpty());
}

TEST_F(Links, PostgresAnswersInTheOrderOfTheQueriesAlsoOfThoseBeforeItIsUp) {
  const lab::PostgresServer server;
  lab::PostgresLink link(loop_, server.url(), up(), down());
  link.query("SELECT $1::int + 1", {"41"}, rows());
  link.query("SELECT 1/0", {}, rows());
  link.query("CREATE TEMP TABLE t (i int)", {}, rows());
  ASSERT_TRUE(until([&] { return answers_.size() == 3; }));
  EXPECT_THAT(answers_, ElementsAre("42", "error 22012", "CREATE TABLE"));
  EXPECT_EQ(ups_, 1);
}

TEST_F(Links, PostgresLetsTheLoopTurnWhileAQueryIsUnderWay) {
  const lab::PostgresServer server;
  lab::PostgresLink link(loop_, server.url(), up(), down());
  ASSERT_TRUE(until([&] { return ups_ == 1; }));
  link.query("SELECT pg_advisory_lock(1)", {}, rows());
  lab::PostgresLink waits(loop_, server.url(), up(), down());
  ASSERT_TRUE(until([&] { return ups_ == 2 && answers_.size() == 1; }));
  waits.query("SELECT pg_advisory_lock(1)", {}, rows());  // held by the other
  bool turned = false;
  lab::uv::Timer timer(loop_);
  timer.start(1ms, [&] { turned = true; });
  ASSERT_TRUE(until([&] { return turned; }));
  EXPECT_EQ(answers_.size(), 1u);
  link.query("SELECT pg_advisory_unlock(1)", {}, rows());
  EXPECT_TRUE(until([&] { return answers_.size() == 3; }));
}

TEST_F(Links, PostgresTakesMoreThanASocketHolds) {
  const lab::PostgresServer server;
  lab::PostgresLink link(loop_, server.url(), up(), down());
  link.query("SELECT length($1)", {std::string(8 << 20, 'x')}, rows());
  ASSERT_TRUE(until([&] { return !answers_.empty(); }));
  EXPECT_THAT(answers_, ElementsAre(std::to_string(8 << 20)));
}

TEST_F(Links, PostgresThatEndsTheSessionAnswersAllThatWait) {
  const lab::PostgresServer server;
  lab::PostgresLink link(loop_, server.url(), up(), down());
  link.query("SELECT pg_terminate_backend(pg_backend_pid())", {}, rows());
  link.query("SELECT 1", {}, rows());
  ASSERT_TRUE(until([&] { return !downs_.empty(); }));
  EXPECT_EQ(answers_.size(), 2u);
  EXPECT_THAT(answers_, testing::Each(testing::StartsWith("error")));
  EXPECT_EQ(downs_.size(), 1u);
  link.query("SELECT 1", {}, rows());
  EXPECT_EQ(answers_.size(), 3u);
}

TEST_F(Links, PostgresThatDiesWhileNobodyAsksIsTold) {
  std::optional<lab::PostgresServer> server(std::in_place);
  lab::PostgresLink link(loop_, server->url(), up(), down());
  ASSERT_TRUE(until([&] { return ups_ == 1; }));
  server.reset();
  ASSERT_TRUE(until([&] { return !downs_.empty(); }));
  EXPECT_THAT(downs_[0], Not(HasSubstr("\n")));
}

TEST_F(Links, PostgresThatIsNotThereOrTalksNonsenseIsTold) {
  const FakeService http("HTTP/1.1 400 Bad Request\r\n\r\n");
  const auto address = [](const std::string& place) {
    return "postgres://lab@" + place + "/lab?gssencmode=disable&sslmode=disable";
  };
  lab::PostgresLink refused(loop_, address(http.refusing_place()), up(), down());
  lab::PostgresLink garbage(loop_, address(http.place()), up(), down());
  garbage.query("SELECT 1", {}, rows());
  ASSERT_TRUE(until([&] { return downs_.size() == 2; }));
  EXPECT_THAT(downs_, testing::Contains(HasSubstr("refused")));
  EXPECT_THAT(answers_, ElementsAre("error "));
  EXPECT_EQ(ups_, 0);
  EXPECT_THROW(lab::PostgresLink(loop_, "garbage", up(), down()), lab::Error);
}

}  // namespace
