// Redis on libuv's loop: real servers, and how they go.
#include <gmock/gmock.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "fake_service.hpp"
#include "lab/db/redis_link.hpp"
#include "lab/db/redis_server.hpp"
#include "lab/os/proc.hpp"
#include "support/own_run.hpp"

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

// Else a program that tries again and again runs out of them.
TEST_F(Links, RedisThatIsNotThereLeavesNoDescriptorOpen) {
  loop_.run(UV_RUN_NOWAIT);
  const int before = lab::open_descriptors();
  {
    lab::RedisLink link(loop_, "unix:///nowhere/socket", up(), down());
    link.command({"PING"}, reply());
    EXPECT_THAT(answers_, ElementsAre("nothing")) << "it is known at once";
    loop_.run(UV_RUN_NOWAIT);
    EXPECT_EQ(downs_.size(), 1u);
  }
  loop_.run(UV_RUN_NOWAIT);
  EXPECT_EQ(lab::open_descriptors(), before);
}

// A socket can nearly always be written to: who waits for that without need wakes for ever.
TEST_F(Links, RedisThatHasNothingToTellLetsTheLoopSleep) {
  const lab::RedisServer server;
  lab::RedisLink link(loop_, server.url(), up(), down());
  link.command({"INCR", "n"}, reply());
  ASSERT_TRUE(until([&] { return answers_.size() == 1; }));
  loop_.run(UV_RUN_NOWAIT);
  pollfd events{uv_backend_fd(loop_.raw()), POLLIN, 0};
  EXPECT_EQ(poll(&events, 1, 0), 0);
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

// A real Redis, which keeps the connection of somebody whom it refuses. Inside it wants no
// password; at the door it does.
class LockedRedis {
 public:
  LockedRedis() {
    ask({"ACL", "SETUSER", "ann", "on", ">hers", "~*", "&*", "+@all"});
    ask({"ACL", "SETUSER", "default", "resetpass", ">secret"});
  }
  std::string ask(const std::vector<std::string>& words) {
    return inside_.command(words);
  }
  std::string url(const std::string& who, const std::string& database = "") const {
    return "redis://" + who + door_.place() + database;
  }

 private:
  lab::RedisServer server_;
  lab::Redis inside_{server_.url()};
  TcpDoor door_{server_.url().substr(std::string("unix://").size())};
};

TEST_F(Links, RedisThatRefusesIsTold) {
  LockedRedis redis;
  for (const char* who : {"", ":wrong@", "ann:secret@", "bob:hers@"}) {
    const std::size_t before = downs_.size();
    lab::RedisLink link(loop_, redis.url(who), up(), down());
    link.command({"SET", "refused", who}, reply());
    ASSERT_TRUE(until([&] { return downs_.size() > before; })) << who;
    EXPECT_THAT(downs_.back(),
                testing::AnyOf(HasSubstr("NOAUTH"), HasSubstr("WRONGPASS")));
    EXPECT_FALSE(link.up());
  }
  EXPECT_EQ(downs_.size(), 4u);
  EXPECT_THAT(answers_, ElementsAre("nothing", "nothing", "nothing", "nothing"));
  EXPECT_EQ(ups_, 0);
  EXPECT_EQ(redis.ask({"EXISTS", "refused"}), "0");
}

TEST_F(Links, RedisLetsInWhoHasThePassword) {
  LockedRedis redis;
  int ups = 0;
  for (const char* who : {":secret@", "ann:hers@", "default:secret@"}) {
    lab::RedisLink link(loop_, redis.url(who), up(), down());
    link.command({"INCR", "entered"}, reply());
    ASSERT_TRUE(until([&] {
      return answers_.size() == static_cast<std::size_t>(ups + 1);
    })) << who;
    EXPECT_EQ(ups_, ++ups);
    EXPECT_TRUE(link.up());
  }
  EXPECT_THAT(answers_, ElementsAre("1", "2", "3"));
  EXPECT_THAT(downs_, IsEmpty());
}

// Not in database 0, which it would act on while the other is refused.
TEST_F(Links, RedisActsInTheDatabaseOfTheAddressOrNotAtAll) {
  LockedRedis redis;
  lab::RedisLink link(loop_, redis.url(":secret@", "/3"), up(), down(), "of-a-name");
  link.command({"SET", "where", "here"}, reply());
  link.command({"CLIENT", "GETNAME"}, reply());
  ASSERT_TRUE(until([&] { return answers_.size() == 2; }));
  EXPECT_THAT(answers_, ElementsAre("OK", "of-a-name"));
  EXPECT_EQ(redis.ask({"EXISTS", "where"}), "0");
  redis.ask({"SELECT", "3"});
  EXPECT_EQ(redis.ask({"GET", "where"}), "here");
}

TEST_F(Links, RedisDoesNothingForWhomItRefusesTheDatabase) {
  const lab::RedisServer server;
  const TcpDoor door(server.url().substr(std::string("unix://").size()));
  lab::RedisLink link(loop_, "redis://" + door.place() + "/99", up(), down());
  link.command({"SET", "where", "elsewhere"}, reply());
  ASSERT_TRUE(until([&] { return !downs_.empty(); }));
  EXPECT_THAT(downs_, ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(answers_, ElementsAre("nothing"));
  EXPECT_EQ(lab::Redis(server.url()).command({"EXISTS", "where"}), "0");
}

TEST_F(Links, RedisThatAnswersAnErrorFirstIsTold) {
  const FakeService loading("-LOADING Redis is loading the dataset in memory\r\n");
  lab::RedisLink link(loop_, "redis://" + loading.place(), up(), down());
  ASSERT_TRUE(until([&] { return !downs_.empty(); }));
  EXPECT_THAT(downs_, ElementsAre(HasSubstr("LOADING")));
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

}  // namespace
