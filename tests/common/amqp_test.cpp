// RabbitMQ of a run's own, and a connection to it. One broker for all: it takes long to start.
#include "lab/db/amqp.hpp"

#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "fake_service.hpp"
#include "lab/core/error.hpp"
#include "lab/db/rabbit_server.hpp"
#include "support/given_broker.hpp"

namespace {

using namespace std::chrono_literals;
using lab::Amqp;
using testing::HasSubstr;
using testing::Not;

class Rabbit : public lab::test::GivenBroker {
 protected:
  Amqp amqp_{server_->url()};
};

lab::AmqpDelivery take(Amqp& from) {
  auto delivery = from.next(10s);
  EXPECT_TRUE(delivery);
  return delivery.value_or(lab::AmqpDelivery{});
}

TEST_F(Rabbit, DeliversWhatWasPublishedWithItsId) {
  amqp_.declare("letters");
  amqp_.publish("letters", {"one", "id 1"});
  amqp_.publish("letters", {std::string("\0two", 4), ""});
  amqp_.wait_confirmed();
  EXPECT_EQ(amqp_.depth("letters"), 2);
  Amqp consumer(server_->url());
  consumer.consume("letters", 10);
  const auto one = take(consumer), two = take(consumer);
  EXPECT_EQ(one.message.body, "one");
  EXPECT_EQ(one.message.id, "id 1");
  EXPECT_FALSE(one.redelivered);
  EXPECT_EQ(two.message.body, std::string("\0two", 4));
  consumer.acknowledge(one);
  consumer.acknowledge(two);
  EXPECT_FALSE(consumer.next(1ms));
  amqp_.remove("letters");
}

TEST_F(Rabbit, GivesWhatNobodyAcknowledgedToTheNextConsumer) {
  amqp_.declare("calls", {.counts_deliveries = true});
  amqp_.publish("calls", {"order"});
  amqp_.wait_confirmed();
  for (int earlier = 0; earlier < 3; ++earlier) {
    Amqp consumer(server_->url());
    consumer.consume("calls", 1);
    const auto delivery = take(consumer);
    EXPECT_EQ(delivery.earlier, earlier);
    EXPECT_EQ(delivery.redelivered, earlier > 0);
  }
  amqp_.remove("calls");
}

TEST_F(Rabbit, HandsOverNoMoreThanThePrefetch) {
  amqp_.declare("few");
  for (int i = 0; i < 5; ++i) amqp_.publish("few", {"order"});
  amqp_.wait_confirmed();
  Amqp consumer(server_->url());
  consumer.consume("few", 2);
  const auto one = take(consumer);
  take(consumer);
  EXPECT_FALSE(consumer.next(50ms));
  consumer.acknowledge(one);
  take(consumer);
  amqp_.remove("few");
}

TEST_F(Rabbit, MovesWhatIsRejectedForGoodToTheDeadLetters) {
  amqp_.declare("dead");
  amqp_.declare("alive", {.counts_deliveries = true, .dead_letters = "dead"});
  amqp_.publish("alive", {"poison", "p"});
  amqp_.wait_confirmed();
  Amqp consumer(server_->url());
  consumer.consume("alive", 1);
  consumer.reject(take(consumer), true);
  const auto again = take(consumer);
  EXPECT_EQ(again.earlier, 1);
  consumer.reject(again, false);
  Amqp keeper(server_->url());
  keeper.consume("dead", 1);
  EXPECT_EQ(take(keeper).message.id, "p");
  amqp_.remove("alive");
  amqp_.remove("dead");
}

TEST_F(Rabbit, AFanoutCopiesForEachQueueThatIsBound) {
  amqp_.declare_fanout("news");
  for (const char* queue : {"mail", "stock"}) {
    amqp_.declare(queue, {.passing = true});
    amqp_.bind(queue, "news");
  }
  amqp_.emit("news", {"placed"});
  amqp_.wait_confirmed();
  EXPECT_EQ(amqp_.depth("mail"), 1);
  EXPECT_EQ(amqp_.depth("stock"), 1);
}

TEST_F(Rabbit, SaysThatNobodyHasTheQueue) {
  amqp_.publish("nowhere", {"lost"});
  EXPECT_THROW(amqp_.wait_confirmed(), lab::Error);
  try {
    amqp_.depth("nowhere");
    ADD_FAILURE() << "it counted";
  } catch (const lab::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("NOT_FOUND"));
  }
}

TEST_F(Rabbit, AWrongAddressIsToldInOneLineWithoutItsPassword) {
  const FakeService http("HTTP/1.1 400 Bad Request\r\n\r\n"), garbage("\x1b[2J\xff\xfe");
  const std::string right = server_->url();
  const std::string place = right.substr(right.find('@') + 1);
  for (const std::string& url :
       {std::string("garbage"), std::string("amqp://"),
        std::string("amqp://lab:secret@127.0.0.1:1"), "amqp://lab:secret@" + place,
        "amqp://lab:secret@" + http.place(), "amqp://lab:secret@" + garbage.place(),
        "amqps://lab:secret@" + place, right + "/no-such-vhost",
        std::string("amqp://lab:secret@127.0.0.1:99999")}) {
    setenv("LAB_AMQP_URL", url.c_str(), 1);
    try {
      const lab::RabbitServer server;
      ADD_FAILURE() << url;
    } catch (const lab::Error& error) {
      EXPECT_THAT(error.what(), testing::StartsWith("LAB_AMQP_URL: ")) << url;
      EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
      EXPECT_THAT(error.what(), Not(HasSubstr("secret")));
    }
  }
  setenv("LAB_AMQP_URL", right.c_str(), 1);
  EXPECT_FALSE(lab::RabbitServer().ours());
  unsetenv("LAB_AMQP_URL");
}

// Last: it ends the broker.
TEST_F(Rabbit, ZIsGoneWithItsObjectAndAConnectionSaysSo) {
  const pid_t pid = server_->pid();
  server_.reset();
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_THROW(
      {
        amqp_.declare("late");
        amqp_.next(1s);
      },
      lab::Error);
  const auto left = [] {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "environ");
      const std::string all{std::istreambuf_iterator<char>(file), {}};
      const bool erlang = all.find("ERL_EPMD_PORT=") != std::string::npos;
      if (erlang && all.find("HOME=" + run_->folder()) != std::string::npos) return true;
    }
    return false;
  };
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (left() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(left()) << "epmd or a helper of Erlang's is still there";
}

}  // namespace
