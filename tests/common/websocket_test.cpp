// What a peer does wrong ends its own connection, with the right code, and nothing else.
#include "lab/net/websocket.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "lab/core/error.hpp"
#include "lab/net/raw_peer.hpp"

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
  explicit WebSocketServer(const Options& options = hasty()) {
    std::atomic<std::uint16_t> port = 0;
    thread_ = std::jthread([&port, options](const std::stop_token& stop) {
      Loop loop;
      Server server(
          loop,
          [](const Peer& peer, const std::string& target) -> std::shared_ptr<Session> {
            return target == "/echo" ? std::make_shared<Echo>(peer) : nullptr;
          },
          options,
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

// --- the handshake

constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";

// The head of the answer to a request whose key and other lines are these.
std::string answer_to(std::uint16_t port, const std::string& lines,
                      const std::string& first = "GET /echo HTTP/1.1") {
  RawPeer peer(port);
  peer.send(first + "\r\n" + lines + "\r\n");
  return peer.read_head();
}

std::string key_line(const std::string& key) {
  return "Sec-WebSocket-Key: " + key + "\r\n";
}

const std::string kHost = "Host: 127.0.0.1\r\n";
const std::string kUpgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
const std::string kVersion = "Sec-WebSocket-Version: 13\r\n";

TEST_F(WebSocketServer, RefusesAKeyThatIsNot16BytesOfBase64) {
  const std::string rest = kHost + kUpgrade + kVersion;
  EXPECT_THAT(answer_to(port_, rest + key_line("+/hlIHNhbXBsZSBub25jZQ==")),
              StartsWith("HTTP/1.1 101"));
  for (const char* key : {"", "x", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
                          "dGhlIHNhbXBsZSBub25jZQ=a", "dGhlIHNhbXBsZSBub25jZQaa",
                          "dGhlIHNhbXBsZSBub25j====", "dGhlIHNhb!BsZSBub25jZQ==",
                          "dGhlIHNhb-BsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZWFhYQ=="}) {
    EXPECT_THAT(answer_to(port_, rest + key_line(key)), StartsWith("HTTP/1.1 400"))
        << key;
  }
  EXPECT_THAT(answer_to(port_, rest), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to(port_, rest + key_line(kKey) + key_line(kKey)),
              StartsWith("HTTP/1.1 400"));
}

TEST_F(WebSocketServer, SpeaksOneVersionAndSaysWhich) {
  const std::string rest = kHost + kUpgrade + key_line(kKey);
  const std::string old = answer_to(port_, rest + "Sec-WebSocket-Version: 8\r\n");
  EXPECT_THAT(old, StartsWith("HTTP/1.1 426"));
  EXPECT_THAT(old, HasSubstr("Sec-WebSocket-Version: 13"));
  EXPECT_THAT(answer_to(port_, rest), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to(port_, rest + kVersion + kVersion), StartsWith("HTTP/1.1 400"));
}

TEST_F(WebSocketServer, UpgradesOnlyWhoAsksForIt) {
  const std::string rest = kHost + kVersion + key_line(kKey);
  const auto refused = StartsWith("HTTP/1.1 4");
  EXPECT_THAT(answer_to(port_, rest + "Upgrade: websocket\r\n"), refused);
  EXPECT_THAT(answer_to(port_, rest + "Connection: Upgrade\r\n"), refused);
  EXPECT_THAT(answer_to(port_, rest + "Connection: Upgrade\r\nUpgrade: h2c\r\n"),
              refused);
  EXPECT_THAT(answer_to(port_, rest + kUpgrade, "POST /echo HTTP/1.1"), refused);
  EXPECT_THAT(answer_to(port_, rest + kUpgrade, "GET /echo HTTP/1.0"), refused);
  EXPECT_THAT(answer_to(port_, kVersion + key_line(kKey) + kUpgrade),
              StartsWith("HTTP/1.1 400"));  // no Host
  EXPECT_THAT(answer_to(port_, rest + kUpgrade + kHost), StartsWith("HTTP/1.1 400"));
}

TEST_F(WebSocketServer, SaysThatItDoesNotUnderstandARequest) {
  EXPECT_THAT(answer_to(port_, kHost, "GET /echo HTTP/9.1"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to(port_, "no colon\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer_to(port_, kHost + "X: " + std::string(9000, 'x') + "\r\n"),
              StartsWith("HTTP/1.1 431"));
}

// --- frames that come in the segment of the handshake

const std::string kHandshake =
    "GET /echo HTTP/1.1\r\n" + kHost + kUpgrade + kVersion + key_line(kKey) + "\r\n";

TEST_F(WebSocketServer, TakesTheFramesThatComeWithTheHandshake) {
  RawPeer peer(port_);
  const std::string last = frame(kText, "three");
  peer.send(kHandshake + frame(kText, "one") + frame(kPing, "") +
            frame(kText, std::string(900, '2')) + last.substr(0, 3));
  EXPECT_THAT(peer.read_head(), StartsWith("HTTP/1.1 101"));
  EXPECT_EQ(peer.read_frame().value().payload, "one");
  EXPECT_EQ(peer.read_frame().value().opcode, 10);
  EXPECT_EQ(peer.read_frame().value().payload, std::string(900, '2'));
  peer.send(last.substr(3));
  EXPECT_EQ(peer.read_frame().value().payload, "three");
}

TEST_F(WebSocketServer, HoldsThoseFramesToTheRules) {
  const auto code_of = [&](const std::string& bytes) {
    RawPeer peer(port_);
    peer.send(kHandshake + bytes);
    EXPECT_THAT(peer.read_head(), StartsWith("HTTP/1.1 101"));
    return peer.read_close_code();
  };
  EXPECT_EQ(code_of(frame(kText, "unmasked", Mask::no)), code::protocol_error);
  EXPECT_EQ(code_of("plain text"), code::protocol_error);
  EXPECT_EQ(code_of(frame(kText, std::string(1001, 'x'))), code::too_big);
  EXPECT_EQ(code_of(frame(kText, "\xff")), code::bad_payload);
}

// --- frames

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
  for (const char* first : {"\xc1", "\xa1", "\x91"}) {  // RSV1, 2, 3
    EXPECT_EQ(code_after(first + std::string("\x80\x12\x34\x56\x78")),
              code::protocol_error);
  }
  for (const std::uint8_t opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    EXPECT_EQ(code_after(frame(opcode, "")), code::protocol_error) << int{opcode};
  }
  EXPECT_EQ(code_after(frame(kPing, "", Mask::yes, false)), code::protocol_error);
  EXPECT_EQ(code_after(frame(kClose, "", Mask::yes, false)), code::protocol_error);
  EXPECT_EQ(code_after(frame(kText, "a", Mask::yes, false) + frame(kText, "b")),
            code::protocol_error);
}

TEST_F(WebSocketServer, EndsALengthThatNoMessageCanHave) {
  using Declared = std::optional<std::uint64_t>;
  for (const Declared length : {Declared(1ull << 63), Declared(~0ull)}) {
    EXPECT_THAT(code_after(frame(kText, "x", Mask::yes, true, length)),
                testing::AnyOf(code::protocol_error, code::too_big));
  }
}

TEST_F(WebSocketServer, AnswersACloseWithItsCodeAndABadOneWith1002) {
  const auto closes = [&](std::uint16_t code, const std::string& reason = "") {
    return code_after(frame(
        kClose, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 255)} +
                    reason));
  };
  for (const int code : {1000, 1001, 1003, 1007, 1011, 3000, 4008, 4999}) {
    EXPECT_EQ(closes(static_cast<std::uint16_t>(code)), code);
  }
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999}) {
    EXPECT_EQ(closes(static_cast<std::uint16_t>(code)), code::protocol_error) << code;
  }
  EXPECT_EQ(code_after(frame(kClose, "1")), code::protocol_error);  // half a code
  EXPECT_EQ(closes(1000, "\xff"), code::protocol_error);            // the reason
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

TEST_F(WebSocketServer, ReadsOnlySoLongWhatAPeerStillSendsThatItHasClosed) {
  RawPeer peer(port_);
  peer.shake_hands();
  peer.send(frame(kText, "x", Mask::yes, true, 1ull << 40));
  EXPECT_EQ(peer.read_close_code(), code::too_big);
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  const std::string more(1000, 'x');
  bool open = true;
  while (open && std::chrono::steady_clock::now() < deadline) open = peer.send(more);
  EXPECT_FALSE(open);
}

// Long enough that also a busy machine sends two frames in time.
class UnhurriedWebSocketServer : public WebSocketServer {
 protected:
  UnhurriedWebSocketServer() : WebSocketServer({.message_time = 300ms}) {}
};

TEST_F(UnhurriedWebSocketServer, TimesEachMessageByItself) {
  RawPeer peer(port_);
  peer.shake_hands();
  const std::string half = frame(kText, "one ", Mask::yes, false);
  peer.send(half);
  peer.send(frame(0, "two"));
  EXPECT_EQ(peer.read_frame().value().payload, "one two");
  EXPECT_FALSE(peer.hears_within(350ms));  // longer than a message may take
  peer.send(half);
  peer.send(frame(kPing, "?"));
  EXPECT_EQ(peer.read_frame().value().opcode, 10);  // so the half was read before
  peer.send(frame(0, "three"));
  EXPECT_EQ(peer.read_frame().value().payload, "one three");
  EXPECT_FALSE(peer.hears_within(350ms));
  peer.send(half);
  EXPECT_EQ(peer.read_close_code(), code::policy);
}

TEST_F(WebSocketServer, EndsAMessageThatStopsThoughThePeerAnswersPings) {
  RawPeer peer(port_);
  peer.shake_hands();
  peer.send(frame(kText, "one ", Mask::yes, false));
  std::optional<Frame> heard;
  int pings = 0;
  while ((heard = peer.read_frame()) && heard->opcode == kPing) {
    ASSERT_LT(++pings, 20) << "the message may take for ever";
    peer.send(frame(10, heard->payload));
  }
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->close_code(), code::policy);
}

TEST_F(WebSocketServer, KeepsAConnectionThatAnswersPings) {
  RawPeer peer(port_);
  peer.shake_hands();
  for (int i = 0; i < 4; ++i) {
    const auto ping = peer.read_frame();
    ASSERT_TRUE(ping);
    EXPECT_EQ(ping->opcode, kPing);
    peer.send(frame(10, ping->payload));
  }
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
  (void)peer.read_head();
  EXPECT_FALSE(peer.read_bytes());
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

TEST_F(WebSocketServer, HearsEachMessageOnceThoughItPausedAndWentOnDuringARead) {
  Loop loop;
  const auto heard = std::make_shared<Heard>();
  const Peer peer = connect(loop, port_, "/echo", heard);
  ASSERT_TRUE(loop.run_until([&] { return heard->opened; }, 5s));
  for (int i = 0; i < 5; ++i) {
    peer->pause(true);
    peer->pause(false);
    loop.turn(0ms);
  }
  std::vector<std::string> said;
  for (int i = 0; i < 200; ++i) {
    said.push_back(std::to_string(i));
    peer->write(std::make_shared<const std::string>(said.back()));
    peer->pause(true);
    peer->pause(false);
  }
  ASSERT_TRUE(loop.run_until([&] { return heard->texts.size() >= said.size(); }, 5s));
  EXPECT_EQ(heard->texts, said);
  EXPECT_THAT(heard->closed, testing::IsEmpty());
}

TEST_F(WebSocketServer, HearsNothingWhileItPausesAlsoWhatAReadBringsThatWasUnderWay) {
  Loop loop;
  const auto heard = std::make_shared<Heard>(), other = std::make_shared<Heard>();
  const Peer peer = connect(loop, port_, "/echo", heard);
  const Peer beside = connect(loop, port_, "/echo", other);
  ASSERT_TRUE(loop.run_until([&] { return heard->opened && other->opened; }, 5s));
  peer->pause(true);
  peer->write(std::make_shared<const std::string>("one"));
  peer->write(std::make_shared<const std::string>("two"));
  // When this has been there and back ten times, those have come too.
  for (std::size_t i = 1; i <= 10; ++i) {
    beside->write(std::make_shared<const std::string>("there and back"));
    ASSERT_TRUE(loop.run_until([&] { return other->texts.size() == i; }, 5s));
  }
  EXPECT_THAT(heard->texts, testing::IsEmpty());
  peer->pause(false);
  EXPECT_THAT(heard->texts, testing::IsEmpty());  // never from within pause()
  ASSERT_TRUE(loop.run_until([&] { return heard->texts.size() == 2; }, 5s));
  EXPECT_THAT(heard->texts, testing::ElementsAre("one", "two"));
}

TEST_F(WebSocketServer, TellsOurOwnClientThatAMessageWasTooBig) {
  for (const std::size_t size : {1001u, 70'000u, 3'000'000u}) {
    Loop loop;
    const auto heard = std::make_shared<Heard>();
    const Peer peer = connect(loop, port_, "/echo", heard);
    ASSERT_TRUE(loop.run_until([&] { return heard->opened; }, 5s));
    peer->write(std::make_shared<const std::string>(size, 'x'));
    peer->write(std::make_shared<const std::string>("behind it"));
    ASSERT_TRUE(loop.run_until([&] { return !heard->closed.empty(); }, 5s));
    EXPECT_EQ(heard->closed[0].code, code::too_big) << size << heard->closed[0].reason;
  }
}

TEST_F(WebSocketServer, ThrowsForACloseThatRfc6455DoesNotAllow) {
  Loop loop;
  const auto heard = std::make_shared<Heard>();
  const Peer peer = connect(loop, port_, "/echo", heard);
  ASSERT_TRUE(loop.run_until([&] { return heard->opened; }, 5s));
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) {
    EXPECT_THROW(peer->close(static_cast<std::uint16_t>(code)), std::invalid_argument);
  }
  EXPECT_THROW(peer->close(code::normal, std::string(124, 'x')), std::invalid_argument);
  EXPECT_TRUE(peer->open());
  peer->close(3000, std::string(123, 'x'));
  ASSERT_TRUE(loop.run_until([&] { return !heard->closed.empty(); }, 5s));
  EXPECT_EQ(heard->closed[0].code, 3000);
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
