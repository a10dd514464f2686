// HTTP over loopback: the good, the slow, the broken and the hostile.
#include "lab/net/http.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <random>
#include <thread>

#include "common/raw_http.hpp"
#include "lab/core/error.hpp"
#include "lab/os/proc.hpp"

namespace lab::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;
using Kind = ClientError::Kind;

void echo(const Request& request, const Server::Reply& reply) {
  reply({.status = 200,
         .body = request.method + " " + request.target + " " + request.body});
}

std::string body(const Result& result) {
  const auto* response = std::get_if<Response>(&result);
  return response ? response->body : "error: " + std::get<ClientError>(result).message;
}

Kind kind(const Result& result) {
  return std::get<ClientError>(result).kind;
}

void wait_until(const std::function<bool()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!is_so()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
    std::this_thread::yield();
  }
}

TEST(Http, CarriesMethodTargetAndBodyThereAndBack) {
  Server server(echo);
  Client client("127.0.0.1", server.port());
  EXPECT_EQ(
      body(client.request({.method = "POST", .target = "/a?b", .body = "hello"}, 5s)),
      "POST /a?b hello");
}

TEST(Http, KeepsTheConnection) {
  Server server(echo);
  Client client("127.0.0.1", server.port());
  for (int i = 0; i < 10; ++i) body(client.request({}, 5s));
  EXPECT_EQ(server.open_connections(), 1u);
}

TEST(Http, AnswersFromAnotherThreadAndLater) {
  std::vector<std::thread> threads;
  Server server([&](const Request&, const Server::Reply& reply) {
    threads.emplace_back([reply] { reply({.status = 202, .body = "later"}); });
  });
  Client client("127.0.0.1", server.port());
  EXPECT_EQ(std::get<Response>(client.request({}, 5s)).status, 202);
  for (auto& thread : threads) thread.join();
}

TEST(Http, RunsWhatIsDueLater) {
  Server* self = nullptr;
  Server server([&](const Request&, const Server::Reply& reply) {
    self->run_after(5ms, [reply] { reply({.status = 200, .body = "waited"}); });
  });
  self = &server;
  Client client("127.0.0.1", server.port());
  EXPECT_EQ(body(client.request({}, 5s)), "waited");
}

TEST(Http, ClosesTheConnectionOfARequestThatNobodyAnswers) {
  Server server([](const Request&, const Server::Reply&) {});
  Client client("127.0.0.1", server.port());
  EXPECT_EQ(kind(client.request({}, 5s)), Kind::closed);
}

TEST(Http, TellsAClientThatItsTimeIsOver) {
  std::vector<Server::Reply> kept;
  Server server(
      [&](const Request&, const Server::Reply& reply) { kept.push_back(reply); });
  Client client("127.0.0.1", server.port());
  EXPECT_EQ(kind(client.request({}, 50ms)), Kind::timed_out);
}

TEST(Http, AReplyMayOutliveItsServer) {
  Server::Reply kept;
  {
    Server server([&](const Request&, const Server::Reply& reply) { kept = reply; });
    Client client("127.0.0.1", server.port());
    EXPECT_EQ(kind(client.request({}, 50ms)), Kind::timed_out);
  }
  kept({.status = 200, .body = "to nobody"});
}

TEST(Http, RefusesConnectionsAndTakesThemAgainOnTheSamePort) {
  Server server(echo);
  const std::uint16_t port = server.port();
  Client client("127.0.0.1", port);
  EXPECT_THAT(body(client.request({}, 5s)), StartsWith("GET"));
  server.refuse(true);
  EXPECT_EQ(kind(Client("127.0.0.1", port).request({}, 5s)), Kind::refused);
  EXPECT_TRUE(std::holds_alternative<ClientError>(client.request({}, 5s)));
  server.refuse(false);
  EXPECT_EQ(server.port(), port);
  EXPECT_THAT(body(client.request({}, 5s)), StartsWith("GET"));
}

TEST(Http, MayBeToldByAHandlerToRefuse) {
  Server* self = nullptr;
  std::atomic<int> reopened = 0;
  Server server([&](const Request&, const Server::Reply&) {
    self->refuse(true);
    self->refuse(false);
    ++reopened;
  });
  self = &server;
  for (int i = 1; i <= 2; ++i) {
    Client client("127.0.0.1", server.port());
    EXPECT_EQ(kind(client.request({}, 5s)), Kind::closed);
    wait_until([&] { return reopened == i; });  // the client was closed before
  }
}

TEST(Http, ClosesRequestsInFlightWhenItEnds) {
  std::vector<Server::Reply> kept;
  std::latch received(4);
  auto server = std::make_unique<Server>([&](const Request&, const Server::Reply& reply) {
    kept.push_back(reply);
    received.count_down();
  });
  const std::uint16_t port = server->port();
  std::atomic<int> closed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Client client("127.0.0.1", port);
      closed += kind(client.request({}, 30s)) == Kind::closed;
    });
  }
  received.wait();
  server.reset();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(closed, 4);
}

TEST(Http, DropsWhatIsDueAfterItsEnd) {
  auto server = std::make_unique<Server>(echo);
  // Dropped when the server ends, it asks for one more call, as a handler may just then.
  std::shared_ptr<void> last_wish(
      nullptr, [self = server.get()](void*) { self->run_after(1h, [] { FAIL(); }); });
  server->run_after(1h, [wish = std::move(last_wish)] { FAIL(); });
  server.reset();
}

TEST(Http, SaysThatAPortIsTaken) {
  Server server(echo);
  try {
    Server second(echo, {.port = server.port()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("Address already in use"));
  }
}

TEST(Http, ServesManyThreadsAtOnce) {
  Server server(echo);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      Client client("127.0.0.1", server.port());
      for (int i = 0; i < 50; ++i) {
        const std::string target = "/" + std::to_string(i);
        good += body(client.request({.target = target}, 10s)) == "GET " + target + " ";
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 16 * 50);
}

TEST(Http, LeavesNoDescriptorOpen) {
  int after_the_first = 0;  // libuv keeps two descriptors of its own for the process
  for (int i = 0; i < 5; ++i) {
    {
      Server server(echo);
      Client client("127.0.0.1", server.port());
      body(client.request({}, 5s));
    }
    if (i == 0) after_the_first = open_descriptors();
  }
  EXPECT_EQ(open_descriptors(), after_the_first);
}

// --- hostile peers: each loses its connection, the next one is served ---

class Hostile : public testing::Test {
 protected:
  void TearDown() override {
    Client client("127.0.0.1", server_.port());
    EXPECT_THAT(body(client.request({}, 5s)), StartsWith("GET / "));
  }
  Server server_{echo, {.connection_limit = 20, .request_timeout = 200ms}};
};

TEST_F(Hostile, GarbageIsABadRequest) {
  Raw raw(server_.port());
  raw.send("\x16\x03\x01\x02garbage\r\n\r\n");
  EXPECT_THAT(raw.rest(), StartsWith("HTTP/1.1 400"));
}

TEST_F(Hostile, AHeaderOverTheLimitIsRefused) {
  Raw raw(server_.port());
  raw.send("GET / HTTP/1.1\r\nX: " + std::string(64 << 10, 'x') + "\r\n\r\n");
  const std::string answer = raw.rest();
  EXPECT_TRUE(answer.empty() || answer.starts_with("HTTP/1.1 431")) << answer;
}

TEST_F(Hostile, ABodyOverTheLimitIsRefusedBeforeItIsRead) {
  Raw raw(server_.port());
  raw.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n");
  EXPECT_THAT(raw.rest(), StartsWith("HTTP/1.1 413"));
}

TEST(Http, TakesABodyAtTheLimit) {
  Server server(echo);
  Client client("127.0.0.1", server.port());
  const std::string most(1 << 20, 'x');
  EXPECT_EQ(body(client.request({.method = "POST", .body = most}, 5s)).size(),
            most.size() + 7);
}

TEST_F(Hostile, HalfARequestThenSilenceIsCutAtTheTimeout) {
  Raw raw(server_.port());
  raw.send("GET / HTTP/1.1\r\nHost: a\r\nX-Slow");
  EXPECT_EQ(raw.rest(), "");
}

TEST_F(Hostile, ASlowLorisGainsNothingByEachByte) {
  Raw raw(server_.port());
  raw.send("GET / HTTP/1.1\r\n");
  std::atomic<bool> closed = false;
  std::thread drip([&] {
    for (int i = 0; i < 200 && !closed; ++i) {
      raw.send("X");
      poll(nullptr, 0, 20);
    }
  });
  EXPECT_EQ(raw.rest(), "");
  closed = true;
  drip.join();
}

TEST_F(Hostile, PipelinedRequestsAreAnsweredInOrder) {
  Raw raw(server_.port());
  raw.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n"
      "Connection: close\r\n\r\n");
  const std::string answers = raw.rest();
  EXPECT_LT(answers.find("GET /1"), answers.find("GET /2"));
  EXPECT_NE(answers.find("GET /2"), std::string::npos);
}

TEST_F(Hostile, ConnectionsOverTheLimitAreClosed) {
  std::vector<std::unique_ptr<Raw>> all;
  for (int i = 0; i < 20; ++i) all.push_back(std::make_unique<Raw>(server_.port()));
  wait_until([&] { return server_.open_connections() == 20; });
  Raw one_more(server_.port());
  EXPECT_EQ(one_more.rest(), "");
  for (auto& raw : all) raw->rest();  // until their time is over
}

TEST_F(Hostile, HalfARequestThenItsEndIsNoRequest) {
  for (const std::string_view half :
       {"G", "GET / HTTP/1.1\r\nHost",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nfour"}) {
    Raw raw(server_.port());
    raw.send(half);
    raw.end_of_input();
    EXPECT_EQ(raw.rest(), "") << half;
  }
}

TEST_F(Hostile, RandomBytesHurtNobody) {
  std::mt19937 random(20);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (i % 2) bytes = "GET / HTTP/1.1\r\nHost: a\r\n" + bytes;
    Raw raw(server_.port());
    raw.send(bytes);
    raw.end_of_input();
    raw.rest();  // so that each is read to its end, and none met the connection limit
  }
}

TEST(HttpClient, NeverSendsARequestTwice) {
  std::atomic<int> received = 0;
  Server server([&](const Request&, const Server::Reply& reply) {
    if (++received == 1) reply({});
  });
  Client client("127.0.0.1", server.port());
  EXPECT_EQ(std::get<Response>(client.request({}, 5s)).status, 200);
  EXPECT_EQ(kind(client.request({}, 5s)), Kind::closed);
  EXPECT_EQ(received, 2);
}

TEST(HttpClient, ConnectsAgainIfTheServerClosedBetweenTwoRequests) {
  Server server(echo, {.request_timeout = 20ms});
  Client client("127.0.0.1", server.port());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(body(client.request({}, 5s)), "GET / ");
    wait_until([&] { return server.open_connections() == 0; });
  }
}

// Without a length a server would wait for the end of the connection, or refuse it.
TEST(HttpClient, SaysHowLongABodyIsAndTheHostOnce) {
  Server server([](const Request& request, const Server::Reply& reply) {
    std::string lines;
    for (const auto& [name, value] : request.headers)
      if (name == "Host" || name == "Content-Length") lines += name + "=" + value + " ";
    reply({.status = 200, .body = lines + request.body});
  });
  Client client("127.0.0.1", server.port());
  const std::string host = "Host=127.0.0.1:" + std::to_string(server.port()) + " ";
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    EXPECT_EQ(body(client.request({.method = method}, 5s)), host + "Content-Length=0 ");
  }
  EXPECT_EQ(body(client.request({.method = "GET"}, 5s)), host);
  EXPECT_EQ(body(client.request({.method = "DELETE", .body = "ab"}, 5s)),
            host + "Content-Length=2 ab");
  EXPECT_EQ(body(client.request({.headers = {{"Host", "mine"}}}, 5s)), "Host=mine ");
}

TEST(HttpClient, SaysThatItsHostIsNoAddress) {
  Client client("no address", 1);
  EXPECT_EQ(kind(client.request({}, 5s)), Kind::other);
}

TEST(HttpClient, SaysThatAnAnswerIsNoHttp) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  listen(listener, 5);
  const timeval most{.tv_sec = 10, .tv_usec = 0};  // what is accepted inherits it
  setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  std::thread peer([&] {
    const int fd = accept(listener, nullptr, nullptr);
    EXPECT_GE(fd, 0) << "nobody came";
    send(fd, "SSH-2.0-nonsense\r\n\r\n", 20, MSG_NOSIGNAL);
    char bytes[1024];
    while (recv(fd, bytes, sizeof bytes, 0) > 0) {
    }
    close(fd);
  });
  {
    Client client("127.0.0.1", ntohs(address.sin_port));
    EXPECT_EQ(kind(client.request({}, 5s)), Kind::bad_reply);
  }
  peer.join();
  close(listener);
}

}  // namespace
}  // namespace lab::http
