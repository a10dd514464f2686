// The server and the client of HTTP on a loop that the test runs itself.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "common/raw_http.hpp"
#include "lab/net/loopback.hpp"
#include "lab/net/uv_http_client.hpp"
#include "lab/net/uv_http_server.hpp"
#include "lab/os/proc.hpp"

namespace lab::uv {
namespace {

using namespace std::chrono_literals;
using http::ClientError;
using http::Raw;
using http::Request;
using http::Response;
using http::Result;
using testing::HasSubstr;
using testing::StartsWith;
using Kind = ClientError::Kind;

int status(const Result& result) {
  const auto* response = std::get_if<Response>(&result);
  return response ? response->status : -1;
}
Kind kind(const Result& result) {
  return std::get<ClientError>(result).kind;
}

void run_until(Loop& loop, const std::function<bool()>& is_so) {
  bool late = false;
  Timer deadline(loop);
  deadline.start(10s, [&] { late = true; });
  while (!is_so() && !late) loop.run(UV_RUN_ONCE);
  ASSERT_TRUE(is_so()) << "waited in vain";
}

class UvHttp : public testing::Test {
 protected:
  void run_until(const std::function<bool()>& is_so) { uv::run_until(loop_, is_so); }
  // Lets the loop do what is there to do, and no more.
  void run_what_is_there() {
    for (int i = 0; i < 20; ++i) loop_.run(UV_RUN_NOWAIT);
  }
  Result ask(HttpClient& client, const Request& request = {}) {
    std::optional<Result> result;
    client.request(request, 5s, [&](Result ended) { result = std::move(ended); });
    run_until([&] { return result.has_value(); });
    return *result;
  }

  Loop loop_;
};

class UvHttpServer : public UvHttp {
 protected:
  std::vector<HttpServer::Reply> kept_{};  // of what asks for /keep
  HttpServer server_{loop_,
                     [this](const Request& request, const HttpServer::Reply& reply) {
                       if (request.target == "/keep") return kept_.push_back(reply);
                       reply({.status = 200, .body = request.target});
                     },
                     {.connection_limit = 3}};
  const std::uint16_t port_ = server_.listen();
};

TEST_F(UvHttp, ARequestSaysFromWhichAddressItCame) {
  std::string peer;
  HttpServer server(loop_, [&](const Request& request, const HttpServer::Reply& reply) {
    peer = request.peer;
    reply({});
  });
  const std::uint16_t port = server.listen();
  const Descriptor socket = loopback::socket();
  sockaddr_in from{};
  ASSERT_EQ(uv_ip4_addr("127.3.4.5", 0, &from), 0);
  ASSERT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
  loopback::connect(socket, port);
  const std::string_view bytes = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(write(socket.get(), bytes.data(), bytes.size()),
            static_cast<ssize_t>(bytes.size()));
  run_until([&] { return !peer.empty(); });
  EXPECT_EQ(peer, "127.3.4.5");
}

TEST_F(UvHttpServer, CountsWhatItServes) {
  HttpClient client(loop_, port_);
  EXPECT_EQ(status(ask(client)), 200);
  EXPECT_EQ(status(ask(client)), 200);
  EXPECT_EQ(status(ask(client, {.headers = {{"Expect", "tea"}}})), 417);
  EXPECT_EQ(client.connections(), 1);
  EXPECT_EQ(server_.counts().accepted, 1u);
  EXPECT_EQ(server_.counts().requests, 2u);
  EXPECT_EQ(server_.counts().bad_requests, 1u);
}

TEST_F(UvHttpServer, AnswersInOrderHoweverLongTheFirstTakes) {
  Raw raw(port_);
  raw.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  run_until([&] { return kept_.size() == 1; });
  run_what_is_there();
  EXPECT_EQ(raw.now(), "");  // the second waits for the first
  kept_[0]({.status = 200, .body = "first"});
  run_until([&] { return raw.now().ends_with("/2"); });
  EXPECT_THAT(raw.now(), HasSubstr("first"));
}

TEST_F(UvHttpServer, TakesAReplyOnce) {
  Raw raw(port_);
  raw.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  run_until([&] { return kept_.size() == 1; });
  kept_[0]({.status = 200, .body = "one"});
  kept_[0]({.status = 200, .body = "two"});
  run_until([&] { return raw.now().ends_with("one"); });
  run_what_is_there();
  EXPECT_EQ(raw.now().find("two"), std::string::npos);
}

TEST_F(UvHttpServer, TurnsAwayWhoComesOverTheLimitAndTakesTheNextOneAfterwards) {
  std::vector<std::unique_ptr<Raw>> all;
  for (int i = 0; i < 4; ++i) all.push_back(std::make_unique<Raw>(port_));
  run_until([&] { return server_.counts().turned_away == 1; });
  EXPECT_EQ(server_.connections(), 3u);
  EXPECT_EQ(all.back()->now(), "");
  EXPECT_TRUE(all.back()->ended());
  all.front().reset();
  run_until([&] { return server_.connections() == 2; });
  HttpClient client(loop_, port_);
  EXPECT_EQ(status(ask(client)), 200);
}

TEST_F(UvHttpServer, DrainFinishesWhatIsUnderWayAndSaysThatItCloses) {
  Raw busy(port_), idle(port_);
  busy.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  run_until([&] { return kept_.size() == 1 && server_.connections() == 2; });
  Raw queued(port_);  // connected, and not accepted yet: it must not be lost
  queued.send("GET /queued HTTP/1.1\r\nHost: a\r\n\r\n");
  int drained = 0;
  server_.drain([&] { ++drained; });
  EXPECT_EQ(drained, 0);
  EXPECT_THROW(Raw{port_}, Error);
  run_until([&] { return queued.now().ends_with("/queued"); });
  EXPECT_THAT(queued.now(), HasSubstr("Connection: close"));

  kept_[0]({.status = 200, .body = "finished"});
  run_until([&] { return busy.now().ends_with("finished"); });
  EXPECT_THAT(busy.now(), HasSubstr("Connection: close"));
  busy.end_of_input();
  queued.end_of_input();
  run_until([&] { return server_.connections() == 1; });
  run_what_is_there();
  EXPECT_EQ(drained, 0);  // one is idle: its request may be on its way

  idle.send("GET /last HTTP/1.1\r\nHost: a\r\n\r\n");
  run_until([&] { return idle.now().ends_with("/last"); });
  EXPECT_THAT(idle.now(), HasSubstr("Connection: close"));
  idle.end_of_input();
  run_until([&] { return drained == 1; });
  run_what_is_there();
  EXPECT_EQ(drained, 1);
}

TEST_F(UvHttpServer, ClosesIdleConnectionsAndNoOthers) {
  Raw idle(port_), begun(port_), busy(port_);
  begun.send("GET / HTTP/1.1\r\nHo");
  busy.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  run_until([&] { return kept_.size() == 1 && server_.connections() == 3; });
  run_what_is_there();
  int drained = 0;
  server_.drain([&] { ++drained; });
  server_.close_idle();
  EXPECT_EQ(server_.connections(), 2u);
  EXPECT_EQ(idle.rest(), "");
  begun.send("st: a\r\n\r\n");
  kept_[0]({});
  run_until(
      [&] { return begun.now().ends_with("/") && busy.now().ends_with("\r\n\r\n"); });
  begun.end_of_input();
  busy.end_of_input();
  run_until([&] { return drained == 1; });
}

TEST_F(UvHttpServer, AnIdleConnectionIsIdleAgainAfterItsReply) {
  Raw raw(port_);
  raw.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  run_until([&] { return raw.now().ends_with("/"); });
  run_what_is_there();
  server_.close_idle();
  EXPECT_EQ(server_.connections(), 0u);
}

TEST_F(UvHttpServer, DrainOfNothingEndsAtOnceAndNeverFromWithin) {
  bool drained = false;
  server_.drain([&] { drained = true; });
  EXPECT_FALSE(drained);
  run_until([&] { return drained; });
}

TEST_F(UvHttp, AHandlerThatThrowsIsA500AndTheConnectionGoesOn) {
  bool throws = true;
  HttpServer server(loop_, [&](const Request&, const HttpServer::Reply& reply) {
    if (std::exchange(throws, !throws)) throw 7;
    reply({});
    throw std::runtime_error("too late to be a 500");
  });
  HttpClient client(loop_, server.listen());
  for (const int expected : {500, 200, 500}) EXPECT_EQ(status(ask(client)), expected);
  EXPECT_EQ(server.counts().failures, 3u);
  EXPECT_EQ(client.connections(), 1);
}

// Closed with unread bytes in it, the socket would be reset, and with it the reply.
TEST_F(UvHttpServer, WaitsForThePeersEndAfterItsLastReply) {
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "no HTTP\r\n\r\n"}) {
    Raw raw(port_);
    raw.send(request + std::string(300'000, 'x'));
    run_until(
        [&] { return raw.now().find("\r\n\r\n") != std::string::npos && raw.ended(); });
    run_what_is_there();
    EXPECT_EQ(server_.connections(), 1u);
    raw.end_of_input();
    run_until([&] { return server_.connections() == 0; });
  }
}

TEST_F(UvHttp, DoesNotWaitForAPeersEndForEver) {
  HttpServer server(loop_,
                    [](const Request&, const HttpServer::Reply& reply) { reply({}); },
                    {.request_timeout = 50ms});
  Raw raw(server.listen());
  raw.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  run_until([&] { return raw.now().find("\r\n\r\n") != std::string::npos; });
  run_until([&] { return server.connections() == 0; });
}

TEST_F(UvHttpServer, ClosesAConnectionWhoseReplyIsDropped) {
  Raw raw(port_);
  raw.send("GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
  run_until([&] { return kept_.size() == 1; });
  kept_.clear();
  EXPECT_EQ(server_.connections(), 0u);
  EXPECT_EQ(raw.rest(), "");
}

TEST_F(UvHttpServer, ServesAConnectionThatSomebodyElseAccepted) {
  const Descriptor listener = loopback::listen();
  Raw raw(loopback::port_of(listener));
  raw.send("GET /handed HTTP/1.1\r\nHost: a\r\n\r\n");
  server_.adopt(Descriptor(accept(listener.get(), nullptr, nullptr)));
  run_until([&] { return raw.now().ends_with("/handed"); });
}

TEST_F(UvHttpServer, WhatIsNoSocketIsClosedAndCounted) {
  const int before = open_descriptors();
  server_.adopt(Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)));
  server_.adopt(Descriptor());
  EXPECT_EQ(server_.counts().turned_away, 2u);
  run_what_is_there();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(UvHttpServer, ListensAgainOnTheSamePort) {
  server_.stop_listening();
  EXPECT_THROW(Raw{port_}, Error);
  EXPECT_EQ(server_.listen(), port_);
  HttpClient client(loop_, port_);
  EXPECT_EQ(status(ask(client)), 200);
  EXPECT_THROW(server_.listen(), std::exception);
}

TEST_F(UvHttpServer, OutOfDescriptorsItServesThoseWhoAreHereAndTakesMoreLater) {
  HttpClient here(loop_, port_);
  EXPECT_EQ(status(ask(here)), 200);
  Raw raw(port_);
  raw.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit none{3, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  run_what_is_there();
  EXPECT_EQ(server_.counts().accepted, 1u);
  EXPECT_EQ(status(ask(here)), 200);
  int turns = 0;
  Check each_turn(loop_);
  each_turn.start([&] { ++turns; });
  bool over = false;
  Timer later(loop_);
  later.start(120ms, [&] { over = true; });
  run_until([&] { return over; });
  EXPECT_LT(turns, 50);  // it rests, although the listener stays readable
  each_turn.close();
  setrlimit(RLIMIT_NOFILE, &limit);
  run_until([&] { return raw.now().ends_with("/later"); });
}

TEST_F(UvHttp, SharesAListenerWithOthers) {
  const Descriptor listener = loopback::listen();
  std::map<int, int> served;
  std::vector<std::unique_ptr<HttpServer>> servers;
  for (int i = 0; i < 2; ++i) {
    servers.push_back(std::make_unique<HttpServer>(
        loop_, [&served, i](const Request&, const HttpServer::Reply& reply) {
          ++served[i];
          reply({});
        }));
    servers.back()->listen(Descriptor(dup(listener.get())));
  }
  for (int i = 0; i < 20; ++i) {
    HttpClient client(loop_, loopback::port_of(listener));
    EXPECT_EQ(status(ask(client)), 200);
  }
  EXPECT_EQ(served[0] + served[1], 20);
  servers[0].reset();  // the other one's descriptor stays
  HttpClient client(loop_, loopback::port_of(listener));
  EXPECT_EQ(status(ask(client)), 200);
}

TEST_F(UvHttp, ASlowHandlerIsNotASlowRequest) {
  HttpServer::Reply kept;
  HttpServer server(loop_,
                    [&](const Request& request, const HttpServer::Reply& reply) {
                      if (request.target == "/keep") return void(kept = reply);
                      const auto until =
                          uv_hrtime() + 60'000'000;  // keeps the loop's thread busy
                      while (uv_hrtime() < until) {
                      }
                      reply({});
                    },
                    {.request_timeout = 20ms});
  const std::uint16_t port = server.listen();
  HttpClient client(loop_, port);
  EXPECT_EQ(status(ask(client)), 200);
  bool over = false;
  std::optional<Result> result;
  client.request({.target = "/keep"}, 5s,
                 [&](Result ended) { result = std::move(ended); });
  Timer later(loop_);
  later.start(80ms, [&] { over = true; });
  run_until([&] { return over; });
  ASSERT_FALSE(result);
  kept({});
  run_until([&] { return result.has_value(); });
  EXPECT_EQ(status(*result), 200);
}

TEST_F(UvHttp, APeerThatDoesNotReadItsReplyIsCutAtTheTimeout) {
  HttpServer server(loop_,
                    [](const Request&, const HttpServer::Reply& reply) {
                      reply({.status = 200, .body = std::string(32 << 20, 'x')});
                    },
                    {.request_timeout = 50ms});
  Raw raw(server.listen());
  raw.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  run_until([&] { return server.counts().requests == 1; });
  run_until([&] { return server.connections() == 0; });
}

TEST_F(UvHttp, TheServerMayGoFromInsideItsHandler) {
  std::unique_ptr<HttpServer> server;
  int requests = 0;
  server = std::make_unique<HttpServer>(
      loop_, [&](const Request&, const HttpServer::Reply& reply) {
        ++requests;
        server.reset();
        reply({});
        throw std::runtime_error("and that too");
      });
  HttpClient client(loop_, server->listen());
  EXPECT_EQ(kind(ask(client)), Kind::closed);
  EXPECT_EQ(requests, 1);
}

TEST(UvHttpLifetime, AReplyMayOutliveServerAndLoop) {
  HttpServer::Reply kept;
  {
    Loop loop;
    HttpServer server(
        loop, [&](const Request&, const HttpServer::Reply& reply) { kept = reply; });
    Raw raw(server.listen());
    raw.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    run_until(loop, [&] { return kept != nullptr; });
    ASSERT_TRUE(kept);
  }
  kept({.status = 200, .body = "to nobody"});
}

TEST(UvHttpLifetime, UnreferencedItDoesNotKeepTheLoopAlive) {
  Loop loop;
  HttpServer server(loop, [](const Request&, const HttpServer::Reply&) {});
  server.listen();
  EXPECT_TRUE(loop.run(UV_RUN_NOWAIT));
  server.unref();
  EXPECT_FALSE(loop.run(UV_RUN_DEFAULT));
}

TEST(UvHttpLifetime, NoDescriptorStaysOpen) {
  int after_the_first = 0;  // libuv keeps two descriptors of its own for the process
  for (int i = 0; i < 5; ++i) {
    {
      Loop loop;
      HttpServer server(
          loop, [](const Request&, const HttpServer::Reply& reply) { reply({}); });
      HttpClient client(loop, server.listen());
      bool done = false;
      client.request({}, 5s, [&](const Result&) { done = true; });
      run_until(loop, [&] { return done; });
    }
    if (i == 0) after_the_first = open_descriptors();
  }
  EXPECT_EQ(open_descriptors(), after_the_first);
}

// --- the client ---

TEST_F(UvHttpServer, ManyClientsAskAtOnce) {
  constexpr int kClients = 3;
  int answered = 0;
  std::vector<std::unique_ptr<HttpClient>> clients;
  std::function<void(HttpClient&, int)> ask_again = [&](HttpClient& client, int left) {
    if (left == 0) return;
    client.request({}, 5s, [&, left](const Result& result) {
      answered += status(result) == 200;
      ask_again(client, left - 1);  // from inside its callback
    });
  };
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<HttpClient>(loop_, port_));
    ask_again(*clients.back(), 50);
  }
  run_until([&] { return answered == kClients * 50; });
  EXPECT_EQ(server_.counts().accepted, 3u);
}

TEST_F(UvHttpServer, AClientAsksOneThingAtATime) {
  HttpClient client(loop_, port_);
  client.request({}, 5s, [](const Result&) {});
  EXPECT_TRUE(client.busy());
  EXPECT_THROW(client.request({}, 5s, [](const Result&) {}), std::invalid_argument);
}

TEST_F(UvHttpServer, AClientThatSaysCloseMakesANewConnectionEachTime) {
  HttpClient client(loop_, port_);
  int made = 0;
  client.on_connected([&] { ++made; });
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(status(ask(client, {.headers = {{"Connection", "close"}}})), 200);
  EXPECT_EQ(made, 3);
  EXPECT_EQ(client.connections(), 3);
}

TEST_F(UvHttpServer, AClientTellsWhyItHasNoReply) {
  HttpClient client(loop_, port_);
  std::optional<Result> result;
  const auto ended = [&](Result end) { result = std::move(end); };
  client.request({.target = "/keep"}, 20ms, ended);
  run_until([&] { return result.has_value(); });
  EXPECT_EQ(kind(*result), Kind::timed_out);

  result.reset();
  client.request({.target = "/keep"}, 5s, ended);
  run_until([&] { return kept_.size() == 2; });
  client.close();
  ASSERT_TRUE(result);
  EXPECT_EQ(kind(*result), Kind::closed);

  EXPECT_EQ(kind(ask(client, {.target = "/a b"})), Kind::other);
  EXPECT_EQ(kind(ask(client, {.headers = {{"X", "a\r\nY: b"}}})), Kind::other);
  server_.stop_listening();
  EXPECT_EQ(kind(ask(client)), Kind::refused);
}

TEST_F(UvHttpServer, AClientWaitsForEverIfToldTo) {
  HttpClient client(loop_, port_);
  std::optional<Result> result;
  client.request({}, std::chrono::milliseconds::max(),
                 [&](Result end) { result = std::move(end); });
  run_until([&] { return result.has_value(); });
  EXPECT_EQ(status(*result), 200);
}

TEST_F(UvHttpServer, AClientMayGoFromInsideItsCallback) {
  auto client = std::make_unique<HttpClient>(loop_, port_);
  bool gone = false;
  client->request({}, 5s, [&](const Result&) {
    client.reset();
    gone = true;
  });
  run_until([&] { return gone; });
  client = std::make_unique<HttpClient>(loop_, port_);
  client->on_connected([&] { client.reset(); });
  const std::uint64_t before = server_.counts().requests;
  client->request({}, 5s, [](const Result&) { FAIL(); });
  run_until([&] { return !client; });
  run_what_is_there();
  EXPECT_EQ(server_.counts().requests, before) << "nobody wants that reply any more";
}

// A server that sends these bytes to whoever connects, once something was asked.
class Speaker {
 public:
  Speaker(Loop& loop, std::string bytes, bool then_close)
      : listener_(loop, [this, &loop, bytes, then_close] {
          peer_ = std::make_unique<Tcp>(loop);
          listener_.accept(*peer_);
          bytes_ = bytes;
          peer_->read_start([this, then_close](std::string_view, int status) {
            if (status < 0) return peer_->close();
            peer_->write(bytes_, [this, then_close](int) {
              if (then_close) peer_->close();
            });
            peer_->read_stop();
          });
        }) {}
  std::uint16_t port() { return listener_.port(); }
  void say(std::string bytes) {
    more_ = std::move(bytes);
    peer_->write(more_, [](int) {});
  }

 private:
  std::string bytes_, more_;
  std::unique_ptr<Tcp> peer_;
  Listener listener_;
};

TEST_F(UvHttpServer, AClientMakesANewConnectionIfTheServerHasClosedTheOld) {
  HttpClient client(loop_, port_);
  EXPECT_EQ(status(ask(client)), 200);
  server_.close_all();
  run_what_is_there();
  EXPECT_EQ(status(ask(client)), 200);
  EXPECT_EQ(client.connections(), 2);
}

TEST_F(UvHttpServer, AClientsConnectionOutlivesTheTimeOfARequestThatWasAnswered) {
  HttpClient client(loop_, port_);
  std::optional<Result> result;
  client.request({}, 40ms, [&](Result ended) { result = std::move(ended); });
  run_until([&] { return result.has_value(); });
  if (status(*result) != 200) GTEST_SKIP() << "too busy a machine for 40 ms";
  bool over = false;
  Timer later(loop_);
  later.start(60ms, [&] { over = true; });
  run_until([&] { return over; });
  EXPECT_EQ(status(ask(client)), 200);
  EXPECT_EQ(client.connections(), 1);
}

TEST_F(UvHttp, AClientThatSaidCloseClosesThoughTheServerDoesNot) {
  Speaker speaker(loop_, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", false);
  HttpClient client(loop_, speaker.port());
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(status(ask(client, {.headers = {{"Connection", "close"}}})), 200);
  EXPECT_EQ(client.connections(), 2);
}

TEST_F(UvHttp, WhatComesBetweenTwoRequestsIsNotTheNextReply) {
  Speaker speaker(loop_, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", false);
  HttpClient client(loop_, speaker.port());
  EXPECT_EQ(std::get<Response>(ask(client)).body, "a");
  speaker.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb");
  run_what_is_there();
  EXPECT_EQ(std::get<Response>(ask(client)).body, "a");
  EXPECT_EQ(client.connections(), 2);
}

// Nothing may be thrown by it, nor may memory be taken for what has not come.
TEST_F(UvHttp, AReplyThatClaimsToBeEndlessIsABadOne) {
  for (const char* length : {"4000000000000", "9223372036854775807",
                             "18446744073709551615", "99999999999999999999", "-1", "x"}) {
    Speaker speaker(
        loop_, "HTTP/1.1 200 OK\r\nContent-Length: " + std::string(length) + "\r\n\r\n",
        false);
    HttpClient client(loop_, speaker.port());
    EXPECT_EQ(kind(ask(client)), Kind::bad_reply) << length;
  }
}

TEST_F(UvHttp, AClientReadsAReplyThatEndsWithItsConnection) {
  Speaker speaker(loop_, "HTTP/1.1 200 OK\r\n\r\nall of it", true);
  HttpClient client(loop_, speaker.port());
  EXPECT_EQ(std::get<Response>(ask(client)).body, "all of it");
}

TEST_F(UvHttp, AClientSkipsInterimReplies) {
  Speaker speaker(
      loop_,
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
      false);
  HttpClient client(loop_, speaker.port());
  const Result result = ask(client);
  EXPECT_EQ(status(result), 201);
  EXPECT_EQ(std::get<Response>(result).body, "ok");
}

TEST_F(UvHttp, WhatNobodyAskedForIsNotTheNextReply) {
  Speaker speaker(loop_,
                  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
                  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb",
                  false);
  HttpClient client(loop_, speaker.port());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(std::get<Response>(ask(client)).body, "a");
  EXPECT_EQ(client.connections(), 2);
}

TEST_F(UvHttp, HalfAReplyIsNone) {
  for (const char* half : {"", "HTTP/1.1 200 OK\r\nConte",
                           "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour"}) {
    Speaker speaker(loop_, half, true);
    HttpClient client(loop_, speaker.port());
    EXPECT_EQ(kind(ask(client)), Kind::closed) << half;
  }
  Speaker speaker(loop_, "SSH-2.0-nonsense\r\n\r\n", false);
  HttpClient client(loop_, speaker.port());
  EXPECT_EQ(kind(ask(client)), Kind::bad_reply);
}

TEST_F(UvHttp, AReplyToHeadHasNoBodyWhateverItsLengthSays) {
  Speaker speaker(loop_, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", false);
  HttpClient client(loop_, speaker.port());
  EXPECT_EQ(status(ask(client, {.method = "HEAD"})), 200);
}

}  // namespace
}  // namespace lab::uv
