// The app as a process of its own: how it shuts down, and what its port meets. This program
// plays it.
#include "world/app.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include "lab/net/http.hpp"
#include "lab/net/loopback.hpp"
#include "support/own_run.hpp"
#include "world/rotated_log.hpp"

namespace lab29 {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

// A connection that says what it likes.
struct Peer {
  explicit Peer(const App& app, std::string_view bytes) {
    lab::loopback::connect(socket, app.port());
    static_cast<void>(send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  std::string read_all() const {
    const timeval patience{10, 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string all;
    char bytes[4096];
    for (ssize_t size; (size = recv(socket.get(), bytes, sizeof bytes, 0)) > 0;)
      all.append(bytes, static_cast<std::size_t>(size));
    return all;
  }
  lab::Descriptor socket = lab::loopback::socket();
};

constexpr std::string_view kWorkRequest = "GET /work HTTP/1.1\r\nHost: a\r\n\r\n";

int status(const App& app, const std::string& target) {
  lab::http::Client client("127.0.0.1", app.port());
  const auto result = client.request({.target = target}, 10s);
  const auto* reply = std::get_if<lab::http::Response>(&result);
  return reply ? reply->status : 0;
}

TEST(AppTest, IsAliveBeforeItIsReady) {
  const App app({.ready_after = milliseconds(-1)});
  EXPECT_EQ(status(app, "/live"), 200);
  EXPECT_EQ(status(app, "/ready"), 503);
  EXPECT_EQ(status(app, "/no"), 404);
  EXPECT_EQ(status(App({}), "/ready"), 200);
}

TEST(AppTest, DiesOfSigtermWithoutAHandler) {
  App app({.on_sigterm = "nothing"});
  status(app, "/");
  const Peer peer(app, kWorkRequest);
  app.process().kill(SIGTERM);
  EXPECT_EQ(app.process().wait().signal, SIGTERM);
  EXPECT_EQ(peer.read_all(), "");
}

TEST(AppTest, FinishesWhatIsUnderWayWhenItDrains) {
  App app({.on_sigterm = "drain"});
  status(app, "/");
  const Peer idle(app, ""), peer(app, kWorkRequest);
  status(app, "/");  // once it answers a later connection, it has read the earlier ones
  app.process().kill(SIGTERM);
  EXPECT_THAT(peer.read_all(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(app.process().wait().code, 0);
  EXPECT_EQ(idle.read_all(), "");
}

TEST(AppTest, GoesOnUnreadyBeforeItDrains) {
  App app({.on_sigterm = "wait and drain"});
  status(app, "/");
  app.process().kill(SIGTERM);
  while (status(app, "/ready") == 200) {
  }
  EXPECT_EQ(status(app, "/work"), 200) << "a balancer that has not heard of it yet";
  EXPECT_EQ(app.process().wait().code, 0);
}

TEST(AppTest, LeavesAtItsDeadlineWithoutARequestThatHangs) {
  App app({.on_sigterm = "drain with a deadline"});
  status(app, "/");
  const Peer peer(app, "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  app.process().kill(SIGTERM);
  EXPECT_EQ(app.process().wait().code, 0);
  EXPECT_EQ(peer.read_all(), "");
}

TEST(AppTest, RefusesGarbageWithoutHarm) {
  const App app({});
  for (const std::string& bytes :
       {std::string("\r\n\r\n"), std::string(100, '\0') + "\r\n\r\n",
        std::string(100'000, 'x'), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")})
    Peer(app, bytes);
  EXPECT_EQ(status(app, "/"), 200);
}

TEST(AppTest, EndsWithoutItsSocket) {
  lab::Child app = lab::Child::role("app", {}, {.env = {{"LISTEN_FD", "9999"}}});
  EXPECT_FALSE(app.wait().ok());
}

class RotatedLogTest : public testing::Test {
 protected:
  void write(std::string_view bytes) {
    ASSERT_EQ(::write(log.input(), bytes.data(), bytes.size()), std::ssize(bytes));
    loop.run(UV_RUN_NOWAIT);
    loop.run(UV_RUN_NOWAIT);
  }
  std::string text(int file) const {
    std::ifstream stream(log.name_of(file));
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  lab::test::TempFolder folder;
  lab::uv::Loop loop;
  RotatedLog log{loop, folder.path() + "/log", 10};
};

TEST_F(RotatedLogTest, FillsAFileToTheLastByteThatFits) {
  write("1234\n");
  write("6789\n");
  EXPECT_EQ(log.files(), 1);
  write("\n");
  EXPECT_EQ(log.files(), 2);
  EXPECT_EQ(text(0), "1234\n6789\n");
  EXPECT_EQ(text(1), "\n");
}

TEST_F(RotatedLogTest, CutsNoLineInTwo) {
  write("123456789");
  write("0123456789\nnext\nhalf");
  EXPECT_EQ(log.lines(), 2);
  EXPECT_EQ(text(0), "1234567890123456789\n") << "longer than a file: still one line";
  EXPECT_EQ(text(1), "next\n");
}

}  // namespace
}  // namespace lab29

// A role is this program again: see Child::role.
int main(int argc, char** argv) {
  if (argc > 2 && argv[1] == std::string("--role")) {
    try {
      return lab29::app_main({});
    } catch (const std::exception&) {
      return 1;
    }
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
