// A worker's side, played on a thread. What its HTTP server does with garbage, the tests of
// that server say.
#include "worker.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "channel.hpp"
#include "common/raw_http.hpp"
#include "lab/net/loopback.hpp"
#include "world/app.hpp"

namespace lab06 {
namespace {

using namespace std::chrono_literals;
using lab::http::Raw;
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
      worker_main(std::vector{std::to_string(theirs), std::to_string(listener),
                              std::string("1")});
      close(theirs);
    });
    EXPECT_EQ(said(), Say::ready);
  }
  ~Served() {
    { const Descriptor hang_up = std::move(ours_); }
    if (thread_.joinable()) thread_.join();
  }
  bool tell(Say say, int passed = -1) { return send_packet(ours_.get(), say, passed); }
  Say said() {
    const auto packet = receive_packet(ours_.get());
    EXPECT_TRUE(packet);
    return packet ? packet->say : Say::drain;
  }
  std::uint16_t port() const { return port_of(listener_); }
  void join() { thread_.join(); }

 private:
  Descriptor listener_ = listen_on(0, false), ours_;
  std::thread thread_;
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kWait = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";

bool answers(const Served& worker) {
  Raw peer(worker.port());
  peer.send(kGet);
  return peer.until("200 OK").find("200 OK") != std::string::npos;
}

TEST(Worker, ServesAConnectionThatItIsPassedAndSaysThatItHasTakenIt) {
  Served worker;
  const Descriptor listener = lab::loopback::listen();
  Raw peer(port_of(listener));
  const Descriptor accepted(accept(listener.get(), nullptr, nullptr));
  ASSERT_TRUE(worker.tell(Say::connection, accepted.get()));
  EXPECT_EQ(worker.said(), Say::taken);
  peer.send(kGet);
  peer.until("200 OK");
}

TEST(Worker, MindsNobodyWhoLeavesInTheMiddle) {
  Served worker;
  {
    Raw half(worker.port());
    half.send("GET / HT");
    Raw waiting(worker.port());
    waiting.send(kWait);
  }
  EXPECT_TRUE(answers(worker));
}

TEST(Worker, SaysCloseWhileItDrainsAndThenEnds) {
  Served worker;
  {
    Raw peer(worker.port());
    peer.send(kWait + kGet);
    // Accepted before it drains: another connection has had its reply.
    ASSERT_TRUE(answers(worker));
    ASSERT_TRUE(worker.tell(Say::drain));
    EXPECT_NE(peer.rest().find("Connection: close"), std::string::npos);
  }
  worker.join();
}

// A worker that has so much patience while it drains: at /keep it never replies.
class Patient {
 public:
  explicit Patient(std::chrono::milliseconds patience) {
    auto ends = channel();
    ours_ = std::move(ends.first);
    thread_ = std::thread([this, patience, theirs = std::move(ends.second),
                           listener = dup(listener_.get())] {
      lab::uv::Loop loop;
      lab::uv::HttpServer::Reply kept;
      const auto handle = [&](const lab::http::Request& request,
                              const lab::uv::HttpServer::Reply& reply) {
        if (request.target == "/keep") return void(kept = reply);
        reply({});
      };
      WorkerProcess(loop, theirs.get(), listener, handle, patience).run();
      over_.release();
    });
    EXPECT_TRUE(receive_packet(ours_.get()));  // it is ready
  }
  ~Patient() {
    ours_.reset();  // hangs up: a worker without a primary ends
    thread_.join();
  }
  void drain() { EXPECT_TRUE(send_packet(ours_.get(), Say::drain)); }
  bool ends() { return over_.try_acquire_for(10s); }
  std::uint16_t port() const { return port_of(listener_); }

 private:
  Descriptor listener_ = listen_on(0, false), ours_;
  std::binary_semaphore over_{0};
  std::thread thread_;
};

// A replacement that waits out its whole patience each time would take minutes.
TEST(Worker, EndsAsSoonAsItHasDrained) {
  Patient worker(1h);
  {
    Raw peer(worker.port());
    peer.send(kGet);
    peer.until("200 OK");
  }
  worker.drain();
  EXPECT_TRUE(worker.ends());
}

TEST(Worker, DrainsNoLongerThanItHasPatience) {
  Patient worker(100ms);
  Raw idle(worker.port()), unanswered(worker.port());
  unanswered.send("GET /keep HTTP/1.1\r\nHost: x\r\n\r\n");
  Raw served(worker.port());
  served.send(kGet);
  served.until("200 OK");  // so the others have been accepted
  worker.drain();
  EXPECT_TRUE(worker.ends());
}

TEST(Worker, ServesWhatTheKernelHasAcceptedWhenItDrains) {
  Served worker;
  Raw first(worker.port());
  first.send(kWait);
  Raw second(worker.port());
  ASSERT_TRUE(worker.tell(Say::drain));
  second.send(kGet);
  second.until("200 OK");
}

TEST(Worker, EndsWithItsPrimary) {
  Served worker;
  ASSERT_TRUE(answers(worker));
}  // hangs up, and waits for the worker's end

TEST(Worker, RefusesArgumentsThatItDoesNotKnow) {
  EXPECT_EQ(worker_main({}), 2);
}

}  // namespace
}  // namespace lab06
