// Lab 30's servers and its reader: what strangers send them, and what is not there.
#include "world/servers.hpp"

#include <gmock/gmock.h>

#include <random>
#include <tuple>

#include "lab/os/proc.hpp"

namespace lab30 {
namespace {

using namespace std::chrono_literals;

struct Heard {
  std::string bytes{};
  bool ended = false;
};

// Sends these bytes to a server on the same loop; what came back until it ended.
Heard say(lab::uv::Loop& loop, std::uint16_t port, const std::string& bytes) {
  Heard heard;
  bool late = false;
  lab::uv::Timer deadline(loop);
  deadline.start(10s, [&] { late = true; });
  lab::uv::Tcp client(loop);
  client.connect(port, [&](int status) {
    if (status < 0) return void(heard.ended = true);
    client.read_start([&](std::string_view piece, int ended) {
      heard.bytes.append(piece);
      heard.ended = heard.ended || ended < 0;
    });
    if (!bytes.empty()) client.write(bytes, [](int) {});
  });
  while (!heard.ended && !late) loop.run(UV_RUN_ONCE);
  return heard;
}

std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n";
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    server.on(request, [this](const Request& asked, const Reply& reply) {
      targets.push_back(asked.target);
      reply({.body = "well"});
    });
  }
  lab::uv::Loop loop;
  HttpServer server{loop};
  std::vector<std::string> targets;
};

TEST_F(HttpServerTest, AnswersAndCloses) {
  const Heard heard = say(loop, server.port(), get("/a"));
  EXPECT_TRUE(heard.ended);
  EXPECT_THAT(heard.bytes, testing::EndsWith("\r\n\r\nwell"));
  EXPECT_THAT(targets, testing::ElementsAre("/a"));
}

TEST_F(HttpServerTest, ClosesAConnectionWhoseHeadDoesNotEnd) {
  EXPECT_TRUE(say(loop, server.port(), std::string(40'000, 'x')).ended);
  EXPECT_TRUE(targets.empty());
  EXPECT_TRUE(say(loop, server.port(), get("/b")).ended);
  EXPECT_THAT(targets, testing::ElementsAre("/b"));
}

TEST_F(HttpServerTest, OutlivesGarbage) {
  std::mt19937 random(30);
  for (int i = 0; i < 100; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_TRUE(say(loop, server.port(), bytes + "\r\n\r\n").ended) << i;
  }
  EXPECT_THAT(say(loop, server.port(), get("/")).bytes, testing::EndsWith("well"));
}

TEST_F(HttpServerTest, EndsAConnectionWhoseRequestNobodyHears) {
  server.off_all(request);
  EXPECT_EQ(say(loop, server.port(), get("/")).bytes, "");
}

TEST_F(HttpServerTest, EmitsCloseWhenItListensNoMore) {
  int closes = 0;
  server.on(closed, [&] { ++closes; });
  const std::uint16_t port = server.port();
  server.close();
  EXPECT_EQ(closes, 0) << "not before close() returns";
  loop.run();
  EXPECT_EQ(closes, 1);
  const lab::Descriptor late = lab::loopback::socket();
  EXPECT_THROW(lab::loopback::connect(late, port), lab::Error);
}

// What a connection holds is released, whichever way it ends.
TEST(Servers, LeaveNoDescriptorOpen) {
  lab::uv::Loop loop;
  say(loop, TcpServer(loop).port(), "");  // libuv opens its own
  loop.run();
  const int before = lab::open_descriptors();
  {
    TcpServer plain(loop);
    HttpServer http(loop);
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(say(loop, plain.port(), "nobody listens").ended);
      ASSERT_TRUE(say(loop, http.port(), get("/nobody")).ended);
      ASSERT_TRUE(say(loop, http.port(), "garbage\r\n\r\n").ended);
    }
    http.on(request, [](const Request&, const Reply& reply) { reply({}); });
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(say(loop, http.port(), get("/")).ended);
    EXPECT_LE(lab::open_descriptors(), before + 3) << "two listeners, no connection";
    http.close();
  }
  loop.run();
  EXPECT_EQ(lab::open_descriptors(), before);
}

TEST(TcpServerTest, GivesItsListenerTheSocket) {
  lab::uv::Loop loop;
  TcpServer server(loop);
  server.on(connection,
            [](const Socket& socket) { EXPECT_EQ(write(socket->get(), "hi", 2), 2); });
  EXPECT_EQ(say(loop, server.port(), "").bytes, "hi");
}

TEST(TcpServerTest, ClosesAConnectionThatNobodyListensTo) {
  lab::uv::Loop loop;
  TcpServer server(loop);
  const Heard heard = say(loop, server.port(), "hello");
  EXPECT_TRUE(heard.ended);
  EXPECT_EQ(heard.bytes, "");
}

TEST(FileReaderTest, ADirectoryIsAnErrorAndNoData) {
  lab::uv::Loop loop;
  FileReader reader(loop, "/");
  int pieces = 0, ends = 0, errors = 0;
  reader.on(data, [&](std::string_view) { ++pieces; });
  reader.on(end, [&] { ++ends; });
  reader.on(error, [&](const std::exception_ptr&) { ++errors; });
  loop.run();
  EXPECT_EQ(std::tuple(pieces, ends, errors), std::tuple(0, 0, 1));
}

}  // namespace
}  // namespace lab30
