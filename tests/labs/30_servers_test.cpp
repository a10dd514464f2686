// Lab 30's servers and its reader: what strangers send them, and what is not there.
#include <gmock/gmock.h>

#include <random>

#include "servers.hpp"

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
    client.write(bytes, [](int) {});
  });
  while (!heard.ended && !late) loop.run(UV_RUN_ONCE);
  return heard;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    server.on(request, [this](const Request& asked) {
      targets.push_back(asked.target);
      asked.reply("well");
    });
  }
  lab::uv::Loop loop;
  HttpServer server{loop};
  std::vector<std::string> targets;
};

TEST_F(HttpServerTest, AnswersAndCloses) {
  const Heard heard = say(loop, server.port(), "GET /a HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(heard.ended);
  EXPECT_THAT(heard.bytes, testing::EndsWith("\r\n\r\nwell"));
  EXPECT_THAT(targets, testing::ElementsAre("/a"));
}

TEST_F(HttpServerTest, ClosesAConnectionWhoseHeadDoesNotEnd) {
  EXPECT_TRUE(say(loop, server.port(), std::string(40'000, 'x')).ended);
  EXPECT_TRUE(targets.empty());
  EXPECT_TRUE(say(loop, server.port(), "GET /b HTTP/1.1\r\n\r\n").ended);
  EXPECT_THAT(targets, testing::ElementsAre("/b"));
}

TEST_F(HttpServerTest, OutlivesGarbage) {
  std::mt19937 random(30);
  for (int i = 0; i < 100; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_TRUE(say(loop, server.port(), bytes + "\r\n\r\n").ended) << i;
  }
  EXPECT_THAT(say(loop, server.port(), "GET / HTTP/1.1\r\n\r\n").bytes,
              testing::EndsWith("well"));
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
