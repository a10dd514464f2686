// The studio's server, as a browser meets it, and as somebody who should not be there.
#include <fstream>
#include <set>

#include "studio/names.hpp"
#include "studio_served.hpp"

namespace runner {
namespace {

using testing::HasSubstr;
using testing::Not;

// --- who may ask

TEST_F(StudioTest, TakesTheTokenOnceAndGivesACookieThatScriptsCannotRead) {
  const Served served(place_);
  const std::string answer = served.ask("GET", std::string("/?token=") + kToken,
                                        "Host: " + served.host() + "\r\n");
  EXPECT_THAT(answer, HasSubstr("303"));
  EXPECT_THAT(answer, HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_THAT(served.get("/"), HasSubstr("<p>hello"));
  EXPECT_THAT(served.get("/"), HasSubstr("default-src 'self'"));
}

TEST_F(StudioTest, TellsNothingWithoutTheCookie) {
  const Served served(place_);
  for (const char* target : {"/", "/api/catalog", "/api/runs", "/?token=wrong"}) {
    EXPECT_THAT(served.ask("GET", target, "Host: " + served.host() + "\r\n"),
                HasSubstr("401"));
  }
  EXPECT_THAT(Browser(served, "", false).head(), HasSubstr("401"));
}

TEST_F(StudioTest, AnswersToItsOwnNameOnly) {
  const Served served(place_);
  const std::string port = std::to_string(served.port());
  for (const std::string& host : {"evil.example:" + port, std::string("127.0.0.1:1"),
                                  std::string("127.0.0.1"), std::string()}) {
    const auto answer =
        served.ask("GET", "/api/health", "Host: " + host + "\r\n" + served.cookie());
    EXPECT_THAT(answer, HasSubstr("403")) << host;
  }
  EXPECT_THAT(served.ask("GET", "/api/health",
                         "Host: localhost:" + port + "\r\n" + served.cookie()),
              HasSubstr("200"));
}

TEST_F(StudioTest, RefusesThePagesAndSocketsOfOtherSites) {
  const Served served(place_);
  EXPECT_THAT(served.get("/api/health", "Origin: http://evil.example\r\n"),
              HasSubstr("403"));
  EXPECT_THAT(Browser(served, "http://evil.example").head(), HasSubstr("403"));
  EXPECT_THAT(Browser(served, "http://" + served.host()).head(), HasSubstr("101"));
}

TEST_F(StudioTest, ObeysNoMethodButGet) {
  const Served served(place_);
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "HEAD"}) {
    EXPECT_THAT(served.ask(method, "/api/runs",
                           "Host: " + served.host() + "\r\n" + served.cookie()),
                HasSubstr("405"));
  }
}

TEST_F(StudioTest, IsKnownByTheNamesOfItsAddressOnly) {
  EXPECT_THAT(names_of("127.0.0.1"), testing::ElementsAre("127.0.0.1", "localhost"));
  EXPECT_THAT(names_of("::1"), testing::ElementsAre("[::1]", "localhost"));
  EXPECT_THAT(names_of("192.0.2.7"), testing::ElementsAre("192.0.2.7"));
  const auto all = names_of("0.0.0.0");
  EXPECT_THAT(all, testing::IsSupersetOf({"127.0.0.1", "localhost"}));
  EXPECT_THAT(all, Not(testing::Contains("0.0.0.0")));
}

// Others may reach it then; who calls it by another name is still refused.
TEST_F(StudioTest, AnswersOtherHostsOnlyWhenItListensForThem) {
  Studio studio(options_in(place_));
  EXPECT_THAT(
      studio.urls().front(),
      testing::MatchesRegex("http://127\\.0\\.0\\.1:[0-9]+/\\?token=[0-9a-f]{32}"));
  LabFacts facts(place_.place());
  const Catalog catalog = place_.catalog();
  StudioDrill drill(place_.place(), catalog, place_.place().root / "drill.json");
  StudioMock mock(place_.place(), catalog, drill, place_.place().root);
  const StudioPlan plan(place_.place(), catalog, place_.place().root);
  const StudioAnswers answers(place_.place(), catalog, studio.store(), facts, drill, mock,
                              plan, {});
  const auto status = [&](const std::string& address, const std::string& host) {
    StudioPages pages(place_.place(), catalog, studio.store(), answers, "", kToken);
    pages.serve_as(names_of(address), 4030);
    return pages
        .gate({.method = "GET",
               .target = "/api/health",
               .host = host,
               .cookie = std::string("underloop_4030=") + kToken})
        ->status;
  };
  EXPECT_EQ(status("127.0.0.1", "192.0.2.7:4030"), 403);
  EXPECT_EQ(status("192.0.2.7", "192.0.2.7:4030"), 200);
  EXPECT_EQ(status("192.0.2.7", "evil.example:4030"), 403);
  EXPECT_EQ(status("0.0.0.0", "evil.example:4030"), 403);
  EXPECT_EQ(status("0.0.0.0", names_of("0.0.0.0").front() + ":4030"), 200);
  EXPECT_EQ(status("::1", "[::1]:4030"), 200);
}

TEST_F(StudioTest, MakesATokenThatNobodyGuesses) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) tokens.insert(fresh_token());
  EXPECT_EQ(tokens.size(), 100u);
  EXPECT_THAT(*tokens.begin(), testing::MatchesRegex("[0-9a-f]{32}"));
}

// Open tabs stay let in when the studio is started again; a token that others could read, or
// that is none, is not kept.
TEST_F(StudioTest, KeepsItsTokenWithTheData) {
  const auto folder = place_.place().root / "data";
  const std::string token = kept_token(folder);
  EXPECT_THAT(token, testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(kept_token(folder), token);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder / "token").permissions(),
            perms::owner_read | perms::owner_write);

  std::filesystem::permissions(folder / "token", perms::group_read,
                               std::filesystem::perm_options::add);
  const std::string second = kept_token(folder);
  EXPECT_NE(second, token);

  const auto write = [&](const std::string& text) {
    std::ofstream(folder / "token") << text;
  };
  for (const std::string& wrong : {std::string(), std::string(31, 'a'),
                                   std::string(33, 'a'), std::string(32, 'g')}) {
    write(wrong);
    EXPECT_THAT(kept_token(folder), testing::MatchesRegex("[0-9a-f]{32}"));
    EXPECT_NE(kept_token(folder), wrong);
  }
  std::filesystem::remove(folder / "token");
  std::filesystem::create_symlink(place_.place().root / "elsewhere", folder / "token");
  std::ofstream(place_.place().root / "elsewhere") << std::string(32, 'a');
  EXPECT_NE(kept_token(folder), std::string(32, 'a'));
}

TEST_F(StudioTest, TellsAStrangerWhereTheTokenIs) {
  const Served served(place_);
  const std::string answer = served.ask("GET", "/", "Host: " + served.host() + "\r\n");
  EXPECT_THAT(answer, HasSubstr("401"));
  EXPECT_THAT(answer, HasSubstr("./lab studio"));
  EXPECT_THAT(answer, HasSubstr("http://" + served.host() + "/?token="));
}

// --- what is shown

TEST_F(StudioTest, ShowsTheRunThatTheBuildRecorded) {
  place_.lab("05", kHonest);
  const auto sample = place_.place().build / "samples/05.ndjson";
  {
    const Served served(place_);
    EXPECT_THAT(served.get("/api/catalog"), HasSubstr(R"("sample":false)"));
    EXPECT_THAT(served.get("/api/sample/05"), HasSubstr("404"));
  }
  std::filesystem::create_directories(sample.parent_path());
  std::ofstream(sample) << R"({"name":"recorded"})"
                        << "\n";
  const Served served(place_);
  EXPECT_THAT(served.get("/api/catalog"), HasSubstr(R"("sample":true)"));
  EXPECT_THAT(served.get("/api/sample/05"), HasSubstr("recorded"));
  for (const char* wrong :
       {"/api/sample/", "/api/sample/99", "/api/sample/../05", "/api/sample/05/../05"}) {
    EXPECT_THAT(served.get(wrong), HasSubstr("404")) << wrong;
  }
}

TEST_F(StudioTest, ShowsNoFileButTheLabsOwn) {
  place_.lab("05", kHonest);
  place_.write("secret.txt", "hidden");
  place_.write("labs/05_second_thing/tool.sh", "hidden");
  place_.write("common/include/lab/x.hpp", "shown");
  std::filesystem::create_symlink(place_.place().root / "secret.txt",
                                  place_.place().labs() / "05_second_thing/link.txt");
  const Served served(place_);
  EXPECT_THAT(served.get("/api/lab/05/file/main.cpp"), HasSubstr("int main"));
  EXPECT_THAT(served.get("/api/source?path=common%2Finclude/lab/x.hpp"),
              HasSubstr("shown"));
  for (const char* target :
       {"/api/lab/05/file/../../secret.txt", "/api/lab/05/file/%2e%2e/%2e%2e/secret.txt",
        "/api/lab/05/file/link.txt", "/api/lab/05/file/tool.sh",
        "/api/source?path=secret.txt", "/api/source?path=labs/../secret.txt",
        "/api/source?path=/etc/passwd", "/api/source?path=labs/05_second_thing/link.txt",
        "/../secret.txt", "/%2e%2e/secret.txt", "/api/runs/../secret",
        "/api/source?path=labs%00/../secret.txt"}) {
    const std::string answer = served.get(target);
    EXPECT_THAT(answer, HasSubstr("404")) << target;
    EXPECT_THAT(answer, Not(HasSubstr("hidden"))) << target;
  }
}

TEST_F(StudioTest, TellsALabWithItsStepsAndItsDescription) {
  place_.lab("05", kHonest);
  const Served served(place_);
  const std::string answer = served.get("/api/lab/05");
  EXPECT_THAT(answer, HasSubstr(R"("text":"it starts","file":"main.cpp","line":1)"));
  EXPECT_THAT(answer, HasSubstr(R"("name":"rate")"));
  EXPECT_THAT(served.get("/api/lab/01"), HasSubstr(R"("written":false)"));
  EXPECT_THAT(served.get("/api/lab/77"), HasSubstr("404"));
  EXPECT_THAT(served.get("/app.js"), HasSubstr("let plain"));
  EXPECT_THAT(served.get("/app.js", "Accept-Encoding: gzip\r\n"), HasSubstr("packed"));
}

TEST_F(StudioTest, ShowsTheNewestResultOfEachBenchmark) {
  const auto result = [](const std::string& lab, const std::string& cpu) {
    return R"({"schema":"underloop/peers/1","lab":")" + lab + R"(","machine":{"cpu":")" +
           cpu + R"("},"cases":[]})";
  };
  place_.write("build/bench/peers_05.json", result("05", "older"));
  place_.write("bench/peers_05.json", result("05", "newer"));
  place_.write("build/bench/peers_10.json", result("10", "only"));
  place_.write("build/bench/05_second_thing.json", R"({"context":{},"benchmarks":[7]})");
  place_.write("bench/peers_01.json", "{");
  place_.write("bench/peers_02.json", R"({"schema":"another"})");
  place_.write("bench/other.json", "[]");
  const auto root = place_.place().root;
  last_write_time(root / "build/bench/peers_05.json",
                  last_write_time(root / "bench/peers_05.json") - std::chrono::hours(1));
  const Served served(place_);
  const Json bench = served.json("/api/bench");
  const Json& results = bench.at("results");
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0]["lab"], "05");
  EXPECT_EQ(results[0]["result"]["machine"]["cpu"], "newer");
  EXPECT_EQ(results[1]["lab"], "10");
  ASSERT_EQ(bench.at("benches").size(), 1u);
  EXPECT_EQ(bench.at("benches")[0]["name"], "05_second_thing");
  EXPECT_EQ(bench.at("benches")[0]["benchmarks"][0], 7);
}

// --- runs

TEST_F(StudioTest, SendsARunToEveryViewerAndKeepsIt) {
  place_.lab("05", kHonest);
  const Served served(place_);
  Browser one(served);
  Browser two(served);
  const std::string run = one.run({{"quick", true}});
  for (Browser* browser : {&one, &two}) {
    browser->say({{"do", "watch"}, {"run", run}, {"from", 1}});
    EXPECT_EQ(browser->hear("events")["first"], 1);
    const Json ended = browser->hear("ended");
    EXPECT_EQ(ended["exit"], 0);
    EXPECT_EQ(ended["events"], 3);
    EXPECT_EQ(ended["claims"], 1);
  }
  EXPECT_THAT(served.get("/api/runs/" + run), HasSubstr("tick 1"));
  EXPECT_THAT(served.get("/api/ledger"),
              HasSubstr(R"("id":"05.1","claim":"it is so","holds":true)"));
  EXPECT_THAT(served.get("/api/catalog"), HasSubstr(R"("proven":1)"));
}

TEST_F(StudioTest, HandsNothingToAProgramThatItsDescriptionDoesNotName) {
  place_.lab("05", script("echo '" + end_line(0) + "'; echo \"$@\" > " +
                          (place_.place().root / "args").string()));
  const Served served(place_);
  Browser browser(served);
  for (const Json& message : std::vector<Json>{{{"scene", "--trace=/tmp/x"}},
                                               {{"scene", 5}},
                                               {{"knobs", {{"trace", "/tmp/x"}}}},
                                               {{"knobs", {{"rate", 11}}}},
                                               {{"knobs", {{"rate", "5; rm"}}}},
                                               {{"knobs", {{"rate", {1, 2}}}}},
                                               {{"knobs", "rate"}},
                                               {{"quick", "yes"}}}) {
    EXPECT_THAT(browser.run(message), HasSubstr("error")) << message;
  }
  const std::string run =
      browser.run({{"scene", "rise"}, {"knobs", {{"rate", 7}}}, {"quick", true}});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.hear("ended");
  std::ifstream args(place_.place().root / "args");
  std::string line;
  std::getline(args, line);
  EXPECT_EQ(line, "--json --quick --scene rise --rate=7");
}

TEST_F(StudioTest, LeavesOutWhatIsNoEventAndSaysSo) {
  place_.lab("05", script("echo nonsense; echo '[1]'; echo '" + event(1) + "'\n"));
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  const Json ended = browser.hear("ended");
  EXPECT_EQ(ended["events"], 1);
  EXPECT_THAT(ended["why"].dump(), HasSubstr("left out"));
}

TEST_F(StudioTest, StopsARunWhenItIsToldTo) {
  place_.lab("05", kEndless);
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({{"live", true}});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.hear("events");
  browser.say({{"do", "knob"}, {"run", run}, {"name", "rate"}, {"value", 99}});
  EXPECT_THAT(browser.hear("knob")["refused"].dump(), HasSubstr("1 to 10"));
  browser.say({{"do", "stop"}, {"run", run}});
  EXPECT_EQ(browser.hear("ended")["exit"], 128 + SIGTERM);
}

TEST_F(StudioTest, TurnsAKnobOfALiveRun) {
  place_.lab("05", script("read line; echo '" + end_line(0) + "'; echo \"$line\" > " +
                          (place_.place().root / "in").string()));
  const Served served(place_);
  Browser browser(served);
  const std::string run = browser.run({{"live", true}});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  browser.say({{"do", "knob"}, {"run", run}, {"name", "rate"}, {"value", 9}});
  browser.hear("ended");
  std::ifstream in(place_.place().root / "in");
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, R"({"knob":"rate","value":"9"})");
}

TEST_F(StudioTest, EndsALiveRunThatNobodyWatches) {
  place_.lab("05", kEndless);
  StudioOptions options = patient();
  options.limits.alone = std::chrono::milliseconds(50);
  const Served served(place_, options);
  std::string run;
  {
    Browser browser(served);
    run = browser.run({{"live", true}});
  }
  Browser later(served);
  wait_until("the end of the run", [&] {
    return served.get("/api/runs").find(R"("live":true)") == std::string::npos;
  });
  later.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  EXPECT_THAT(later.hear("ended")["why"].dump(), HasSubstr("nobody watched"));
}

TEST_F(StudioTest, EndsARunThatTellsTooMuch) {
  place_.lab("05", script("while :; do echo '" + event(1) + "'; done\n"));
  StudioOptions options = patient();
  options.limits.bytes = 100'000;
  const Served served(place_, options);
  Browser browser(served);
  const std::string run = browser.run({});
  browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
  EXPECT_THAT(browser.hear("ended")["why"].dump(), HasSubstr("the most"));
  EXPECT_LE(file_size(place_.place().root / "runs" / (run + ".ndjson")), 100'000u);
}

TEST_F(StudioTest, RunsFourAtOnceAndNoMore) {
  place_.lab("05", kEndless);
  const Served served(place_);
  Browser browser(served);
  for (int i = 0; i < 4; ++i) EXPECT_THAT(browser.run({}), Not(HasSubstr("error")));
  EXPECT_THAT(browser.run({}), HasSubstr("4 runs at once"));
}

TEST_F(StudioTest, EndsItsLabsWithItselfAndFindsTheirRunsAgain) {
  place_.lab("05", script("echo $$ > " + (place_.place().root / "pid").string() +
                          "\necho '" + event(1) + "'\nexec sleep 100\n"));
  std::string run;
  {
    const Served served(place_);
    Browser browser(served);
    run = browser.run({});
    browser.say({{"do", "watch"}, {"run", run}, {"from", 0}});
    browser.hear("events");
  }
  pid_t pid = 0;
  std::ifstream(place_.place().root / "pid") >> pid;
  EXPECT_EQ(kill(pid, 0), -1);
  const Served again(place_);
  EXPECT_THAT(again.get("/api/runs/" + run), HasSubstr("tick 1"));
  EXPECT_THAT(again.get("/api/runs"), HasSubstr(run));
}

}  // namespace
}  // namespace runner
