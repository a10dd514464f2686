// What a peer does wrong ends its own connection, with the right code, and nothing else.
#include "lab/websocket.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "lab/error.hpp"
#include "lab/raw_peer.hpp"

namespace {

using namespace std::chrono_literals;
using namespace lab::websocket;
using testing::HasSubstr;
using testing::StartsWith;

class Echo : public Session {
 public:
  explicit Echo(Peer peer) : peer_(std::move(peer)) {}
  void on_text(std::string_view text) override {
    peer_->write(std::make_shared<const std::string>(text));
  }

 private:
  Peer peer_;
};

Options hasty() {
  return {.message_limit = 1000,
          .handshake_time = 200ms,
          .message_time = 50ms,
          .idle_time = 400ms,
          .close_time = 100ms};
}

// An echo at /echo, on a thread of its own.
class WebSocketServer : public testing::Test {
 protected:
  WebSocketServer() {
    std::atomic<std::uint16_t> port = 0;
    thread_ = std::jthread([&port](const std::stop_token& stop) {
      Loop loop;
      Server server(
          loop,
          [](const Peer& peer, const std::string& target) -> std::shared_ptr<Session> {
            return target == "/echo" ? std::make_shared<Echo>(peer) : nullptr;
          },
          hasty(),
          [](const std::string& target) {
            return target == "/" ? Page{200, "hello", "text/html"} : Page{};
          });
      port = server.port();
      port.notify_all();
      while (!stop.stop_requested()) loop.turn(10ms);
    });
    port.wait(0);
    port_ = port;
  }

  // Whatever happened to a hostile peer, others are served.
  void TearDown() override {
    RawPeer peer(port_);
    EXPECT_THAT(peer.shake_hands(), StartsWith("HTTP/1.1 101"));
    peer.send(frame(kText, "still here"));
    const auto answer = peer.read_frame();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->payload, "still here");
  }

  // The code with which a connection ends on which these bytes come after the handshake.
  std::uint16_t code_after(const std::string& bytes) {
    RawPeer peer(port_);
    EXPECT_THAT(peer.shake_hands(), StartsWith("HTTP/1.1 101"));
    peer.send(bytes);
    return peer.read_close_code();
  }

  std::uint16_t port_ = 0;
  std::jthread thread_;
};

TEST_F(WebSocketServer, AnswersTheHandshakeOfTheRfc) {
  RawPeer peer(port_);
  EXPECT_THAT(peer.shake_hands(), HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

TEST_F(WebSocketServer, TakesTwoBytesOfOverheadToAClientAndSixFromOne) {
  RawPeer peer(port_);
  peer.shake_hands();
  const std::string hi = frame(kText, "hi");
  peer.send(hi);
  EXPECT_EQ(hi.size(), 8u);
  EXPECT_EQ(peer.read_frame().value().wire_bytes, 4u);
}

TEST_F(WebSocketServer, PutsTheFragmentsOfAMessageTogether) {
  RawPeer peer(port_);
  peer.shake_hands();
  peer.send(frame(kText, "one ", Mask::yes, false) + frame(kPing, "?") +
            frame(0, "two", Mask::yes, true));
  EXPECT_EQ(peer.read_frame().value().opcode, 10);  // the pong
  EXPECT_EQ(peer.read_frame().value().payload, "one two");
}

TEST_F(WebSocketServer, TakesAMessageOfExactlyTheLimit) {
  RawPeer peer(port_);
  peer.shake_hands();
  peer.send(frame(kText, std::string(1000, 'x')));
  EXPECT_EQ(peer.read_frame().value().payload.size(), 1000u);
}

TEST_F(WebSocketServer, ClosesAnOversizedMessageWith1009) {
  EXPECT_EQ(code_after(frame(kText, std::string(1001, 'x'))), code::too_big);
}

TEST_F(WebSocketServer, ClosesAMessageThatOnlyClaimsToBeHugeWith1009) {
  EXPECT_EQ(code_after(frame(kText, "x", Mask::yes, true, 1ull << 62)), code::too_big);
}

TEST_F(WebSocketServer, ClosesFragmentsThatTogetherAreTooBigWith1009) {
  EXPECT_EQ(code_after(frame(kText, std::string(900, 'x'), Mask::yes, false) +
                       frame(0, std::string(900, 'x'))),
            code::too_big);
}

TEST_F(WebSocketServer, ClosesBadUtf8With1007) {
  EXPECT_EQ(code_after(frame(kText, "\xc3\x28")), code::bad_payload);
  EXPECT_EQ(code_after(frame(kText, "\xed\xa0\x80")), code::bad_payload);  // a surrogate
}

TEST_F(WebSocketServer, ClosesAnUnmaskedFrameWith1002) {
  EXPECT_EQ(code_after(frame(kText, "hi", Mask::no)), code::protocol_error);
}

TEST_F(WebSocketServer, ClosesWhatTheProtocolForbidsWith1002) {
  EXPECT_EQ(code_after(frame(3, "reserved opcode")), code::protocol_error);
  EXPECT_EQ(code_after(frame(0, "continues nothing")), code::protocol_error);
  EXPECT_EQ(code_after(frame(kPing, std::string(126, 'x'))), code::protocol_error);
  EXPECT_EQ(code_after("\xc1\x80\x12\x34\x56\x78"), code::protocol_error);  // RSV1
}

TEST_F(WebSocketServer, ClosesABinaryMessageWith1003) {
  EXPECT_EQ(code_after(frame(2, "binary")), code::unsupported);
}

TEST_F(WebSocketServer, EndsHalfAHandshakeWhenItsTimeIsOver) {
  RawPeer peer(port_);
  peer.send("GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgr");
  EXPECT_EQ(peer.read_head(), "");  // the end, and no answer
}

TEST_F(WebSocketServer, EndsAHandshakeThatComesAByteAtATime) {
  RawPeer peer(port_);
  int sent = 0;
  while (!peer.hears_within(5ms) && sent < 1000) sent += peer.send("G");
  EXPECT_LT(sent, 1000);
  EXPECT_EQ(peer.read_head(), "");
}

TEST_F(WebSocketServer, ClosesAMessageThatComesAByteAtATimeWith1008) {
  RawPeer peer(port_);
  peer.shake_hands();
  const std::string slow = frame(kText, std::string(900, 'x'));
  for (std::size_t i = 0; i < slow.size() && !peer.hears_within(1ms); ++i) {
    peer.send(slow.substr(i, 1));
  }
  EXPECT_EQ(peer.read_close_code(), code::policy);
}

TEST_F(WebSocketServer, EndsAConnectionThatAnswersNoPing) {
  RawPeer peer(port_);
  peer.shake_hands();
  const auto ping = peer.read_frame();
  ASSERT_TRUE(ping);
  EXPECT_EQ(ping->opcode, kPing);
  EXPECT_FALSE(peer.read_frame());
}

TEST_F(WebSocketServer, RefusesAPageOfAnotherSite) {
  RawPeer peer(port_);
  EXPECT_THAT(peer.shake_hands("/echo", "Origin: http://evil.example\r\n"),
              StartsWith("HTTP/1.1 403"));
}

TEST_F(WebSocketServer, RefusesATargetThatNobodyServes) {
  RawPeer peer(port_);
  EXPECT_THAT(peer.shake_hands("/nothing"), StartsWith("HTTP/1.1 404"));
}

TEST_F(WebSocketServer, ServesPages) {
  RawPeer peer(port_);
  peer.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_THAT(peer.read_head(), HasSubstr("text/html"));
}

TEST_F(WebSocketServer, EndsGarbage) {
  RawPeer peer(port_);
  peer.send(std::string("\x16\x03\x01\x02\x00\x01", 6) + std::string(10'000, '\xff'));
  EXPECT_FALSE(peer.read_frame());
}

// --- the client's end

class Heard : public Session {
 public:
  void on_open() override { opened = true; }
  void on_text(std::string_view text) override { texts.emplace_back(text); }
  void on_drained() override { ++drained; }
  void on_close(const Close& close) override { closed.push_back(close); }

  bool opened = false;
  int drained = 0;
  std::vector<std::string> texts{};
  std::vector<Close> closed{};
};

TEST_F(WebSocketServer, EchoesToOurOwnClient) {
  Loop loop;
  const auto heard = std::make_shared<Heard>();
  const Peer peer = connect(loop, port_, "/echo", heard);
  ASSERT_TRUE(loop.run_until([&] { return heard->opened; }, 5s));
  peer->write(std::make_shared<const std::string>("hi"));
  ASSERT_TRUE(loop.run_until([&] { return !heard->texts.empty(); }, 5s));
  peer->close(code::normal, "bye");
  ASSERT_TRUE(loop.run_until([&] { return !heard->closed.empty(); }, 5s));
  EXPECT_EQ(heard->texts, std::vector<std::string>{"hi"});
  EXPECT_EQ(heard->closed[0].code, code::normal);
  EXPECT_FALSE(peer->open());
}

TEST_F(WebSocketServer, GetsWhatWaitsInOrderAndSaysWhenNothingDoes) {
  Loop loop;
  const auto heard = std::make_shared<Heard>();
  const Peer peer = connect(loop, port_, "/echo", heard);
  ASSERT_TRUE(loop.run_until([&] { return heard->opened; }, 5s));
  for (const char* text : {"one", "two", "three"}) {
    peer->write(std::make_shared<const std::string>(text));
  }
  EXPECT_EQ(peer->waiting(), 11u);
  EXPECT_EQ(heard->drained, 0);
  ASSERT_TRUE(loop.run_until([&] { return heard->texts.size() == 3; }, 5s));
  EXPECT_EQ(heard->texts, (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(peer->waiting(), 0u);
  EXPECT_EQ(heard->drained, 1);
}

TEST_F(WebSocketServer, ClosesBehindTheMessageInHandAndDropsTheOthers) {
  Loop loop;
  const auto heard = std::make_shared<Heard>();
  const Peer peer = connect(loop, port_, "/echo", heard);
  ASSERT_TRUE(loop.run_until([&] { return heard->opened; }, 5s));
  peer->write(std::make_shared<const std::string>("one"));
  peer->write(std::make_shared<const std::string>("two"));
  peer->close(code::normal);
  EXPECT_EQ(peer->waiting(), 3u);
  ASSERT_TRUE(loop.run_until([&] { return !heard->closed.empty(); }, 5s));
  EXPECT_EQ(heard->closed[0].code, code::normal);
  EXPECT_EQ(peer->waiting(), 0u);
}

TEST(WebSocketClient, HearsOnceThatNobodyIsThere) {
  std::uint16_t port = 0;
  {
    Loop loop;
    port = Server(loop, {}).port();
  }
  Loop loop;
  const auto heard = std::make_shared<Heard>();
  const Peer peer = connect(loop, port, "/", heard);
  ASSERT_TRUE(loop.run_until([&] { return !heard->closed.empty(); }, 5s));
  peer->drop();
  peer->close(code::normal);
  loop.turn(0ms);
  EXPECT_EQ(heard->closed.size(), 1u);
  EXPECT_EQ(heard->closed[0].code, code::lost);
  EXPECT_THAT(heard->closed[0].reason, HasSubstr("refused"));
  EXPECT_FALSE(heard->opened);
}

TEST(WebSocketLoop, LetsSessionsGoWithoutAWordWhenItGoes) {
  const auto heard = std::make_shared<Heard>();
  std::weak_ptr<Session> theirs;
  {
    Loop loop;
    Server server(loop, [&](const Peer& peer, const std::string&) {
      auto session = std::make_shared<Echo>(peer);
      theirs = session;
      return session;
    });
    connect(loop, server.port(), "/", heard);
    ASSERT_TRUE(loop.run_until([&] { return heard->opened; }, 5s));
    EXPECT_FALSE(theirs.expired());
  }
  EXPECT_TRUE(theirs.expired());
  EXPECT_EQ(heard.use_count(), 1);
  EXPECT_TRUE(heard->closed.empty());
}

TEST(WebSocketLoop, SaysWhenAPortCannotBeHad) {
  Loop loop;
  Server first(loop, {});
  EXPECT_THROW(Server(loop, {}, {}, {}, first.port()), lab::Error);
}

TEST(WebSocketLoop, CallsTimersInTheirOrder) {
  Loop loop;
  std::string order;
  loop.after(20ms, [&] { order += "b"; });
  loop.after(1ms, [&] { order += "a"; });
  ASSERT_TRUE(loop.run_until([&] { return order.size() == 2; }, 5s));
  EXPECT_EQ(order, "ab");
}

}  // namespace
