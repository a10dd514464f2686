// What no browser would send to the studio, and what one sends that is not ours.
#include <random>

#include "studio_served.hpp"

namespace runner {
namespace {

using lab::websocket::frame;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// --- HTTP

TEST_F(StudioTest, SurvivesBytesThatAreNoHttp) {
  const Served served(place_);
  for (const std::string& bytes :
       {std::string("\0\1\2\3\r\n\r\n", 8), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("GET  HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nNo colon\r\n\r\n"),
        std::string("GET / HTTP/1.1\nHost: a\n\n")}) {
    EXPECT_THAT(served.send(bytes), Not(HasSubstr("200 OK"))) << bytes;
  }
  EXPECT_THAT(served.get("/api/health"), HasSubstr("\"ok\":true"));
}

TEST_F(StudioTest, RefusesWhatIsTooLarge) {
  const Served served(place_);
  EXPECT_THAT(served.get("/" + std::string(20'000, 'a')), Not(HasSubstr("200 OK")));
  EXPECT_THAT(served.get("/", "X: " + std::string(20'000, 'a') + "\r\n"),
              Not(HasSubstr("200 OK")));
  EXPECT_THAT(served.get("/", "Content-Length: 9\r\n\r\n123456789"),
              Not(HasSubstr("200 OK")));
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += "A: b\r\n";
  EXPECT_THAT(served.get("/", many), Not(HasSubstr("200 OK")));
  EXPECT_THAT(served.get("/api/health"), HasSubstr("\"ok\":true"));
}

// Half a request, then silence: the others are served meanwhile, and it is dropped.
TEST_F(StudioTest, DropsThoseWhoNeverEndTheirRequest) {
  StudioOptions options = patient();
  options.socket.handshake_time = std::chrono::milliseconds(300);
  const Served served(place_, options);
  std::vector<std::unique_ptr<RawPeer>> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<RawPeer>(served.port(), kPatient));
    slow.back()->send("GET /api/health HTTP/1.1\r\nHost: " + served.host() + "\r\nX: ");
  }
  // Again, if this thread waited between a connection and its request.
  wait_until("an answer", [&] {
    return served.get("/api/health").find("\"ok\":true") != std::string::npos;
  });
  for (const auto& peer : slow) EXPECT_FALSE(peer->read_bytes());
}

TEST_F(StudioTest, AnswersNoHostThatIsNotItsOwnAndNoneThatComesTwice) {
  const Served served(place_);
  const std::string port = std::to_string(served.port());
  const std::string host = "Host: " + served.host() + "\r\n";
  for (const std::string& one :
       {host + host, std::string(), "Host: 127.0.0.1." + port + "\r\n",
        "Host: " + served.host() + "@evil.example\r\n",
        "Host: evil.example/" + served.host() + "\r\n",
        "Host: " + served.host() + ".evil.example\r\n",
        "X-Forwarded-Host: " + served.host() + "\r\nHost: evil.example\r\n"}) {
    const auto answer = served.ask("GET", "/api/runs", one + served.cookie());
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 403")) << one;
    EXPECT_THAT(answer, Not(HasSubstr("runs\":")));
  }
}

TEST_F(StudioTest, AnswersNoOriginButItsOwn) {
  const Served served(place_);
  for (const std::string& origin :
       {std::string("null"), std::string("http://127.0.0.1"),
        std::string("http://127.0.0.1:1"), "https://" + served.host(),
        "http://" + served.host() + ".evil.example",
        "http://localhost:" + std::to_string(served.port())}) {
    EXPECT_THAT(served.get("/api/runs", "Origin: " + origin + "\r\n"),
                StartsWith("HTTP/1.1 403"))
        << origin;
    EXPECT_THAT(Browser(served, origin).head(), StartsWith("HTTP/1.1 403")) << origin;
  }
}

TEST_F(StudioTest, TakesNoCookieButItsOwnAndNoneThatComesTwice) {
  const Served served(place_);
  const std::string name = "underloop_" + std::to_string(served.port());
  const std::string token = kToken;
  const std::string host = "Host: " + served.host() + "\r\n";
  for (const std::string& cookie :
       {name + "=", name + "=" + token + "0", name + "=" + token.substr(1),
        name + "=" + std::string(32, '*'), name + "x=" + token, "x" + name + "=" + token,
        token, name + "=\"" + token + "\"", std::string(5'000, ';')}) {
    EXPECT_THAT(served.ask("GET", "/api/runs", host + "Cookie: " + cookie + "\r\n"),
                StartsWith("HTTP/1.1 401"))
        << cookie;
  }
  EXPECT_THAT(served.ask("GET", "/api/runs", host + served.cookie() + served.cookie()),
              StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(served.ask("GET", "/api/runs",
                         host + "Cookie: a=b; " + name + "=" + token + "; c=d\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(StudioTest, IsNotTrickedByAPath) {
  place_.write("secret.txt", "hidden");
  place_.write("web/.hidden", "hidden");
  place_.write("web/folder/secret.txt", "hidden");
  place_.lab("05", kHonest);
  const Served served(place_);
  for (const char* target : {"/.hidden",
                             "/folder/secret.txt",
                             "/folder",
                             "/folder/",
                             "/./index.html",
                             "//secret.txt",
                             "/../secret.txt",
                             "/..%2fsecret.txt",
                             "/%2e%2e/secret.txt",
                             "/..\\secret.txt",
                             "/%00",
                             "/api/",
                             "/api/lab/",
                             "/api/lab/05/",
                             "/api/lab/05/file/",
                             "/api/lab/05/file/%2e",
                             "/api/lab/../../secret.txt",
                             "/api/lab/05/../../secret.txt",
                             "/api/lab/05/file/main.cpp%00.txt",
                             "/api/source",
                             "/api/source?path=",
                             "/api/source?path=labs",
                             "/api/source?path=labs/05_second_thing",
                             "/api/source?path=labs//catalog.json",
                             "/api/source?path=./labs/catalog.json",
                             "/api/source?path=%2fetc%2fpasswd",
                             "/api/source?path=labs/%2e%2e/secret.txt",
                             "/api/runs/",
                             "/api/runs/%2e%2e",
                             "/api/runs/..%2flock",
                             "/api/runs/lock",
                             "/api/bench/peers_05.json",
                             "http://evil.example/",
                             "*"}) {
    const auto answer = served.get(target);
    EXPECT_THAT(answer, AnyOf(StartsWith("HTTP/1.1 404"), IsEmpty())) << target;
    EXPECT_THAT(answer, Not(HasSubstr("hidden"))) << target;
  }
}

// --- the socket

TEST_F(StudioTest, ClosesForWhatIsNoTextOrTooMuchOfIt) {
  const Served served(place_);
  const auto code_for = [&](const std::string& bytes) {
    Browser browser(served);
    browser.peer().send(bytes);
    return browser.peer().read_close_code();
  };
  EXPECT_EQ(code_for(frame(2, "binary")), 1003);
  EXPECT_EQ(code_for(frame(1, "not masked", lab::websocket::Mask::no)), 1002);
  EXPECT_EQ(code_for(frame(1, "\xff\xfe")), 1007);
  EXPECT_EQ(code_for(frame(1, std::string(16'385, ' '))), 1009);
}

TEST_F(StudioTest, ClosesAfterTwentyWrongMessagesInARow) {
  const Served served(place_);
  Browser browser(served);
  for (int i = 0; i < 19; ++i) browser.say_text("nonsense");
  for (int i = 0; i < 19; ++i) EXPECT_EQ(browser.hear()["is"], "error");
  browser.say({{"do", "leave"}, {"run", "x"}});  // right: it counts anew
  for (int i = 0; i < 20; ++i) browser.say_text("nonsense");
  EXPECT_EQ(browser.peer().read_close_code(), 1008);
}

TEST_F(StudioTest, HasSoManyViewersAndNoMore) {
  StudioOptions options = patient();
  options.viewers = 2;
  const Served served(place_, options);
  const Browser one(served);
  {
    Browser two(served);
    EXPECT_THAT(two.head(), StartsWith("HTTP/1.1 101"));
    EXPECT_THAT(Browser(served).head(), StartsWith("HTTP/1.1 503"));
    two.peer().send(frame(lab::websocket::kClose, ""));
    two.peer().read_close_code();
    while (two.peer().read_bytes()) {
    }
  }
  wait_until("the end of the one that left",
             [&] { return Browser(served).head().starts_with("HTTP/1.1 101"); });
}

// Whatever is said, the same socket answers the next sensible thing, or is closed for it.
TEST_F(StudioTest, SurvivesWhateverASocketSays) {
  place_.lab("05", kHonest);
  place_.write("labs/05_second_thing/drill.json", kDrill);
  const Served served(place_);
  std::mt19937 random(4030);
  const std::vector<std::string> seeds = {
      R"({"do":"run","lab":"05","scene":"rise","quick":true,"knobs":{"rate":5}})",
      R"({"do":"run","lab":"05","live":true,"quick":null,"knobs":null,"scene":null})",
      R"({"do":"watch","run":"05-1-0","from":0})",
      R"({"do":"leave","run":"05-1-0"})",
      R"({"do":"stop","run":""})",
      R"({"do":"knob","run":"x","name":"rate","value":1e999})",
      R"({"do":"drill","item":"05-what-then","answer":"yes"})",
      R"({"do":"drill","item":"05-why","grade":5})",
      R"({"do":"processes","run":"x"})",
      R"({"do":"fault","run":"x","pid":-1,"fault":"kill"})",
      std::string(9000, '['),
      R"({"do":"run","lab":null,"knobs":[[[[[[]]]]]]})",
      R"({"do":"watch","run":"../../etc/passwd","from":-1})",
      R"({"do":"watch","run":"x","from":18446744073709551615})",
      "\xff\xfe",
      "null",
      "{}"};
  for (int round = 0; round < 60; ++round) {
    Browser browser(served);
    for (int i = 0; i < 15; ++i) {
      std::string text = seeds[random() % seeds.size()];
      for (std::size_t flips = random() % 4; flips > 0; --flips) {
        text[random() % text.size()] = static_cast<char>(random() % 128);
      }
      browser.say_text(text);
    }
    browser.say({{"do", "the last one"}});
    for (Json heard; !(heard = browser.hear()).is_null();) {
      if (heard["is"] == "error" && heard["about"] == "the last one") break;
    }
  }
  EXPECT_THAT(served.get("/api/health"), HasSubstr("\"ok\":true"));
}

}  // namespace
}  // namespace runner
