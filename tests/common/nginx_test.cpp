// nginx as a lab has it: in front of servers, and gone with its object.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <vector>

#include "lab/core/error.hpp"
#include "lab/net/http.hpp"
#include "lab/net/nginx_server.hpp"
#include "lab/net/uv_http_client.hpp"
#include "lab/net/uv_http_server.hpp"
#include "support/own_run.hpp"

namespace lab {
namespace {

using namespace std::chrono_literals;

class NginxTest : public testing::Test {
 protected:
  static std::string get(const NginxServer& nginx) {
    http::Client client("127.0.0.1", nginx.port());
    const auto result = client.request({}, 5s);
    const auto* response = std::get_if<http::Response>(&result);
    return response ? response->body : std::get<http::ClientError>(result).message;
  }
  test::OwnRun run_;
};

TEST_F(NginxTest, DealsRequestsOutInTurn) {
  http::Server a([](const auto&, const auto& reply) { reply({.body = "a"}); });
  http::Server b([](const auto&, const auto& reply) { reply({.body = "b"}); });
  const std::vector ports{a.port(), b.port()};
  const NginxServer nginx(ports);
  std::map<std::string, int> count;
  for (int i = 0; i < 10; ++i) ++count[get(nginx)];
  EXPECT_EQ(count, (std::map<std::string, int>{{"a", 5}, {"b", 5}}));
}

TEST_F(NginxTest, IsGoneWithItsObject) {
  http::Server a([](const auto&, const auto& reply) { reply({.body = "a"}); });
  const std::vector ports{a.port()};
  pid_t pid = 0;
  {
    const NginxServer nginx(ports);
    pid = nginx.pid();
    ASSERT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(NginxTest, HasTheFilesThatItWasGiven) {
  http::Server a([](const auto&, const auto& reply) { reply({.body = "a"}); });
  const std::vector ports{a.port()};
  const NginxServer nginx(
      ports, {.server = "location /static/ { root .; }", .files = {{"static/one", "1"}}});
  http::Client client("127.0.0.1", nginx.port());
  const auto result = client.request({.target = "/static/one"}, 5s);
  EXPECT_EQ(std::get<http::Response>(result).body, "1");
  EXPECT_EQ(get(nginx), "a");
}

// Relative names begin in its folder, also of a socket.
TEST_F(NginxTest, ReachesAUnixSocketInItsFolder) {
  const NginxServer nginx({}, {.upstream = "server unix:app.sock;"});
  const Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = nginx.folder() / "app.sock";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  ASSERT_EQ(bind(listener.get(), where, sizeof address), 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  uv::Loop loop;
  uv::HttpServer app(loop, [](const auto&, const auto& reply) { reply({.body = "u"}); });
  app.listen(Descriptor(dup(listener.get())));
  uv::HttpClient client(loop, nginx.port());
  std::optional<http::Result> result;
  client.request({}, 5s, [&](const auto& one) { result = one; });
  while (!result) loop.run(UV_RUN_ONCE);
  EXPECT_EQ(std::get<http::Response>(*result).body, "u");
}

TEST_F(NginxTest, SaysWhyItDoesNotStart) {
  const std::vector<std::uint16_t> ports{1};
  try {
    const NginxServer nginx(ports, {.location = "no_such_setting on;"});
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("no_such_setting"));
  }
}

}  // namespace
}  // namespace lab
