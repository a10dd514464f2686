// What RFC 9110 and 9112 ask of a server, byte for byte, against the server in common.
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "common/raw_http.hpp"
#include "lab/net/http.hpp"

namespace lab::http {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpRules : public testing::Test {
 protected:
  // All that the server says to these bytes until it closes.
  std::string say(std::string_view bytes) {
    Raw raw(server_.port());
    raw.send(bytes);
    return raw.rest();
  }
  // ... to a GET, when the handler replies this.
  std::string get(Response response, std::string_view method = "GET") {
    reply_ = std::move(response);
    return say(std::string(method) +
               " / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }
  void TearDown() override {  // whatever was said, the next peer is served
    reply_.reset();
    EXPECT_THAT(say("GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
                EndsWith("GET /next a "));
  }

  std::optional<Response> reply_{};
  Server server_{[this](const Request& request, const Server::Reply& reply) {
    if (reply_) return reply(*reply_);
    std::string host;
    for (const auto& [name, value] : request.headers)
      if (name == "Host") host = value;
    reply({.status = 200,
           .body =
               request.method + " " + request.target + " " + host + " " + request.body});
  }};
};

constexpr std::string_view kEnd = "Connection: close\r\n\r\n";

std::string request(std::string_view line, std::string_view headers,
                    std::string_view body = "") {
  return std::string(line) + "\r\n" + std::string(headers) + std::string(kEnd) +
         std::string(body);
}

std::string body_of(const std::string& reply) {
  const std::size_t head = reply.find("\r\n\r\n");
  return head == std::string::npos ? "no reply" : reply.substr(head + 4);
}

TEST_F(HttpRules, TheReplyToHeadHasTheHeadersOfAGetAndNoBody) {
  const std::string reply = get({.status = 200, .body = "hello"}, "HEAD");
  EXPECT_THAT(reply, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_EQ(body_of(reply), "");
}

TEST_F(HttpRules, AfterAHeadTheConnectionServesTheNextRequest) {
  reply_ = {.status = 200, .body = "hello"};
  const std::string replies = say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" +
                                  request("GET / HTTP/1.1", "Host: a\r\n"));
  EXPECT_EQ(replies.find("hello"), replies.rfind("hello"));
  EXPECT_THAT(replies, EndsWith("hello"));
}

TEST_F(HttpRules, ABodyOfAReplyThatMayHaveNoneIsDropped) {
  for (const int status : {100, 101, 204, 304}) {
    const std::string reply = get({.status = status, .body = "junk"});
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 " + std::to_string(status)));
    EXPECT_THAT(reply, Not(HasSubstr("Content-Length"))) << status;
    EXPECT_EQ(body_of(reply), "") << status;
  }
  const std::string reset = get({.status = 205, .body = "junk"});
  EXPECT_THAT(reset, HasSubstr("Content-Length: 0\r\n"));
  EXPECT_EQ(body_of(reset), "");
}

TEST_F(HttpRules, AKeptConnectionSurvivesAReplyWithoutABody) {
  reply_ = {.status = 204, .body = "junk"};
  Client client("127.0.0.1", server_.port());
  EXPECT_EQ(std::get<Response>(client.request({}, 5s)).status, 204);
  reply_ = {.status = 200, .body = "next"};
  EXPECT_EQ(std::get<Response>(client.request({}, 5s)).body, "next");
  EXPECT_EQ(server_.open_connections(), 1u);
}

TEST_F(HttpRules, AStatusThatIsNoneIsAnInternalError) {
  for (const int status : {1000, 99, 0, -1, 65536 + 200})
    EXPECT_THAT(get({.status = status, .body = "x"}), StartsWith("HTTP/1.1 500 "));
  for (const int status : {200, 299, 599, 999})
    EXPECT_THAT(get({.status = status, .body = "x"}),
                StartsWith("HTTP/1.1 " + std::to_string(status) + " "));
}

TEST_F(HttpRules, AHeaderThatWouldNotStayOneLineIsAnInternalError) {
  for (const auto& [name, value] : Headers{{"X", "a\r\nSet-Cookie: b"},
                                           {"X", std::string("a\0b", 3)},
                                           {"X: y", "a"},
                                           {"", "a"},
                                           {"X\n", "a"}}) {
    const std::string reply =
        get({.status = 200, .body = "x", .headers = {{name, value}}});
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(reply, Not(HasSubstr("Set-Cookie")));
  }
  EXPECT_THAT(get({.status = 200, .content_type = "text/plain\r\nX: y"}),
              StartsWith("HTTP/1.1 500 "));
}

TEST_F(HttpRules, AHandlerDoesNotDecideHowItsReplyIsFramed) {
  const std::string reply = get({.status = 200,
                                 .body = "hello",
                                 .headers = {{"Content-Length", "100"},
                                             {"transfer-encoding", "chunked"},
                                             {"Set-Cookie", "a=1"},
                                             {"Set-Cookie", "b=2"},
                                             {"content-type", "text/html"}}});
  EXPECT_THAT(reply, AllOf(HasSubstr("Content-Length: 5\r\n"), Not(HasSubstr("chunked")),
                           HasSubstr("a=1"), HasSubstr("b=2"), HasSubstr("text/html"),
                           Not(HasSubstr("text/plain")), EndsWith("\r\n\r\nhello")));
}

TEST_F(HttpRules, AHandlerThatAsksForItClosesTheConnection) {
  reply_ = {.status = 200, .headers = {{"connection", "Close"}}};
  EXPECT_THAT(say("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("Connection: close"));
}

TEST_F(HttpRules, ContinuesWithAPeerThatHoldsItsBodyBack) {
  Raw raw(server_.port());
  raw.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n" +
           std::string(kEnd));
  EXPECT_EQ(raw.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  raw.send("abc");
  EXPECT_THAT(raw.rest(), EndsWith("POST / a abc"));
}

TEST_F(HttpRules, DoesNotContinueWithAPeerThatDidNotWait) {
  EXPECT_THAT(
      say(request("POST / HTTP/1.1",
                  "Host: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n", "abc")),
      AllOf(StartsWith("HTTP/1.1 200"), EndsWith("POST / a abc")));
  EXPECT_THAT(say(request("GET / HTTP/1.1", "Host: a\r\nExpect: 100-continue\r\n")),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpRules, DoesNotContinueWithABodyThatIsTooLarge) {
  EXPECT_THAT(
      say(request("POST / HTTP/1.1",
                  "Host: a\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n")),
      StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpRules, MeetsNoOtherExpectation) {
  EXPECT_THAT(say(request("GET / HTTP/1.1", "Host: a\r\nExpect: tea\r\n")),
              StartsWith("HTTP/1.1 417"));
}

TEST_F(HttpRules, TakesATargetInEachOfItsForms) {
  const auto asked = [&](std::string_view method, std::string_view target) {
    return body_of(
        say(request(std::string(method) + " " + std::string(target) + " HTTP/1.1",
                    "Host: other\r\n")));
  };
  EXPECT_EQ(asked("GET", "http://a:8/x?q=1"), "GET /x?q=1 a:8 ");
  EXPECT_EQ(asked("GET", "HTTPS://a"), "GET / a ");
  EXPECT_EQ(asked("GET", "http://a?q"), "GET /?q a ");
  EXPECT_EQ(asked("GET", "a://h/x"), "GET /x h ");
  EXPECT_EQ(asked("GET", "h+t-t.p2://h/x"), "GET /x h ");
  EXPECT_EQ(asked("OPTIONS", "*"), "OPTIONS * other ");
  EXPECT_EQ(asked("CONNECT", "a:443"), "CONNECT a:443 other ");
  EXPECT_EQ(asked("GET", "//a/x"), "GET //a/x other ");
}

TEST_F(HttpRules, TakesABodyInChunksAndKeepsTrailersOutOfTheHeaders) {
  EXPECT_THAT(say(request("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: Chunked\r\n",
                          "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nHost: evil\r\n\r\n")),
              EndsWith("POST / a abcde"));
}

TEST_F(HttpRules, TakesARequestThatComesByteByByte) {
  const std::string whole =
      request("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n",
              "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  Raw raw(server_.port());
  for (const char byte : whole) raw.send({&byte, 1});
  EXPECT_THAT(raw.rest(), EndsWith("POST / a abcde"));
}

TEST_F(HttpRules, AnOldPeerIsClosedUnlessItAsksNotToBe) {
  EXPECT_THAT(say("GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
  Raw raw(server_.port());
  raw.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(raw.until("GET / "), HasSubstr("Connection: keep-alive"));
  raw.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(raw.rest(), HasSubstr("GET /2"));
}

TEST_F(HttpRules, APeerThatHasEndedItsHalfStillGetsItsReplies) {
  Raw raw(server_.port());
  raw.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  raw.end_of_input();
  EXPECT_THAT(raw.rest(), AllOf(HasSubstr("GET /1"), HasSubstr("GET /2")));
}

TEST_F(HttpRules, ARefusedPeerThatIsStillSendingCanReadWhy) {
  Raw raw(server_.port());
  raw.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n" +
           std::string(1 << 20, 'x'));
  EXPECT_THAT(raw.rest(), StartsWith("HTTP/1.1 413"));
}

// Two servers must not disagree on where a request ends, or whose it is.
TEST_F(HttpRules, ARequestWithMoreThanOneReadingIsRefused) {
  const std::string chunk = "3\r\nabc\r\n0\r\n\r\n";
  struct Refused {
    int status;
    std::string line;
    std::string headers;
    std::string body;
  };
  const std::string post = "POST / HTTP/1.1";
  for (const auto& [status, line, headers, body] : std::vector<Refused>{
           {400, post, "Host: a\r\nTransfer-Encoding: chunked, gzip\r\n", chunk},
           {400, post, "Host: a\r\nTransfer-Encoding: gzip\r\n", chunk},
           {400, post, "Host: a\r\nTransfer-Encoding: xchunked\r\n", chunk},
           {400, post, "Host: a\r\nTransfer-Encoding : chunked\r\n", chunk},
           {400, post,
            "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
            chunk},
           {501, post, "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", chunk},
           {400, "POST / HTTP/1.0", "Host: a\r\nTransfer-Encoding: chunked\r\n", chunk},
           {400, post, "Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            chunk},
           {400, post, "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            chunk},
           {400, post, "Host: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n", "abcd"},
           {400, post, "Host: a\r\nContent-Length: 3, 4\r\n", "abcd"},
           {400, post, "Host: a\r\nContent-Length: +3\r\n", "abc"},
           {400, post, "Host: a\r\nContent-Length: 0x3\r\n", "abc"},
           {400, post, "Host: a\r\nContent-Length: -1\r\n", "abc"},
           {400, post, "Host: a\r\nContent-Length:\r\n", "abc"},
           {400, post, "Host: a\r\nContent-Length: 99999999999999999999999\r\n", ""},
           {400, "GET / HTTP/1.1", "", ""},
           {400, "GET / HTTP/1.1", "Host: a\r\nHost: a\r\n", ""},
           {400, "GET / HTTP/1.1", "Host: a\r\nhost: b\r\n", ""},
           {400, "GET / HTTP/1.1", "Host: a, b\r\n", ""},
           {400, "GET / HTTP/1.1", "Host: a/b\r\n", ""},
           {400, "GET / HTTP/1.0", "Host: a\r\nHost: b\r\n", ""},
           {400, "GET x HTTP/1.1", "Host: a\r\n", ""},
           {400, "GET http:///x HTTP/1.1", "Host: a\r\n", ""},
           {400, "GET ://a/x HTTP/1.1", "Host: a\r\n", ""},
           {400, "GET h_t://a/x HTTP/1.1", "Host: a\r\n", ""},
           {400, "GET h/t://a/x HTTP/1.1", "Host: a\r\n", ""},
           {400, "GET :// HTTP/1.1", "Host: a\r\n", ""},
           {400, "GET /a b HTTP/1.1", "Host: a\r\n", ""},
           {400, "GET / HTTP/2.0", "Host: a\r\n", ""},
           {400, "GET / http/1.1", "Host: a\r\n", ""},
           {400, "GET /", "Host: a\r\n", ""},
           {400, "G@T / HTTP/1.1", "Host: a\r\n", ""},
           {400, "GET / HTTP/1.1", "Host: a\r\nX\r\n", ""},
           {400, "GET / HTTP/1.1", std::string("Host: a\r\nX: a\0b\r\n", 18), ""},
           {400, "GET / HTTP/1.1", "Host: a\r\nX: a\rb\r\n", ""},
           {400, post, "Host: a\r\nTransfer-Encoding: chunked\r\n", "x\r\nabc\r\n"},
           {400, post, "Host: a\r\nTransfer-Encoding: chunked\r\n",
            "2\r\nabc\r\n0\r\n\r\n"},
           {400, post, "Host: a\r\nTransfer-Encoding: chunked\r\n", "-1\r\nabc\r\n"},
       }) {
    EXPECT_THAT(say(request(line, headers, body)),
                AllOf(StartsWith("HTTP/1.1 " + std::to_string(status)),
                      HasSubstr("Connection: close")))
        << line << "\n"
        << headers << body;
  }
}

TEST_F(HttpRules, AChunkedBodyHasTheSameLimit) {
  std::string body;
  for (int i = 0; i < 17; ++i) body += "10000\r\n" + std::string(65536, 'x') + "\r\n";
  EXPECT_THAT(
      say(request("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n", body)),
      StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpRules, AChunkHeaderOrATrailerWithoutEndIsRefused) {
  for (const std::string start : {"1;", "1\r\nx\r\n0\r\nX: "}) {
    EXPECT_THAT(
        say(request("POST / HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n",
                    start + std::string(200 << 10, 'y'))),
        StartsWith("HTTP/1.1 4"));
  }
}

TEST(HttpHandler, ThatThrowsIsAnInternalErrorAndTheServerGoesOn) {
  Server server([](const Request& request, const Server::Reply& reply) {
    if (request.target == "/throw") throw std::runtime_error("a bug");
    if (request.target == "/number") throw 7;
    reply({});
    if (request.target == "/late") throw std::runtime_error("a bug behind the reply");
  });
  Client client("127.0.0.1", server.port());
  for (const auto& [target, status] : std::vector<std::pair<std::string, int>>{
           {"/throw", 500}, {"/number", 500}, {"/late", 200}, {"/", 200}})
    EXPECT_EQ(std::get<Response>(client.request({.target = target}, 5s)).status, status);
  EXPECT_EQ(server.open_connections(), 1u);
}

}  // namespace
}  // namespace lab::http
