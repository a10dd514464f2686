// A chat server as its clients meet it: over real WebSockets, with a real Redis behind it.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "chat.hpp"
#include "lab/db/redis.hpp"
#include "support/own_run.hpp"
#include "world/chat_client.hpp"
#include "world/shared_redis.hpp"

namespace {

using namespace std::chrono_literals;
using namespace lab11;
using Json = nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
namespace code = lab::websocket::code;

// A client that says what a test wants, and keeps what it hears.
class Talker : public lab::websocket::Session {
 public:
  lab::websocket::Peer peer{};
  std::vector<Json> heard{};
  std::optional<std::uint16_t> closed{};
  unsigned sent_again = 0;

  void send(const std::string& text) {
    peer->write(std::make_shared<const std::string>(text));
  }
  void send(const Json& json) { send(json.dump()); }
  void join(const std::string& room, const Position& seen = {}) {
    send(Json{
        {"do", "join"}, {"room", room}, {"epoch", seen.epoch}, {"offset", seen.offset}});
  }
  void say(const std::string& room, const Json& n, const std::string& text) {
    send(Json{{"do", "say"}, {"room", room}, {"n", n}, {"text", text}});
  }
  std::vector<Json> all(const std::string& is) const {
    std::vector<Json> some;
    for (const auto& one : heard)
      if (one["is"] == is) some.push_back(one);
    return some;
  }
  std::size_t count(const std::string& is) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(heard, [&](const Json& one) { return one["is"] == is; }));
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> some;
    for (const auto& one : all("said")) some.push_back(one["text"]);
    return some;
  }

  void on_text(std::string_view text) override { heard.push_back(Json::parse(text)); }
  void on_close(const lab::websocket::Close& close) override { closed = close.code; }
};

using Talking = std::shared_ptr<Talker>;

// One server, and all that it needs, on one thread.
struct Chat {
  Chat(lab::uv::Loop& services, lab::websocket::Loop& sockets, const SharedRedis& redis,
       const std::string& name, ChatSettings settings)
      : backplane(services,
                  {.url = redis.url(), .prefix = redis.prefix(), .server = name}),
        server(sockets, std::move(settings), backplane,
               {.on_event = [this](auto what, auto) { events.emplace_back(what); },
                .on_connections = [this](auto count, auto) { connections = count; }}) {}

  std::vector<std::string> events{};
  std::uint64_t connections = 0;
  Backplane backplane;
  ChatServer server;
};

class ChatServerTest : public testing::Test {
 protected:
  ChatServerTest() {
    signal(SIGPIPE, SIG_IGN);
    sockets_.wake_on(uv_backend_fd(services_.raw()));
  }

  Chat& start(const std::string& name = "A", ChatSettings settings = {}) {
    chats_.push_back(
        std::make_unique<Chat>(services_, sockets_, redis_, name, std::move(settings)));
    return *chats_.back();
  }
  void turn() {
    services_.run(UV_RUN_NOWAIT);
    sockets_.turn(1ms);
  }
  bool until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    for (; !done(); turn())
      if (std::chrono::steady_clock::now() > deadline) return false;
    return true;
  }
  Talking connect(Chat& chat) {
    const auto talker = std::make_shared<Talker>();
    talker->peer =
        lab::websocket::connect(sockets_, chat.server.port(), "/chat", talker, options_);
    EXPECT_TRUE(until([&] { return talker->peer->open() || talker->closed; }));
    return talker;
  }
  Talking enter(Chat& chat, const std::string& user, const std::string& window = "") {
    const auto talker = connect(chat);
    talker->send(Json{{"do", "hello"}, {"user", user}, {"window", window}});
    EXPECT_TRUE(hears(talker, "welcome"));
    return talker;
  }
  Talking member(Chat& chat, const std::string& user, const std::string& window = "",
                 const Position& seen = {}) {
    const auto talker = enter(chat, user, window);
    talker->join("r", seen);
    EXPECT_TRUE(hears(talker, "joined"));
    return talker;
  }
  bool hears(const Talking& talker, const std::string& is, std::size_t times = 1) {
    return until([&] { return talker->count(is) >= times; });
  }
  static Position at(const Json& message) {
    return {message["epoch"], message["offset"]};
  }

  // The code with which a server closes whoever sends this, once it is a member.
  int code_after(Chat& chat, const std::string& text) {
    const auto talker = member(chat, "mallory");
    talker->send(text);
    EXPECT_TRUE(until([&] { return talker->closed.has_value(); })) << text;
    return talker->closed.value_or(0);
  }

  const lab::test::OwnRun run_;
  SharedRedis redis_;
  lab::Redis inside_{redis_.url()};
  lab::uv::Loop services_;
  lab::websocket::Loop sockets_;
  lab::websocket::Options options_{};  // of the clients
  std::vector<std::unique_ptr<Chat>> chats_;
};

// --- positions

TEST_F(ChatServerTest, ResumesFromARoomThatWasEmpty) {
  Chat& chat = start();
  const auto ann = member(chat, "ann");
  const Json joined = ann->all("joined")[0];
  EXPECT_EQ(joined["offset"], 0);
  EXPECT_EQ(joined["recovered"], true);
  EXPECT_NE(joined["epoch"], "");
  ann->peer->close(code::normal);
  ASSERT_TRUE(until([&] { return chat.connections == 0; }));

  const auto bob = member(chat, "bob");
  bob->say("r", 1, "one");
  bob->say("r", 2, "two");
  ASSERT_TRUE(hears(bob, "said", 2));
  const auto again = member(chat, "ann", "", at(joined));
  EXPECT_EQ(again->all("joined")[0]["recovered"], true);
  ASSERT_TRUE(hears(again, "said", 2));
  EXPECT_THAT(again->texts(), ElementsAre("one", "two"));
}

TEST_F(ChatServerTest, TellsWhoCannotResume) {
  Chat& chat = start();
  const auto ann = member(chat, "ann");
  ann->say("r", 1, "one");
  ASSERT_TRUE(hears(ann, "said"));
  const Position known = at(ann->all("said")[0]);
  for (const Position& seen : {Position{"another", 1}, Position{known.epoch, 2}}) {
    const auto late = member(chat, "late", "", seen);
    EXPECT_EQ(late->all("joined")[0]["recovered"], false);
    EXPECT_EQ(at(late->all("joined")[0]), known);
    EXPECT_THAT(late->texts(), IsEmpty());
  }
}

TEST_F(ChatServerTest, SendsABacklogPieceByPieceAndNothingNewBeforeIt) {
  Chat& chat = start("A", {.queue_limit = 4096});
  const auto ann = member(chat, "ann");
  const Position begin = at(ann->all("joined")[0]);
  std::vector<std::string> said;
  for (int i = 1; i <= 100; ++i) {
    said.push_back(std::string(300, 'x') + std::to_string(i));
    ann->say("r", i, said.back());
    ASSERT_TRUE(hears(ann, "said", static_cast<std::size_t>(i)));
  }
  const auto bob = member(chat, "bob", "", begin);
  ann->say("r", 101, "new");
  said.emplace_back("new");
  ASSERT_TRUE(hears(bob, "said", said.size()));
  EXPECT_EQ(bob->texts(), said);
  EXPECT_FALSE(bob->closed);
}

TEST_F(ChatServerTest, FetchesWhatTheRelayLost) {
  Chat &a = start("A"), &b = start("B");
  const auto ann = member(a, "ann"), bob = member(b, "bob");
  ASSERT_EQ(redis_.cut("relay-B"), 1);
  ann->say("r", 1, "one");
  ASSERT_TRUE(hears(ann, "said"));
  ASSERT_TRUE(hears(bob, "said"));
  ann->say("r", 2, "two");
  ASSERT_TRUE(hears(bob, "said", 2));
  EXPECT_THAT(bob->texts(), ElementsAre("one", "two"));
  EXPECT_THAT(bob->all("lost"), IsEmpty());
}

TEST_F(ChatServerTest, LosesItWithoutNumbersAndSaysNothing) {
  Chat &a = start("A"), &b = start("B", {.closes_gaps = false});
  const auto ann = member(a, "ann"), bob = member(b, "bob");
  ASSERT_EQ(redis_.cut("relay-B"), 1);
  ASSERT_EQ(redis_.subscribers("r"), 1);
  ann->say("r", 1, "one");
  ASSERT_TRUE(until([&] {
    return inside_.command({"EXISTS", redis_.prefix() + "room:r:log"}) == "1";
  }));
  ASSERT_TRUE(until([&] { return redis_.subscribers("r") == 2; }));
  ann->say("r", 2, "two");
  ASSERT_TRUE(hears(bob, "said"));
  EXPECT_THAT(bob->texts().back(), "two");
  EXPECT_THAT(bob->all("lost"), IsEmpty());
}

TEST_F(ChatServerTest, TellsEverybodyThatTheStoreLostItsData) {
  Chat& chat = start();
  const auto ann = member(chat, "ann");
  ann->say("r", 1, "one");
  ASSERT_TRUE(hears(ann, "said"));
  redis_.lose_data();
  ann->say("r", 2, "another");
  ASSERT_TRUE(hears(ann, "said", 2));
  ASSERT_THAT(ann->all("lost"), SizeIs(1));
  EXPECT_EQ(ann->all("lost")[0]["offset"], 0);
  EXPECT_EQ(ann->all("said")[1]["offset"], 1);
  EXPECT_NE(ann->all("said")[1]["epoch"], ann->all("said")[0]["epoch"]);
}

TEST_F(ChatServerTest, CatchesUpBeforeItAdmitsWhoHasSeenMore) {
  Chat &a = start("A"), &b = start("B");
  const auto ann = member(a, "ann"), bob = member(b, "bob");
  ASSERT_EQ(redis_.cut("relay-B"), 1);
  ann->say("r", 1, "one");
  ASSERT_TRUE(hears(ann, "said"));
  const auto again = member(b, "ann", "", at(ann->all("said")[0]));
  EXPECT_EQ(again->all("joined")[0]["recovered"], true);
}

TEST_F(ChatServerTest, AsksAgainUntilTheStoreCanAnswer) {
  const std::string log = redis_.prefix() + "room:r:log";
  inside_.command({"SET", log, "not a stream"});
  Chat& chat = start("A", {.ask_again = 1ms});
  const auto ann = enter(chat, "ann");
  ann->join("r");
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_THAT(ann->all("joined"), IsEmpty());
  inside_.command({"DEL", log});
  EXPECT_TRUE(hears(ann, "joined"));
}

// --- messages

TEST_F(ChatServerTest, StoresAMessageOnceThoughItIsSentTwice) {
  Chat& chat = start();
  const auto ann = member(chat, "ann", "w1");
  ann->say("r", 1, "one");
  ann->say("r", 1, "one");
  ann->say("r", 2, "two");
  ASSERT_TRUE(hears(ann, "stored", 3));
  ASSERT_TRUE(hears(ann, "said", 2));
  EXPECT_THAT(ann->texts(), ElementsAre("one", "two"));
}

TEST_F(ChatServerTest, CountsTheMessagesOfEachAuthorAndWindowApart) {
  Chat& chat = start();
  using Pair = std::pair<std::string, std::string>;
  std::vector<Talking> all;
  for (const auto& [user, window] :
       {Pair{"a\nb", "c"}, Pair{"a", "b\nc"}, Pair{"a", ""}, Pair{"a", "\n"},
        Pair{"a\n", ""}, Pair{"a\"", "\""}, Pair{"a\",\"", ""}}) {
    all.push_back(member(chat, user, window));
  }
  for (const auto& one : all) one->say("r", 1, "mine");
  for (const auto& one : all) ASSERT_TRUE(hears(one, "said", all.size()));
}

TEST_F(ChatServerTest, TellsTheAuthorWhenTheStoreIsAway) {
  Chat& chat = start();
  const auto ann = member(chat, "ann");
  ASSERT_EQ(redis_.cut("store-A"), 1);
  ann->say("r", 1, "one");
  ASSERT_TRUE(
      until([&] { return ann->count("stored") + ann->count("not stored") == 1; }));
  EXPECT_THAT(ann->all("not stored"), SizeIs(1));
  ASSERT_TRUE(until([&] {
    if (ann->count("not stored") + ann->count("stored") == ann->sent_again + 1u) {
      ++ann->sent_again;
      ann->say("r", 1, "one");
    }
    return ann->count("stored") > 0;
  }));
  ASSERT_TRUE(hears(ann, "said"));
  EXPECT_THAT(ann->texts(), ElementsAre("one"));
}

TEST_F(ChatServerTest, DeliversWhatFitsToAllAndRefusesTheRestToItsAuthor) {
  Chat& chat = start();
  const auto ann = member(chat, "ann"), bob = member(chat, "bob");
  const std::size_t limit = lab::websocket::Options().message_limit;
  std::size_t delivered = 0, refused = 0;
  for (std::size_t size = limit - 1000; size < limit - 45; size += 45) {
    ann->say("r", delivered + 1, std::string(size, 'x'));
    ASSERT_TRUE(until([&] {
      return ann->count("refused") > refused || bob->count("said") > delivered;
    }));
    refused = ann->count("refused");
    delivered = bob->count("said");
  }
  EXPECT_GT(delivered, 5u);
  EXPECT_GT(refused, 5u);
  ann->say("r", delivered + 1, std::string(10'900, '\x01'));  // each is six bytes
  ASSERT_TRUE(hears(ann, "refused", refused + 1));
  EXPECT_EQ(ann->all("refused").back()["n"], delivered + 1);
  ann->say("r", delivered + 1, "short");
  ASSERT_TRUE(hears(bob, "said", delivered + 1));
  EXPECT_FALSE(ann->closed || bob->closed);
}

// --- what a client may not do

TEST_F(ChatServerTest, AdmitsAClientToEightRoomsAlsoWhenItAsksForAllAtOnce) {
  Chat& chat = start();
  const auto ann = enter(chat, "ann");
  for (int i = 0; i < 20; ++i) ann->join("room " + std::to_string(i));
  ASSERT_TRUE(hears(ann, "joined", 8));
  ASSERT_TRUE(hears(ann, "not joined", 12));
  EXPECT_EQ(ann->all("not joined")[0]["room"], "room 8");
  ann->join("room 3");  // again
  ASSERT_TRUE(hears(ann, "joined", 9));
  EXPECT_THAT(ann->all("joined"), SizeIs(9));
  ann->say("room 7", 1, "in");
  EXPECT_TRUE(hears(ann, "said"));
}

TEST_F(ChatServerTest, TakesOnlyWholeNumbersThatEveryPartHoldsExactly) {
  Chat& chat = start();
  const auto say = [](const std::string& n, const std::string& more = "") {
    return R"({"do":"say","room":"r","text":"x","n":)" + n + more + "}";
  };
  for (const char* n : {"1.5", "1.0", "1e0", "0", "-1", "true", "\"1\"", "null", "[1]",
                        "9007199254740992", "18446744073709551616"}) {
    EXPECT_EQ(code_after(chat, say(n)), code::policy) << n;
  }
  EXPECT_EQ(code_after(chat, say("1", R"(,"at":1.5)")), code::policy);
  EXPECT_EQ(code_after(chat, say("1", R"(,"context":-1)")), code::policy);
  EXPECT_EQ(code_after(chat, R"({"do":"join","room":"r","epoch":"e","offset":0.5})"),
            code::policy);
  const auto ann = member(chat, "ann");
  EXPECT_EQ(ann->all("joined")[0]["offset"], 0);  // nothing of that was stored
  ann->say("r", 9007199254740991, "the last");
  EXPECT_TRUE(hears(ann, "said"));
}

TEST_F(ChatServerTest, CountsTheCharactersOfANameAsABrowserDoes) {
  Chat& chat = start();
  const auto many = [](int count, const std::string& what) {
    std::string name;
    for (int i = 0; i < count; ++i) name += what;
    return name;
  };
  for (const auto& name : {many(32, "a"), many(32, "\u00e9"), many(32, "\u20ac"),
                           many(16, "\U0001F600"), std::string("\n")}) {
    const auto talker = enter(chat, name);
    talker->join(name);
    EXPECT_TRUE(hears(talker, "joined")) << name;
  }
  for (const auto& name :
       {many(33, "a"), many(33, "\u00e9"), many(17, "\U0001F600"), many(0, "")}) {
    const auto talker = connect(chat);
    talker->send(Json{{"do", "hello"}, {"user", name}});
    ASSERT_TRUE(until([&] { return talker->closed.has_value(); })) << name;
    EXPECT_EQ(*talker->closed, code::policy);
    EXPECT_EQ(code_after(chat, Json{{"do", "join"}, {"room", name}}.dump()),
              code::policy);
  }
}

TEST_F(ChatServerTest, ClosesWhoeverSaysWhatItDoesNotUnderstand) {
  Chat& chat = start();
  for (const char* text :
       {"", "x", "[]", "1", "null", "{}", R"({"do":1})", R"({"do":"dance"})",
        R"({"do":"join"})", R"({"do":"join","room":7})",
        R"({"do":"say","room":"r","n":1})",
        R"({"do":"say","room":"other","n":1,"text":"x"})",
        R"({"do":"hello","user":"me"})",
        R"({"do":"say","room":"r","n":1,"text":"\ud800"})"}) {
    EXPECT_EQ(code_after(chat, text), code::policy) << text;
  }
  EXPECT_EQ(code_after(chat, std::string(30'000, '[')), code::policy);
  for (const char* text : {R"({"do":"join","room":"r"})", R"({"do":"hello"})",
                           R"({"do":"hello","user":"a","window":1})"}) {
    const auto stranger = connect(chat);
    stranger->send(std::string(text));
    ASSERT_TRUE(until([&] { return stranger->closed.has_value(); }));
    EXPECT_EQ(*stranger->closed, code::policy) << text;
  }
  const auto long_window = connect(chat);
  long_window->send(
      Json{{"do", "hello"}, {"user", "a"}, {"window", std::string(65, 'w')}});
  EXPECT_TRUE(until([&] { return long_window->closed == code::policy; }));
  EXPECT_TRUE(enter(chat, "a", std::string(64, 'w')));
  EXPECT_TRUE(until([&] { return chat.connections == 1; }));
}

TEST_F(ChatServerTest, DropsWhatStrangersPublish) {
  Chat& chat = start();
  const auto ann = member(chat, "ann");
  const std::string epoch = ann->all("joined")[0]["epoch"];
  const std::string good = R"({"from":"x","n":1,"text":"t","at":0,"context":0})";
  for (const std::string& junk :
       {epoch + " 1 {}", epoch + " 1 {\"from\":1}", epoch + " 1 [1]",
        epoch + " x " + good, epoch + " 1x " + good, epoch + " -1 " + good,
        std::string(" {"), std::string(),
        epoch + R"( 1 {"from":"x","n":1,"text":"t","at":0,"context":"a"})",
        epoch + R"( 1 {"from":"x","n":1,"text":"t","at":0})",
        epoch + R"( 1 {"from":"x","n":1,"at":0,"context":0})",
        epoch + R"( 1 {"from":"x","text":"t","at":0,"context":0})",
        epoch + R"( 1 {"n":1,"text":"t","at":0,"context":0})",
        epoch + R"( 1 {"from":"x","n":1,"text":"t","context":0})"}) {
    EXPECT_EQ(redis_.publish("r", junk), 1) << junk;
  }
  for (const char* junk : {"", "[]", "{}", R"({"server":1,"users":[]})",
                           R"({"server":"B","users":[1]})", R"({"server":"B"})"}) {
    inside_.command({"PUBLISH", redis_.prefix() + "present:r", junk});
  }
  ann->say("r", 1, "still here");
  ASSERT_TRUE(hears(ann, "said"));
  EXPECT_THAT(ann->texts(), ElementsAre("still here"));
}

// --- who is here

TEST_F(ChatServerTest, TellsWhoIsHereAlsoToASecondWindow) {
  Chat& chat = start("A", {.presence_every = 1ms});
  const auto ann = member(chat, "ann", "w1");
  ASSERT_TRUE(hears(ann, "present"));
  const auto again = member(chat, "ann", "w2");
  ASSERT_TRUE(hears(again, "present"));
  EXPECT_THAT(again->all("present")[0]["users"], ElementsAre("ann"));
  EXPECT_EQ(again->all("present")[0]["count"], 1);
  const auto bob = member(chat, "bob");
  const std::size_t before = ann->count("present");
  ASSERT_TRUE(hears(ann, "present", before + 1));
  EXPECT_THAT(ann->all("present").back()["users"], ElementsAre("ann", "bob"));
  bob->peer->close(code::normal);
  ASSERT_TRUE(hears(ann, "present", before + 2));
  EXPECT_THAT(ann->all("present").back()["users"], ElementsAre("ann"));
}

TEST_F(ChatServerTest, NamesAHundredOfALargeRoomAndCountsAll) {
  Chat& chat = start("A", {.presence_every = 1ms});
  const auto ann = member(chat, "ann");
  std::set<std::string> users;
  while (users.size() < 3000)
    users.insert("user with a long name " + std::to_string(users.size()));
  inside_.command({"PUBLISH", redis_.prefix() + "present:r",
                   Json{{"server", "B"}, {"users", users}}.dump()});
  ASSERT_TRUE(until([&] {
    const auto all = ann->all("present");
    return ann->closed || (!all.empty() && all.back()["count"] > 2999);
  }));
  EXPECT_FALSE(ann->closed);
  EXPECT_THAT(ann->all("present").back()["users"], SizeIs(100));
}

// --- slow readers

TEST_F(ChatServerTest, ClosesAReaderThatDoesNotReadAndNobodyElse) {
  Chat& chat = start("A", {.queue_limit = 64 << 10, .socket = {.send_buffer = 4 << 10}});
  const auto ann = member(chat, "ann");
  options_.receive_buffer = 4 << 10;
  const auto carl = member(chat, "carl");
  const Position begin = at(carl->all("joined")[0]);
  carl->peer->pause(true);
  std::size_t said = 0;
  while (said < 500 &&
         !testing::Matches(testing::Contains("too slow: disconnected"))(chat.events)) {
    ann->say("r", ++said, std::string(4000, 'x'));
    ASSERT_TRUE(hears(ann, "said", said));
  }
  ASSERT_LT(said, 500u);
  carl->peer->pause(false);
  ASSERT_TRUE(until([&] { return carl->closed.has_value(); }));
  EXPECT_EQ(*carl->closed, kTooSlow);
  EXPECT_FALSE(ann->closed);
  const auto again = member(chat, "carl", "", begin);
  ASSERT_TRUE(hears(again, "said", said));
  EXPECT_FALSE(again->closed);
}

// What it still lacked is lost with the data. It hears that, and then what is new.
TEST_F(ChatServerTest, GoesOnWithAReaderWhoWasBehindWhenTheStoreLostItsData) {
  Chat& chat = start("A", {.queue_limit = 64 << 10,
                           .presence_every = 1ms,
                           .socket = {.send_buffer = 4 << 10}});
  const auto ann = member(chat, "ann");
  const Position begin = at(ann->all("joined")[0]);
  for (std::size_t said = 1; said <= 100; ++said) {
    ann->say("r", said, std::string(4000, 'x'));
    ASSERT_TRUE(hears(ann, "said", said));
  }
  options_.receive_buffer = 4 << 10;
  const auto carl = enter(chat, "carl");
  carl->peer->pause(true);
  carl->join("r", begin);
  ASSERT_TRUE(until([&] {
    const auto present = ann->all("present");
    return !present.empty() && present.back()["count"] == 2;
  }));
  redis_.lose_data();
  ann->say("r", 101, "another");
  ASSERT_TRUE(hears(ann, "said", 101));
  carl->peer->pause(false);
  ASSERT_TRUE(until([&] {
    const auto texts = carl->texts();
    return carl->closed || (!texts.empty() && texts.back() == "another");
  }));
  EXPECT_FALSE(carl->closed);
  EXPECT_THAT(carl->all("lost"), SizeIs(1));
}

// --- the client of the lab

class ChatClientTest : public ChatServerTest {
 protected:
  ChatClient& person(ClientSettings settings) {
    people_.push_back(std::make_unique<ChatClient>(sockets_, std::move(settings)));
    return *people_.back();
  }
  std::vector<std::unique_ptr<ChatClient>> people_;
};

TEST_F(ChatClientTest, SaysInOrderAndGoesOnAfterAMessageThatNoServerTakes) {
  Chat& chat = start();
  ChatClient& ann = person({.user = "ann", .servers = {chat.server.port()}});
  ChatClient& bob = person({.user = "bob", .servers = {chat.server.port()}});
  ASSERT_TRUE(until([&] { return ann.joined() && bob.joined(); }));
  ann.say("one");
  ann.say(std::string((64 << 10) - 80, 'x'));  // refused
  ann.say("two");
  ASSERT_TRUE(until([&] { return ann.all_said() && bob.seen() == 2; }));
  EXPECT_THAT(ann.diary().close_codes, IsEmpty());
  EXPECT_EQ(ann.diary().refused, 1);
  ann.say(std::string(70'000, 'x'));  // closed with 1009
  ann.say("three");
  ASSERT_TRUE(until([&] { return ann.joined() && ann.all_said() && bob.seen() == 3; }))
      << testing::PrintToString(ann.diary().close_codes) << ann.diary().refused;
  EXPECT_THAT(ann.diary().close_codes, ElementsAre(code::too_big));
  EXPECT_EQ(ann.diary().refused, 2);
  EXPECT_EQ(bob.seen_text(), "ann:1 ann:2 ann:3");
  EXPECT_THAT(bob.diary().close_codes, IsEmpty());
}

TEST_F(ChatClientTest, ResumesOnAnotherServerWhenItsOwnHasGone) {
  Chat &a = start("A"), &b = start("B");
  ChatClient& ann = person({.user = "ann", .servers = {a.server.port()}});
  ChatClient& bob =
      person({.user = "bob", .servers = {b.server.port(), a.server.port()}});
  ASSERT_TRUE(until([&] { return ann.joined() && bob.joined(); }));
  ann.say("one");
  ASSERT_TRUE(until([&] { return bob.seen() == 1; }));
  chats_.pop_back();  // B, and bob was told nothing
  ASSERT_TRUE(until([&] { return !bob.joined(); }));
  ann.say("two");
  bob.say("three");
  ASSERT_TRUE(until([&] { return ann.all_said() && bob.all_said() && bob.seen() == 3; }));
  EXPECT_EQ(bob.diary().joined, 2);
  EXPECT_EQ(bob.diary().recovered, 1);
  EXPECT_THAT(bob.diary().histories, SizeIs(1));
  EXPECT_EQ(bob.seen_text(), ann.seen_text());
  EXPECT_THAT(bob.diary().waits, SizeIs(testing::Ge(1)));
  EXPECT_THAT(bob.diary().confirmed, ElementsAre("bob:1"));
}

TEST_F(ChatClientTest, GivesUpWhenEveryServerWouldRefuseIt) {
  Chat& chat = start();
  ChatClient& nobody = person({.user = "", .servers = {chat.server.port()}});
  ASSERT_TRUE(until([&] { return nobody.gave_up(); }));
  EXPECT_THAT(nobody.diary().close_codes, ElementsAre(code::policy));
  EXPECT_THAT(nobody.diary().waits, IsEmpty());
}

}  // namespace
