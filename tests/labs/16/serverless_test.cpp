// The host with real processes: the lab's function, programs that know nothing of the Runtime
// API, and this test as a runtime client that does not keep to it.
#include "serverless.hpp"

#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "lab/net/uv_http_client.hpp"
#include "scenes/scenes.hpp"
#include "support/own_run.hpp"
#include "support/places.hpp"

namespace lab16 {
namespace {

using namespace std::chrono_literals;
using lab::http::Request;
using lab::http::Response;
using testing::ElementsAre;
using testing::HasSubstr;

class HostTest : public testing::Test {
 protected:
  Function function() const {
    return {{lab::test::built("labs/16_functions/handler")}, {}, folder_.path()};
  }
  Host host(Function function, HostOptions options = {}) {
    return Host(loop, std::move(function), options,
                [this](int instance, pid_t pid, State state, auto& event, auto) {
                  pids[instance] = pid;
                  states[instance] = state;
                  if (state == State::busy) events.push_back(event);
                });
  }
  void until(const std::function<bool()>& is_so) {
    const auto deadline = std::chrono::steady_clock::now() + 15s;
    lab::uv::Timer look(loop);
    look.start(
        1ms, [] {}, 1ms);
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("hangs");
      loop.run(UV_RUN_ONCE);
    }
  }
  Result result_of(Host& host, const std::string& event = "{}") {
    std::optional<Result> seen;
    host.invoke(event, [&](Result result) { seen = std::move(result); });
    until([&] { return seen.has_value(); });
    return *seen;
  }

  // "T" for a stopped process, as proc(5) says.
  static char state_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    return line.at(line.rfind(')') + 2);
  }
  // Where a process that was started as an instance would find its Runtime API.
  static std::uint16_t port_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/environ");
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    const std::string name = "AWS_LAMBDA_RUNTIME_API=127.0.0.1:";
    const auto at = all.find(name);
    if (at == std::string::npos) throw std::runtime_error("has no Runtime API");
    return static_cast<std::uint16_t>(std::stoi(all.substr(at + name.size())));
  }

  lab::uv::Loop loop;
  const lab::test::TempFolder folder_;
  std::map<int, pid_t> pids;
  std::map<int, State> states;
  std::vector<std::string> events;
};

TEST_F(HostTest, StartsAnInstanceOnlyForAnEvent) {
  Host one = host(function());
  for (int i = 0; i < 20; ++i) loop.run(UV_RUN_NOWAIT);
  EXPECT_EQ(one.instances(), 0);
  EXPECT_EQ(result_of(one).status, 200);
  EXPECT_EQ(one.instances(), 1);
  EXPECT_EQ(result_of(one).status, 200);
  EXPECT_EQ(one.starts(), 1) << "the second call is warm";
}

TEST_F(HostTest, ThrottlesACallerWhenAllAreBusyAndNotOneEarlier) {
  Host one = host(function(), {.instances = 2});
  std::vector<int> statuses;
  for (int i = 0; i < 3; ++i)
    one.invoke(R"({"path":"/work"})",
               [&](auto result) { statuses.push_back(result.status); });
  EXPECT_THAT(statuses, ElementsAre(429)) << "the third, at once";
  until([&] { return statuses.size() == 3; });
  EXPECT_THAT(statuses, ElementsAre(429, 200, 200));
}

TEST_F(HostTest, KeepsAnEventUntilAnInstanceIsFree) {
  Host one = host(function(), {.instances = 1});
  for (int i = 0; i < 5; ++i) one.deliver("{\"number\":" + std::to_string(i) + "}");
  until([&] { return events.size() == 5 && states[1] == State::frozen; });
  EXPECT_EQ(events[0], R"({"number":0})");
  EXPECT_EQ(events[4], R"({"number":4})");
  EXPECT_EQ(one.starts(), 1);
}

TEST_F(HostTest, StopsAnInstanceBetweenCallsUnlessItIsToldNotTo) {
  for (const bool freezes : {true, false}) {
    Host one = host(function(), {.freezes = freezes});
    result_of(one);
    until([&] { return states[1] == State::frozen; });
    if (freezes) until([&] { return state_of(pids[1]) == 'T'; });
    EXPECT_EQ(state_of(pids[1]) == 'T', freezes);
    EXPECT_EQ(result_of(one).status, 200) << "and it goes on";
  }
}

TEST_F(HostTest, EndsAnInstanceThatHadNoEventForTheIdleTime) {
  Host brief = host(function(), {.idle = 30ms});
  Host patient = host(function());
  result_of(brief);
  result_of(patient);
  until([&] { return brief.instances() == 0; });
  EXPECT_EQ(patient.instances(), 1);
  EXPECT_EQ(result_of(brief).status, 200);
  EXPECT_EQ(brief.starts(), 2) << "cold again";
}

TEST_F(HostTest, StartsANewInstanceForOneThatWasKilledWhileItWasFrozen) {
  Host one = host(function());
  result_of(one);
  until([&] { return states[1] == State::frozen; });
  kill(pids[1], SIGKILL);
  until([&] { return one.instances() == 0; });
  EXPECT_EQ(result_of(one).status, 200);
  EXPECT_EQ(one.starts(), 2);
}

TEST_F(HostTest, FailsTheCallOfAProgramThatExits) {
  Host one = host({{"true"}});
  const Result result = result_of(one);
  EXPECT_EQ(result.status, 502);
  EXPECT_THAT(result.body, HasSubstr("ended before it had answered"));
  EXPECT_EQ(one.instances(), 0);
  EXPECT_EQ(one.starts(), 1) << "a caller who waits gets one attempt";
}

TEST_F(HostTest, FailsTheCallOfAProgramThatIsNotThere) {
  Host one = host({{"/nonexistent/function"}}, {.attempts = 2, .retry_after = 1ms});
  EXPECT_THAT(result_of(one).body, HasSubstr("/nonexistent/function"));
  one.deliver("{}");
  until([&] { return !one.dead_letters().empty(); });
  EXPECT_EQ(one.starts(), 0);
}

TEST_F(HostTest, KillsWhatIsTooLate) {
  Host one = host({{"sleep", "1000"}}, {.deadline = 20ms});
  EXPECT_EQ(result_of(one).status, 502);
  EXPECT_EQ(one.instances(), 0);
  EXPECT_EQ(kill(pids[1], 0), -1) << "the process is gone";
}

TEST_F(HostTest, TriesAnEventAsOftenAsItShallAndNotOnceMore) {
  for (const int attempts : {1, 3}) {
    Host one = host({{"false"}}, {.attempts = attempts, .retry_after = 1ms});
    one.deliver("{}");
    until([&] { return !one.dead_letters().empty(); });
    EXPECT_EQ(one.starts(), attempts);
    EXPECT_THAT(one.dead_letters(), ElementsAre("{}"));
  }
}

TEST_F(HostTest, TriesAnEventAgainOnANewInstance) {
  Host one = host(function(), {.retry_after = 1ms});
  one.deliver(R"({"key":"flaky"})");
  until([&] { return events.size() == 2 && states[2] == State::frozen; });
  EXPECT_EQ(one.starts(), 2);
  EXPECT_THAT(one.dead_letters(), testing::IsEmpty());
}

TEST_F(HostTest, DeliversByScheduleWhateverIsFrozen) {
  Host one = host(function());
  one.every(5ms, R"({"scheduled":true})");
  until([&] { return events.size() >= 4; });
  EXPECT_EQ(events[3], R"({"scheduled":true})");
}

TEST_F(HostTest, LeavesNoProcessBehind) {
  {
    Host one = host(function());
    result_of(one);
    until([&] { return states[1] == State::frozen; });
  }
  EXPECT_EQ(states[1], State::gone);
  EXPECT_EQ(kill(pids[1], 0), -1);
}

TEST_F(HostTest, RefusesOptionsThatCannotBe) {
  for (const HostOptions& options :
       {HostOptions{.instances = 0}, HostOptions{.attempts = 0}, HostOptions{.idle = 0ms},
        HostOptions{.deadline = -1ms}, HostOptions{.retry_after = 0ms}})
    EXPECT_THROW(host(function(), options), std::invalid_argument);
  EXPECT_THROW(host({}), std::invalid_argument);
}

// The instance's process only sleeps; the test speaks to its Runtime API in its place.
class RuntimeApiTest : public HostTest {
 protected:
  RuntimeApiTest() {
    one.invoke("the event", [this](Result result) { done = std::move(result); });
    client.emplace(loop, port_of(pids[1]));
  }
  Response ask(const std::string& method, const std::string& target,
               const std::string& body = {}) {
    return ask(*client, method, target, body);
  }
  Response ask(lab::uv::HttpClient& by, const std::string& method,
               const std::string& target, const std::string& body = {}) {
    std::optional<lab::http::Result> seen;
    by.request({.method = method, .target = target, .body = body}, 20s,
               [&](auto result) { seen = std::move(result); });
    until([&] { return seen.has_value(); });
    return std::get<Response>(*seen);
  }
  static std::string header(const Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers)
      if (strcasecmp(key.c_str(), name.c_str()) == 0) return value;
    return {};
  }
  std::string take_event() {
    return header(ask("GET", kPath + "next"), "Lambda-Runtime-Aws-Request-Id");
  }

  inline static const std::string kPath = "/2018-06-01/runtime/invocation/";
  std::optional<Result> done;
  Host one = host({{"sleep", "1000"}});
  std::optional<lab::uv::HttpClient> client;
};

TEST_F(RuntimeApiTest, GivesTheEventWithItsIdAndDeadline) {
  const Response next = ask("GET", kPath + "next");
  EXPECT_EQ(next.status, 200);
  EXPECT_EQ(next.body, "the event");
  EXPECT_EQ(header(next, "Lambda-Runtime-Aws-Request-Id").size(), 36u);
  EXPECT_NE(header(next, "Lambda-Runtime-Invoked-Function-Arn"), "");
  using namespace std::chrono;
  const auto due = milliseconds(std::stoll(header(next, "Lambda-Runtime-Deadline-Ms")));
  const auto left =
      due - duration_cast<milliseconds>(system_clock::now().time_since_epoch());
  EXPECT_GT(left, 0ms);
  EXPECT_LE(left, 30s);
}

// As AWS's own client does if its address ends with a slash.
TEST_F(RuntimeApiTest, TakesAPathThatBeginsWithTwoSlashes) {
  EXPECT_EQ(ask("GET", "/" + kPath + "next").body, "the event");
}

TEST_F(RuntimeApiTest, TakesTheResponseToItsOwnCallOnly) {
  const std::string id = take_event();
  std::string other = id;
  other.back() = 'f';
  EXPECT_EQ(ask("POST", kPath + other + "/response", "forged").status, 400);
  EXPECT_EQ(ask("POST", kPath + "none/response", "forged").status, 400);
  EXPECT_FALSE(done.has_value());
  EXPECT_EQ(ask("POST", kPath + id + "/response", "right").status, 202);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->status, 200);
  EXPECT_EQ(done->body, "right");
}

TEST_F(RuntimeApiTest, RefusesASecondAnswerToTheSameCall) {
  const std::string id = take_event();
  ask("POST", kPath + id + "/response", "first");
  std::optional<Result> second;
  one.invoke("next event", [&](Result result) { second = std::move(result); });
  EXPECT_EQ(ask("POST", kPath + id + "/response", "late").status, 400);
  const std::string next = take_event();
  EXPECT_NE(next, id);
  EXPECT_EQ(ask("POST", kPath + id + "/response", "late").status, 400);
  EXPECT_FALSE(second.has_value());
  EXPECT_EQ(done->body, "first");
}

TEST_F(RuntimeApiTest, HearsOfAnErrorOfTheFunction) {
  ask("POST", kPath + take_event() + "/error", R"({"errorType":"TypeError"})");
  EXPECT_EQ(done->status, 502);
  EXPECT_THAT(done->body, HasSubstr("TypeError"));
  EXPECT_EQ(one.instances(), 1) << "the process lives";
}

TEST_F(RuntimeApiTest, RefusesAResponseBeforeTheEventWasTaken) {
  EXPECT_EQ(ask("POST", kPath + "none/response", "x").status, 400);
  EXPECT_EQ(ask("POST", kPath + "00000000-0000-4000-8000-000000000001/response").status,
            400);
  EXPECT_FALSE(done.has_value());
}

TEST_F(RuntimeApiTest, RefusesToGiveASecondEventBeforeTheFirstIsAnswered) {
  take_event();
  EXPECT_EQ(ask("GET", kPath + "next").status, 400);
  EXPECT_THAT(events, ElementsAre("the event"));
}

TEST_F(RuntimeApiTest, RefusesASecondWhoWaits) {
  ask("POST", kPath + take_event() + "/response");
  lab::uv::HttpClient other(loop, port_of(pids[1]));
  client->request({.target = kPath + "next"}, 20s, [](auto) {});
  until([&] { return states[1] == State::frozen; });
  EXPECT_EQ(ask(other, "GET", kPath + "next").status, 400);
}

TEST_F(RuntimeApiTest, RefusesWhatItDoesNotKnow) {
  const std::string id = take_event();
  for (const char* target : {"/", "//", "///", "/2018-06-01/runtime/invocation/next/",
                             "/2018-06-01/runtime/invocation//response", "*",
                             "/2018-06-01/runtime/invocation/../next", "/2020-01-01/x"}) {
    for (const char* method : {"GET", "POST", "PUT", "DELETE"})
      EXPECT_EQ(ask(method, target).status, 400) << method << ' ' << target;
  }
  EXPECT_EQ(ask("GET", kPath + id + "/response").status, 400);
  EXPECT_EQ(ask("PUT", kPath + id + "/response").status, 400);
  EXPECT_FALSE(done.has_value());
}

TEST_F(RuntimeApiTest, OutlivesGarbageAndPeersThatLeave) {
  const std::string id = take_event();
  for (const std::string& bytes :
       {std::string("\0\xff\r\n\r\n", 6), std::string(100'000, 'A'),
        "GET " + kPath + "next HTTP/1.1\r\nHost: x\r\n",
        "POST " + kPath + id +
            "/response HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"}) {
    lab::uv::Tcp peer(loop);
    bool written = false;
    peer.connect(port_of(pids[1]),
                 [&](int) { peer.write(bytes, [&](int) { written = true; }); });
    until([&] { return written; });
  }
  EXPECT_FALSE(done.has_value()) << "half a response is none";
  EXPECT_EQ(ask("POST", kPath + id + "/response", "right").status, 202);
  EXPECT_EQ(done->body, "right");
}

// The name of a file and the path of a request are anybody's.
TEST(Event, IsJsonWhateverIsInIt) {
  for (const std::string& text : {std::string("a\"b\\c"), std::string("\0\n\x1f", 3),
                                  std::string("\xff\xfe"), std::string(100'000, '"')}) {
    const Json read = Json::parse(event("key", text));
    EXPECT_EQ(read.size(), 1u);
    if (text[0] != '\xff') {
      EXPECT_EQ(read.at("key"), text);
    }
  }
}

TEST(GatewayTest, PassesAPathOnAsItIs) {
  const lab::test::OwnRun run;
  lab::uv::Loop loop;
  Stage stage(loop, "hostile", {{lab::test::built("labs/16_functions/handler")}});
  const std::string path = R"(/a"},{"key":"corrupt)";
  EXPECT_EQ(stage.at_once(1, path).size(), 1u) << "it is no key, so nothing dies of it";
  EXPECT_EQ(stage.attempts(event("path", path)), 1);
}

}  // namespace
}  // namespace lab16
