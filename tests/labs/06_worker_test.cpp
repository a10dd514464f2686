// A worker's side, played on a thread. Its port meets garbage.
#include <gtest/gtest.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "channel.hpp"
#include "lab/loopback.hpp"
#include "worker.hpp"

namespace lab06 {
namespace {

using lab::loopback::port_of;

// A worker on a thread, on a listener of its own.
class Served {
 public:
  Served() {
    auto ends = channel();
    ours_ = std::move(ends.first);
    const int theirs = ends.second.release();
    const int listener = dup(listener_.get());
    thread_ = std::thread([theirs, listener] {
      worker_main(std::vector{std::to_string(theirs), std::to_string(listener)});
      close(theirs);
    });
    EXPECT_TRUE(receive_packet(ours_.get()));
  }
  ~Served() {
    { const Descriptor hang_up = std::move(ours_); }
    if (thread_.joinable()) thread_.join();
  }
  int channel_end() const { return ours_.get(); }
  std::uint16_t port() const { return port_of(listener_); }
  void join() { thread_.join(); }

 private:
  Descriptor listener_ = listen_on(0, false), ours_;
  std::thread thread_;
};

class Peer {
 public:
  explicit Peer(std::uint16_t port) {
    const timeval limit{5, 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    lab::loopback::connect(socket_, port);
  }
  void say(const std::string& bytes) {
    static_cast<void>(send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  // Reads until `part` has come so often, or the end.
  std::string hear(const std::string& part, int times = 1) {
    std::string all;
    char bytes[4096];
    std::size_t at = 0;
    while (times > 0) {
      if (const auto found = all.find(part, at); found != std::string::npos) {
        at = found + 1;
        --times;
        continue;
      }
      const ssize_t size = recv(socket_.get(), bytes, sizeof bytes, 0);
      if (size <= 0) break;
      all.append(bytes, static_cast<std::size_t>(size));
    }
    return all;
  }
  bool ended() {
    char byte;
    while (true) {
      const ssize_t size = recv(socket_.get(), &byte, 1, 0);
      if (size == 0 || (size < 0 && errno == ECONNRESET)) return true;
      if (size < 0) return false;
    }
  }

 private:
  Descriptor socket_ = lab::loopback::socket();
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

bool answers(const Served& worker) {
  Peer peer(worker.port());
  peer.say(kGet);
  return peer.hear("200 OK").find("200 OK") != std::string::npos;
}

TEST(Worker, EndsAConnectionThatSendsGarbageAndServesTheOthers) {
  Served worker;
  for (const std::string& garbage :
       {std::string("\r\n\r\n"), std::string(100, '\0') + "\r\n\r\n",
        std::string("POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n"),
        std::string("GET / HTTP/9.9\r\n\r\n")}) {
    Peer peer(worker.port());
    peer.say(garbage);
    EXPECT_NE(peer.hear("400").find("400"), std::string::npos);
    EXPECT_TRUE(peer.ended());
  }
  EXPECT_TRUE(answers(worker));
}

TEST(Worker, TakesNoHeadLargerThanItsLimit) {
  Served worker;
  Peer peer(worker.port());
  peer.say("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x'));
  EXPECT_NE(peer.hear("431").find("431"), std::string::npos);
  EXPECT_TRUE(peer.ended());
  EXPECT_TRUE(answers(worker));
}

TEST(Worker, MindsNobodyWhoLeavesInTheMiddle) {
  Served worker;
  {
    Peer half(worker.port());
    half.say("GET / HT");
    Peer waiting(worker.port());
    waiting.say("GET /wait HTTP/1.1\r\n\r\n");
  }
  EXPECT_TRUE(answers(worker));
}

TEST(Worker, AnswersRequestsThatCameTogetherOneAfterAnother) {
  Served worker;
  Peer peer(worker.port());
  peer.say(kGet + kGet + kGet);
  const std::string all = peer.hear("200 OK", 3);
  EXPECT_EQ(all.find("Connection: close"), std::string::npos);
}

TEST(Worker, SaysCloseWhileItDrainsAndThenEnds) {
  Served worker;
  Peer peer(worker.port());
  peer.say("GET /wait HTTP/1.1\r\n\r\n" + kGet);
  // Accepted before it drains: another connection has had its answer.
  ASSERT_TRUE(answers(worker));
  ASSERT_TRUE(send_packet(worker.channel_end(), Say::drain));
  EXPECT_NE(peer.hear("Connection: close").find("Connection: close"), std::string::npos);
  EXPECT_TRUE(peer.ended());
  worker.join();
}

TEST(Worker, RefusesArgumentsThatItDoesNotKnow) {
  EXPECT_EQ(worker_main({}), 2);
}

}  // namespace
}  // namespace lab06
