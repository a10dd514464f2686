// Frames byte by byte, as RFC 6455, 5.2 draws them, and a peer that reads them from a socket.
#include "lab/net/raw_peer.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace lab::websocket {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(RawFrame, HasALengthOfTheSizeThatItNeeds) {
  const std::pair<std::size_t, std::string> heads[] = {
      {0, "\x81\x00"s},
      {125, "\x81\x7d"s},
      {126, "\x81\x7e\x00\x7e"s},
      {65535, "\x81\x7e\xff\xff"s},
      {65536, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s}};
  for (const auto& [size, head] : heads) {
    const std::string payload(size, 'x');
    EXPECT_EQ(frame(kText, payload, Mask::no), head + payload) << size;
  }
}

TEST(RawFrame, OfAClientIsMasked) {
  EXPECT_EQ(frame(kPing, "abcde"),
            "\x89\x85\x12\x34\x56\x78"s + static_cast<char>('a' ^ 0x12) +
                static_cast<char>('b' ^ 0x34) + static_cast<char>('c' ^ 0x56) +
                static_cast<char>('d' ^ 0x78) + static_cast<char>('e' ^ 0x12));
}

TEST(RawFrame, MayBeOneOfSeveralAndClaimAnotherLength) {
  EXPECT_EQ(frame(kText, "a", Mask::no, false),
            "\x01\x01"
            "a");
  EXPECT_EQ(frame(kText, "a", Mask::no, true, 300),
            "\x81\x7e\x01\x2c"
            "a");
}

TEST(RawFrame, HasACloseCodeIfItIsACloseFrameThatCarriesOne) {
  EXPECT_EQ((Frame{kClose, "\x03\xe8", 0}).close_code(), 1000);
  EXPECT_EQ((Frame{kClose, "\x03\xe9why", 0}).close_code(), 1001);
  EXPECT_EQ((Frame{kClose, "\x03", 0}).close_code(), 0);
  EXPECT_EQ((Frame{kClose, "", 0}).close_code(), 0);
  EXPECT_EQ((Frame{kText, "\x03\xe8", 0}).close_code(), 0);
}

// A peer, and the other end of its connection.
class RawPeerTest : public testing::Test {
 protected:
  // Says it, and then no more.
  std::jthread say(std::string bytes) {
    return std::jthread([this, bytes = std::move(bytes)] {
      std::string_view left = bytes;
      while (!left.empty()) {
        const ssize_t sent = ::send(other_.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        left.remove_prefix(static_cast<std::size_t>(sent));
      }
      shutdown(other_.get(), SHUT_WR);
    });
  }

  const Descriptor listener_ = loopback::listen();
  RawPeer peer_{loopback::port_of(listener_)};
  Descriptor other_{accept(listener_.get(), nullptr, nullptr)};
};

TEST_F(RawPeerTest, ReadsFramesOfEveryLength) {
  std::string bytes;
  for (const std::size_t size : {0, 125, 126, 65535, 65536})
    bytes += frame(kPing, std::string(size, 'x'), Mask::no);
  const auto saying = say(bytes);
  for (const std::size_t size : {0, 125, 126, 65535, 65536}) {
    const auto read = peer_.read_frame();
    ASSERT_TRUE(read) << size;
    EXPECT_EQ(read->opcode, kPing);
    EXPECT_EQ(read->payload, std::string(size, 'x'));
    EXPECT_EQ(read->wire_bytes, frame(kPing, read->payload, Mask::no).size());
  }
  EXPECT_FALSE(peer_.read_frame());
}

TEST_F(RawPeerTest, ReadsNoHalfFrame) {
  const auto saying = say(frame(kText, "half", Mask::no).substr(0, 5));
  EXPECT_FALSE(peer_.read_frame());
}

TEST_F(RawPeerTest, ReadsUpToACloseFrameOrToTheEnd) {
  {
    const auto saying =
        say(frame(kText, "a", Mask::no) + frame(kClose, "\x03\xea", Mask::no));
    EXPECT_EQ(peer_.read_close_code(), 1002);
  }
  EXPECT_EQ(peer_.read_close_code(), 0);
}

TEST_F(RawPeerTest, KeepsWhatComesBehindAHead) {
  const auto saying =
      say("HTTP/1.1 101 x\r\nA: b\r\n\r\n" + frame(kText, "hi", Mask::no) + "end");
  EXPECT_EQ(peer_.read_head(), "HTTP/1.1 101 x\r\nA: b\r\n\r\n");
  EXPECT_EQ(peer_.read_frame()->payload, "hi");
  std::string rest;
  while (const auto bytes = peer_.read_bytes()) rest += *bytes;
  EXPECT_EQ(rest, "end");
}

TEST_F(RawPeerTest, ReadsAHeadWithoutAnEndAsItIs) {
  const auto saying = say("HTTP/1.1 2");
  EXPECT_EQ(peer_.read_head(), "HTTP/1.1 2");
  EXPECT_FALSE(peer_.read_bytes());
}

TEST_F(RawPeerTest, HearsBytesAndTheEndButNotSilence) {
  EXPECT_FALSE(peer_.hears_within(0ms));
  EXPECT_EQ(::send(other_.get(), "A\r\n\r\nb", 6, 0), 6);
  EXPECT_TRUE(peer_.hears_within(10s));
  EXPECT_EQ(peer_.read_head(), "A\r\n\r\n");
  EXPECT_TRUE(peer_.hears_within(0ms)) << "it has a byte that nobody has asked for";
  EXPECT_EQ(peer_.read_bytes(), "b");
  EXPECT_FALSE(peer_.hears_within(0ms));
  shutdown(other_.get(), SHUT_WR);
  EXPECT_TRUE(peer_.hears_within(10s));
}

TEST_F(RawPeerTest, SendsAllHoweverMuchItIs) {
  const std::string much(4 << 20, 'x');
  const timeval most{.tv_sec = 10, .tv_usec = 0};
  setsockopt(other_.get(), SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  std::size_t got = 0;
  std::jthread reading([&] {
    std::string piece(1 << 20, '\0');
    while (got < much.size()) {
      const ssize_t size = recv(other_.get(), piece.data(), piece.size(), 0);
      if (size <= 0) return;
      got += static_cast<std::size_t>(size);
    }
  });
  EXPECT_TRUE(peer_.send(much));
  reading.join();
  EXPECT_EQ(got, much.size());
  EXPECT_TRUE(peer_.send(""));
}

TEST_F(RawPeerTest, SaysThatTheOtherEndHasGone) {
  const linger reset{1, 0};
  setsockopt(other_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  other_.reset();
  EXPECT_TRUE(peer_.hears_within(10s));
  EXPECT_FALSE(peer_.send("x"));
}

}  // namespace
}  // namespace lab::websocket
