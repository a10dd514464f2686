// What the chat shows of WebSocket and of Redis is what Node's ws and Redis do.
#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <thread>

#include "lab/db/redis_server.hpp"
#include "lab/net/raw_peer.hpp"
#include "lab/net/websocket.hpp"
#include "support/own_run.hpp"
#include "support/played.hpp"

namespace {

using namespace lab::test;
using namespace lab::websocket;
using namespace std::chrono_literals;

class Ws : public BesideNode {
 protected:
  Ws() : BesideNode("ws") {}

  static Rows of_node() {
    const OwnRun run;
    const lab::RedisServer redis;
    return twin("11_chat", {.env = {{"LAB_REDIS_URL", redis.url()}}});
  }
};

std::string without(std::string text, std::string_view part) {
  if (const auto at = text.find(part); at != text.npos) text.erase(at, part.size());
  return text;
}

TEST_F(Ws, TheLabSeesWhatItsTwinSees) {
  Rows node = of_node();
  const Played relay = play("11_chat", {"--quick", "--scene", "relay"});
  // In the twin only ann speaks.
  EXPECT_EQ(node["two servers, nothing between them"], "A read [hi], B read []");
  EXPECT_EQ(relay.rows().at("nothing"), "ann:1 > bob:1");
  EXPECT_EQ(node["a relay between them"], "A read [one], B read [one]");
  EXPECT_EQ(relay.rows().at("Redis Pub/Sub"), "ann:1 bob:1 > ann:1 bob:1");

  const Rows gap = play("11_chat", {"--quick", "--scene", "gap"}).rows();
  EXPECT_EQ(node["B's subscription is away"], "PUBLISH told 1 server");
  EXPECT_EQ(node["it is back"], "B read [three]");  // it had read one, and never two
  EXPECT_EQ(gap.at("plain Pub/Sub"), "ann:1 ann:3 > 2");

  const Played slow = play("11_chat", {"--quick", "--scene", "slow-reader"});
  EXPECT_EQ(node["a slow reader"].substr(0, 9), "bounded, ");
  EXPECT_THAT(slow.exit.out,
              testing::HasSubstr(without(node["a slow reader"], "bounded, ")));

  const Played duplex = play("11_chat", {"--quick", "--scene", "duplex"});
  EXPECT_EQ(node["both ends by their own clocks"], "50 up, 50 down");
  EXPECT_THAT(duplex.exit.out,
              testing::HasSubstr("100 messages went up and 200 came down"));
}

class Echo final : public Session {
 public:
  explicit Echo(Peer peer) : peer_(std::move(peer)) {}
  void on_text(std::string_view text) override {
    peer_->write(std::make_shared<const std::string>(text));
  }

 private:
  Peer peer_;
};

constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";

std::string handshake(const std::vector<std::string>& keys = {kKey}) {
  std::string text =
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\n";
  for (const auto& key : keys) text += "Sec-WebSocket-Key: " + key + "\r\n";
  return text + "Sec-WebSocket-Version: 13\r\n\r\n";
}

// What the WebSocket that the chat stands on answers to a handshake; or, if bytes come with
// it or behind it, the code with which it closes, or "taken".
std::string answer(const std::string& greeting, const std::string& early = "",
                   const std::string& late = "") {
  Loop loop;
  const Server server(loop, [](const Peer& peer, const std::string&) {
    return std::make_shared<Echo>(peer);
  });
  std::atomic<bool> done = false;
  std::string result;
  std::jthread hostile([&] {
    RawPeer peer(server.port());
    peer.send(greeting + early);
    const std::string head = peer.read_head();
    peer.send(late);
    result = head.size() > 12 ? head.substr(9, 3) : "nothing";
    if (!early.empty() || !late.empty()) {
      const auto frame = peer.read_frame();
      result = !frame                    ? "nothing"
               : frame->opcode == kClose ? std::to_string(frame->close_code())
                                         : "taken";
    }
    done = true;
  });
  // The peer may be done without anything that happens here, so nobody waits for the loop.
  while (!done) loop.turn(1ms);
  hostile.join();
  return result;
}

std::string code_after(const std::string& bytes) {
  return answer(handshake(), "", bytes);
}

std::string close_with(int code) {
  return frame(kClose,
               std::string{static_cast<char>(code >> 8), static_cast<char>(code & 255)});
}

TEST_F(Ws, AHostilePeerGetsTheCodeThatWsGives) {
  Rows node = of_node();
  EXPECT_EQ(node["a binary message"], "taken");  // where the two rightly differ
  EXPECT_EQ(code_after(frame(2, "x")), "1003") << "ours speaks text only";
  const Rows ours = {
      {"a message of 70 KB", code_after(frame(kText, std::string(70'000, 'x')))},
      {"one that claims 4 EB",
       code_after(frame(kText, "x", Mask::yes, true, 1ull << 62))},
      {"bad UTF-8", code_after(frame(kText, "\xc3\x28"))},
      {"a frame without a mask", code_after(frame(kText, "x", Mask::no))},
      {"a reserved opcode", code_after(frame(3, "x"))},
      {"a reserved bit", code_after("\xa1" + frame(kText, "x").substr(1))},
      {"a continuation of nothing", code_after(frame(0, "x"))},
      {"a ping of 126 bytes", code_after(frame(kPing, std::string(126, '\0')))},
      {"a ping in pieces", code_after(frame(kPing, "x", Mask::yes, false))},
      {"a close with half a code", code_after(frame(kClose, "1"))},
      {"a close with 1005", code_after(close_with(1005))},
      {"a close with 4999", code_after(close_with(4999))},
      {"a frame with the handshake", answer(handshake(), frame(kText, "x"))},
      {"one without a mask there", answer(handshake(), frame(kText, "x", Mask::no))},
      {"a handshake", answer(handshake())},
      {"a key of one letter", answer(handshake({"x"}))},
      {"a key of 15 bytes", answer(handshake({"dGhlIHNhbXBsZSBub25j"}))},
      {"a key of 17 bytes", answer(handshake({"dGhlIHNhbXBsZSBub25jZWU="}))},
      {"a key with a blank", answer(handshake({"dGhlIHNhbXBs SBub25jZQ=="}))},
      {"two keys", answer(handshake({kKey, kKey}))},
      {"no key", answer(handshake({}))}};
  for (const auto& [peer, code] : ours) EXPECT_EQ(node[peer], code) << peer;
}

}  // namespace
