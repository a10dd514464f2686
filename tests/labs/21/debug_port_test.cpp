// The debug port, asked by somebody who should not, and with what is no request of its own.
#include "world/debug_port.hpp"

#include <gmock/gmock.h>

#include "lab/net/raw_peer.hpp"
#include "world/heap_hook.hpp"
#include "world/zoo.hpp"

namespace {

using namespace lab21;
using testing::HasSubstr;
using testing::IsEmpty;

class DebugPort : public testing::Test {
 protected:
  int status(const std::string& host, const std::string& target = "/heap",
             const std::string& method = "GET") {
    return debug_port({.method = method, .target = target, .headers = {{"HOST", host}}},
                      sampler_)
        .status;
  }
  HeapSampler sampler_{1};
};

TEST_F(DebugPort, AnswersThisMachineOnly) {
  EXPECT_EQ(status("127.0.0.1:4021"), 200);
  EXPECT_EQ(status("localhost"), 200);
  for (const char* host : {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil",
                           "evil.example:127.0.0.1", "[::1]", ":", "127.0.0.10"}) {
    EXPECT_EQ(status(host), 403) << host;
  }
  EXPECT_EQ(debug_port({.target = "/heap"}, sampler_).status, 403);
}

TEST_F(DebugPort, KnowsOnePathAndOneMethod) {
  for (const char* target : {"/", "/heap/", "/heap?x", "/../heap", "*"})
    EXPECT_EQ(status("localhost", target), 404) << target;
  for (const char* method : {"POST", "DELETE", "get", ""})
    EXPECT_EQ(status("localhost", "/heap", method), 405) << method;
}

TEST_F(DebugPort, TellsBytesBlocksErrorAndSite) {
  Cache cache;
  const Recording recording(sampler_);
  put_in_cache(cache, 1, 1000);
  const auto answer =
      debug_port({.target = "/heap", .headers = {{"Host", "localhost"}}}, sampler_);
  EXPECT_THAT(answer.body, testing::StartsWith("1064 2 0 put_in_cache\n"));
}

TEST_F(DebugPort, OutlivesGarbage) {
  lab::http::Server server(
      [&](const auto& request, auto reply) { reply(debug_port(request, sampler_)); });
  for (const std::string& garbage :
       {std::string("\0\xff\x01 /heap", 9), std::string("GET /heap HTTP/9.9\r\n\r\n"),
        "GET " + std::string(100'000, 'a') + " HTTP/1.1\r\n\r\n",
        std::string("GET /heap HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n")}) {
    lab::websocket::RawPeer peer(server.port());
    peer.send(garbage);
    EXPECT_THAT(peer.read_head(), testing::Not(HasSubstr(" 200 ")))
        << garbage.substr(0, 40);
  }
  lab::http::Client client("127.0.0.1", server.port());
  const auto answer = client.request({.target = "/heap"}, std::chrono::seconds(20));
  ASSERT_TRUE(std::holds_alternative<lab::http::Response>(answer));
  EXPECT_EQ(std::get<lab::http::Response>(answer).status, 200);
}

}  // namespace
