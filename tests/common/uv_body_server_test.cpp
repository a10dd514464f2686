// A server whose request bodies come in pieces: backpressure, clients that leave, and clients
// that send what is no HTTP.
#include "lab/net/uv_body_server.hpp"

#include <gmock/gmock.h>

#include <random>
#include <thread>

#include "lab/net/header_value.hpp"
#include "lab/net/loopback.hpp"
#include "lab/os/proc.hpp"
#include "support/wait_until.hpp"

namespace lab::uv {
namespace {

using namespace std::chrono_literals;

class BodyServerTest : public testing::Test {
 protected:
  struct Seen {
    std::string bytes;
    bool ended = false, gone = false, has_room = true;
    BodyServer::Exchange exchange;
  };
  struct SeenBody : BodyServer::Body {
    explicit SeenBody(BodyServerTest& owner) : test(owner) {}
    ~SeenBody() override { test.seen_.gone = true; }
    bool write(std::string_view bytes) override {
      test.seen_.bytes += bytes;
      if (test.seen_.bytes.size() > test.refuse_after_)
        test.seen_.exchange.reply({.status = 413});
      return test.seen_.has_room;
    }
    void end() override {
      test.seen_.ended = true;
      if (test.replies_) test.seen_.exchange.reply({.body = "ok"});
    }
    BodyServerTest& test;
  };

  void start(std::chrono::milliseconds idle = 10s) {
    Descriptor listener = loopback::listen();
    port_ = loopback::port_of(listener);
    server_.emplace(
        loop_, std::move(listener),
        [this](const http::Request& head, BodyServer::Exchange exchange) {
          ++requests_;
          head_ = head;
          seen_.exchange = std::move(exchange);
          return std::make_unique<SeenBody>(*this);
        },
        idle);
  }
  void turn() {
    if (!loop_.run(UV_RUN_NOWAIT)) return;
    std::this_thread::sleep_for(100us);
  }
  Descriptor client() {
    Descriptor made = loopback::socket();
    loopback::connect(made, port_);
    return made;
  }
  static void send(const Descriptor& client, std::string_view bytes) {
    (void)::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // All that the server says until it ends the connection.
  std::string reply(const Descriptor& client) {
    std::string text;
    test::wait_until("the server has ended its direction", [&] {
      turn();
      char piece[4096];
      const auto size = recv(client.get(), piece, sizeof piece, MSG_DONTWAIT);
      if (size > 0) text.append(piece, static_cast<std::size_t>(size));
      return size == 0 || (size < 0 && errno != EAGAIN);
    });
    return text;
  }
  template <class Condition>
  void wait(const char* what, Condition is_so) {
    test::wait_until(what, is_so, [this] { turn(); });
  }

  Loop loop_;
  std::optional<BodyServer> server_;
  std::uint16_t port_ = 0;
  Seen seen_;
  http::Request head_;
  int requests_ = 0;
  bool replies_ = true;
  std::size_t refuse_after_ = SIZE_MAX;
};

std::string post(std::size_t length) {
  return "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) +
         "\r\n\r\n";
}

TEST_F(BodyServerTest, HandsOverTheBodyAndReplies) {
  start();
  const Descriptor peer = client();
  send(peer, post(10) + "01234");
  wait("half has come", [&] { return seen_.bytes.size() == 5; });
  EXPECT_FALSE(seen_.ended);
  send(peer, "56789and more");
  EXPECT_THAT(reply(peer), testing::HasSubstr("200 OK"));
  EXPECT_EQ(seen_.bytes, "0123456789");
  EXPECT_EQ(head_.method + head_.target, "POST/x");
}

TEST_F(BodyServerTest, TakesARequestInPiecesOfAByte) {
  start();
  const Descriptor peer = client();
  for (const char byte : post(3) + "abc") {
    send(peer, {&byte, 1});
    turn();
  }
  EXPECT_THAT(reply(peer), testing::HasSubstr("200 OK"));
  EXPECT_EQ(seen_.bytes, "abc");
}

TEST_F(BodyServerTest, ReadsNothingUntilItsBodyHasRoom) {
  start();
  seen_.has_room = false;
  const Descriptor peer = client();
  const std::string much(1 << 20, 'x');
  send(peer, post(64 << 20));
  std::size_t sent = 0;
  for (int quiet = 0; quiet < 200; turn()) {  // until the kernel takes no more
    const auto size = ::send(peer.get(), much.data(), much.size(), MSG_DONTWAIT);
    if (size > 0) sent += static_cast<std::size_t>(size);
    quiet = size > 0 ? 0 : quiet + 1;
  }
  EXPECT_LE(seen_.bytes.size(), 64U << 10) << "one read";
  EXPECT_LT(sent, 32U << 20);
  const auto before = seen_.bytes.size();
  seen_.exchange.resume();
  wait("it reads on", [&] { return seen_.bytes.size() > before; });
}

TEST_F(BodyServerTest, DeliversAReplyThatComesBeforeTheEndOfTheBody) {
  start();
  refuse_after_ = 1000;
  const Descriptor peer = client();
  send(peer, post(1 << 30) + std::string(200'000, 'x'));
  EXPECT_THAT(reply(peer), testing::HasSubstr("413"));
  wait("the body has gone", [&] { return seen_.gone; });
}

TEST_F(BodyServerTest, LetsTheBodyGoWhenTheClientLeaves) {
  start();
  {
    const Descriptor peer = client();
    send(peer, post(100) + "some");
    wait("some has come", [&] { return !seen_.bytes.empty(); });
  }
  wait("the body has gone", [&] { return seen_.gone; });
  EXPECT_FALSE(seen_.ended);
  EXPECT_EQ(server_->connections(), 0U);
  seen_.exchange.reply({});  // too late: does nothing
  seen_.exchange.resume();
}

TEST_F(BodyServerTest, LetsTheBodyGoWhenTheClientLeavesBeforeItsReply) {
  start();
  replies_ = false;
  {
    const Descriptor peer = client();
    send(peer, post(4) + "some");
    wait("all has come", [&] { return seen_.ended; });
  }
  wait("the body has gone", [&] { return seen_.gone; });
}

TEST_F(BodyServerTest, EndsAClientThatFallsSilent) {
  start(20ms);
  const Descriptor peer = client();
  send(peer, post(100) + "some");
  EXPECT_EQ(reply(peer), "");
  EXPECT_TRUE(seen_.gone);
}

TEST_F(BodyServerTest, RefusesWhatIsNoRequest) {
  start();
  const std::pair<std::string, const char*> kCases[] = {
      {"\r\n\r\n", "400"},
      {"GET\r\n\r\n", "400"},
      {"GET x HTTP/1.1\r\n\r\n", "400"},
      {"GET / FTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nA : b\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: 1 2\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "411"},
      {"GET / HTTP/1.1\r\nA: " + std::string(20'000, 'x'), "431"}};
  for (const auto& [request, status] : kCases) {
    const Descriptor peer = client();
    send(peer, request);
    EXPECT_THAT(reply(peer), testing::HasSubstr(status)) << request.substr(0, 60);
  }
  EXPECT_EQ(requests_, 0);
}

TEST_F(BodyServerTest, OutlivesRandomBytesAndClientsThatVanish) {
  start();
  const int before = open_descriptors();
  std::mt19937 random(20);
  for (int i = 0; i < 500; ++i) {
    const Descriptor peer = client();
    std::string bytes = post(random() % 50) + std::string(random() % 60, 'x');
    for (int j = random() % 4; j > 0; --j)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    send(peer, std::string_view(bytes).substr(0, random() % bytes.size()));
    for (int j = random() % 4; j > 0; --j) turn();
  }
  wait("all connections have gone", [&] { return server_->connections() == 0; });
  wait("their descriptors have gone", [&] { return open_descriptors() <= before; });
}

TEST(HeaderValue, IsTakenApart) {
  const auto made =
      http::parse_header_value("Form-Data; Name=\"a;\\\"b\" ; filename=c; name=d");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->value, "form-data");
  EXPECT_EQ(made->parameter("name"), "a;\"b");
  EXPECT_EQ(made->parameter("filename"), "c");
  EXPECT_EQ(made->parameter("other"), "");
  for (const char* text :
       {"a b", "a;", "a; b", "a; =b", "a; b=\"c", "a; b=\"c\"d", "a;;b=c"})
    EXPECT_FALSE(http::parse_header_value(text)) << text;
}

TEST(HeaderValue, HasASlashInItsFirstPartOnlyAndQuotesWhereTheyAreNeeded) {
  const auto made = http::parse_header_value(
      "text/plain\t;\tAZ=!~;empty=\"\";path=\"c:\\new\\\\x\";last=1 ");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->value, "text/plain");
  EXPECT_EQ(made->parameter("az"), "!~");
  EXPECT_EQ(made->parameter("empty"), "");
  EXPECT_EQ(made->parameters.count("empty"), 1u);
  EXPECT_EQ(made->parameter("path"), "c:\\new\\x");
  EXPECT_EQ(made->parameter("last"), "1");
  for (const char* text :
       {"a; b=c/d", "a; b/c=d", "a; b=\"c\\\"", "a; b=\"", "a; b=c=d", "a\x7f; b=c"})
    EXPECT_FALSE(http::parse_header_value(text)) << text;
}

TEST(HeaderLines, AreReadWholeOrNotAtAll) {
  const auto headers =
      http::parse_headers("AZ-Key: \t a value \t\r\naz-key:\r\nTwo:a:b\tc\xff\r\n");
  ASSERT_TRUE(headers);
  EXPECT_THAT(*headers, testing::ElementsAre(testing::Pair("AZ-Key", "a value"),
                                             testing::Pair("az-key", ""),
                                             testing::Pair("Two", "a:b\tc\xff")));
  EXPECT_EQ(http::find_header(*headers, "az-kEY"), "a value");
  EXPECT_EQ(http::find_header(*headers, "three"), "");
  EXPECT_EQ(http::count_headers(*headers, "Az-Key"), 2u);
  EXPECT_EQ(http::count_headers(*headers, "three"), 0u);
  EXPECT_TRUE(http::parse_headers("")->empty());
  for (const char* lines :
       {"A: b", "A: b\n", "A: b\r\nC", ": b\r\n", "A b\r\n", "A : b\r\n", "A: b\x1f\r\n",
        "A: b\x7f\r\n", "A: b\rc\r\n", " A: b\r\n", "A\x7f: b\r\n"})
    EXPECT_FALSE(http::parse_headers(lines)) << lines;
}

}  // namespace
}  // namespace lab::uv
