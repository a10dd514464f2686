// The events: what is emitted arrives whole, in order, from all threads and processes,
// and becomes lines that the Trace Event Format's readers accept.
#include "lab/core/trace.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "core/arena.hpp"
#include "core/record.hpp"
#include "core/trace_json.hpp"
#include "lab/core/story.hpp"
#include "support/wait_until.hpp"

namespace lab {
namespace {

using Kind = Record::Kind;
using Json = nlohmann::json;
using testing::ElementsAre;
using testing::SizeIs;

class Trace : public testing::Test {
 protected:
  void SetUp() override { listen(&arena_); }
  void TearDown() override { listen(nullptr); }

  std::vector<Json> lines() {
    std::vector<Json> parsed;
    TraceJson json("lab 99");
    for (const Record& record : drain_.read()) {
      std::istringstream text(json.lines(record));
      for (std::string line; std::getline(text, line);)
        parsed.push_back(Json::parse(line));
    }
    return parsed;
  }

  Arena& arena_ = make_arena();
  Drain drain_{arena_};
};

TEST_F(Trace, CarriesNameLaneArgumentsCauseAndLine) {
  const EventId first = trace::instant("first");
  trace::instant("second",
                 {.lane = "loop",
                  .cause = first,
                  .args = {{"n", 42}, {"late", 0.5}, {"ok", true}, {"who", "me"}}});
  const auto records = drain_.read();
  ASSERT_THAT(records, SizeIs(2));
  const Record& second = records[1];
  EXPECT_EQ(second.name, "second");
  EXPECT_EQ(second.lane, "loop");
  EXPECT_EQ(second.cause, first);
  EXPECT_EQ(second.file, "tests/common/trace_test.cpp");
  EXPECT_EQ(second.pid, getpid());
  ASSERT_THAT(second.args, SizeIs(4));
  EXPECT_EQ(std::get<std::int64_t>(second.args[0].value), 42);
  EXPECT_EQ(std::get<double>(second.args[1].value), 0.5);
  EXPECT_TRUE(std::get<bool>(second.args[2].value));
  EXPECT_EQ(second.text("who"), "me");
}

TEST_F(Trace, EmitsNothingWhenNobodyListens) {
  listen(nullptr);
  EXPECT_EQ(trace::instant("unheard"), 0u);
  { const trace::Span span("unheard"); }
  EXPECT_THAT(drain_.read(), SizeIs(0));
}

TEST_F(Trace, KeepsEveryEventOfManyThreadsAndTheOrderOfEach) {
  constexpr int kThreads = 8;
  constexpr int kEvents = 1000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < kEvents; ++i) trace::instant("tick", {.args = {{"i", i}}});
    });
  }
  for (auto& thread : threads) thread.join();
  std::map<int, int> next;
  for (const Record& record : drain_.read()) {
    EXPECT_EQ(std::get<std::int64_t>(record.args[0].value), next[record.tid]++);
  }
  EXPECT_THAT(next, SizeIs(kThreads));
  for (const auto& [tid, count] : next) EXPECT_EQ(count, kEvents);
  EXPECT_EQ(drain_.dropped(), 0u);
}

TEST_F(Trace, ReadsWhileThreadsWrite) {
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 200'000; ++i) trace::counter("n", i);
    done = true;
  });
  std::uint64_t seen = 0;
  double last = -1;
  const auto read = [&] {
    for (const Record& record : drain_.read()) {
      EXPECT_GT(record.value, last);
      last = record.value;
      ++seen;
    }
  };
  test::wait_until(
      "the writer's end", [&] { return done && seen > 0; }, read);
  writer.join();
  seen += drain_.read().size();
  EXPECT_EQ(seen + drain_.dropped(), 200'000u);
}

TEST_F(Trace, CountsWhatAFullRingDrops) {
  const std::string big(1000, 'x');
  for (int i = 0; i < 2000; ++i) trace::instant(big);
  const auto kept = drain_.read().size();
  EXPECT_LT(kept, 2000u);
  EXPECT_GT(kept, 500u);
  EXPECT_EQ(drain_.dropped(), 2000 - kept);
  EXPECT_EQ(trace::dropped(), 2000 - kept);
}

TEST_F(Trace, WrapsAroundTheRingWithoutDamage) {
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 300; ++i) {
      const std::string text(static_cast<std::size_t>((round * 7 + i) % 211), 'a');
      trace::instant(text, {.args = {{"size", text.size()}}});
    }
    for (const Record& record : drain_.read()) {
      EXPECT_EQ(static_cast<std::size_t>(std::get<std::int64_t>(record.args[0].value)),
                record.name.size());
    }
  }
  EXPECT_EQ(drain_.dropped(), 0u);
}

// One ring is read after the other, and yet what happened first comes first.
TEST_F(Trace, ReadsTheEventsOfAllThreadsInTheOrderOfTime) {
  trace::instant("1");
  std::atomic<int> turn = 0;
  std::thread other([&] {
    for (const char* name : {"2", "4"}) {
      turn.wait(name[0] == '2' ? 0 : 2);
      trace::instant(name);
      ++turn;
      turn.notify_all();
    }
  });
  for (const char* name : {"3", "5"}) {
    ++turn;
    turn.notify_all();
    turn.wait(name[0] == '3' ? 1 : 3);
    trace::instant(name);
  }
  other.join();
  std::string order;
  std::uint64_t last = 0;
  for (const Record& record : drain_.read()) {
    order += record.name;
    EXPECT_GE(record.nanoseconds, last);
    last = record.nanoseconds;
  }
  EXPECT_EQ(order, "12345");
}

TEST_F(Trace, SeatsAThreadThatWasTurnedAwayWhenSomebodyElseListens) {
  for (std::size_t i = 0; i < kRings; ++i) {
    std::thread([] { trace::instant("hello"); }).join();
  }
  EXPECT_EQ(trace::instant("turned away"), 0u);
  EXPECT_EQ(trace::dropped(), 0u) << "there is no ring of this thread";
  const pid_t child = fork();  // nor in a child, whose seat would be its own
  if (child == 0) _exit(trace::instant("in the child") == 0 ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  Arena& other = make_arena();
  listen(&other);
  EXPECT_NE(trace::instant("seated"), 0u);
  EXPECT_THAT(Drain(other).read(), SizeIs(1));
}

TEST_F(Trace, TellsTheThreadAndTheTimeOfEachEvent) {
  const std::uint64_t before = steady_nanoseconds();
  trace::instant("here");
  int tid = 0;
  std::thread([&] {
    trace::instant("there");
    tid = gettid();
  }).join();
  const auto records = drain_.read();
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0].tid, gettid());
  EXPECT_EQ(records[1].tid, tid);
  EXPECT_GE(records[0].nanoseconds, before);
  EXPECT_LE(records[1].nanoseconds, steady_nanoseconds());
}

TEST_F(Trace, GivesTheRingOfAFinishedThreadToAnother) {
  for (std::size_t i = 0; i < 2 * kRings; ++i) {
    std::thread([] { trace::instant("hello"); }).join();
    EXPECT_THAT(drain_.read(), SizeIs(1));
  }
  EXPECT_EQ(drain_.dropped(), 0u);
}

TEST_F(Trace, CountsTheEventsOfThreadsThatFoundNoRing) {
  for (std::size_t i = 0; i < kRings + 3; ++i) {
    std::thread([] { trace::instant("hello"); }).join();
  }
  EXPECT_THAT(drain_.read(), SizeIs(kRings));
  EXPECT_EQ(drain_.dropped(), 3u);
}

TEST_F(Trace, KeepsWhatAKilledChildHadEmitted) {
  const pid_t child = fork();
  if (child == 0) {
    trace::instant("last words");
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  const auto records = drain_.read();
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].name, "last words");
  EXPECT_EQ(records[0].pid, child);
}

TEST_F(Trace, NamesEachEventOnce) {
  std::set<EventId> ids;
  for (int i = 0; i < 100; ++i) ids.insert(trace::instant("x"));
  std::thread([&] {
    for (int i = 0; i < 100; ++i) ids.insert(trace::instant("x"));
  }).join();
  EXPECT_THAT(ids, SizeIs(200));
}

// --- the format ---

TEST_F(Trace, WritesWhatTheFormatAsksOfEachPhase) {
  Story story;
  story.scene("Scene");
  story.say("said {}", 1);
  trace::instant("on the thread");
  trace::instant("on a lane", {.lane = "loop"});
  { const trace::Span span("work"); }
  { const trace::Span span("work", {.lane = "loop"}); }
  trace::counter("bytes", 5, {.args = {{"unit", "bytes"}}});
  trace::state("breaker", "closed");
  trace::state("breaker", "open");
  const EventId out = trace::flow_out("message");
  trace::flow_in(out, "message");
  const EventId put = trace::queued("job", {.lane = "jobs"});
  trace::taken(put, "job", {.lane = "jobs"});

  std::string phases;
  std::map<std::string, int> open;  // asynchronous slices, by what must agree
  for (const Json& json : lines()) {
    const std::string phase = json.at("ph");
    phases += phase;
    EXPECT_TRUE(json.at("name").is_string());
    EXPECT_TRUE(json.at("ts").is_number());
    EXPECT_TRUE(json.at("pid").is_number_integer());
    EXPECT_TRUE(json.at("tid").is_number_integer());
    EXPECT_TRUE(json.at("args").is_object());
    if (phase == "b" || phase == "e" || phase == "n") {
      const std::string key = json.at("cat").get<std::string>() +
                              json.at("id").get<std::string>() +
                              json.at("name").get<std::string>();
      open[key] += phase == "b" ? 1 : phase == "e" ? -1 : 0;
      EXPECT_GE(open[key], 0) << json;
    }
    if (phase == "i") {
      EXPECT_THAT(json.at("s"), testing::AnyOf("g", "t"));
    }
    if (phase == "C") {
      for (const auto& value : json.at("args")) EXPECT_TRUE(value.is_number());
    }
    if (phase == "s" || phase == "f") {
      EXPECT_TRUE(json.contains("id"));
    }
    if (phase == "f") {
      EXPECT_EQ(json.at("bp"), "e");
    }
  }
  EXPECT_EQ(phases, "MMiiinBEbeCbebsfbe");
  int unfinished = 0;
  for (const auto& [key, count] : open) unfinished += count;
  EXPECT_EQ(unfinished, 1) << "only the state that still lasts";
}

// The lines of one record of each kind, whole. Readers of runs depend on every field.
TEST(TraceJsonLines, AreJustThese) {
  Record record{.id = 640,
                .nanoseconds = 1'500,
                .pid = 7,
                .tid = 7,
                .value = 2.5,
                .name = "n",
                .file = "a.cpp",
                .line = 9};
  TraceJson json("lab 99");
  const auto line = [&](Kind kind, const std::string& lane, EventId link = 0) {
    record.kind = kind;
    record.lane = lane;
    record.link = link;
    ++record.id;
    return json.lines(record);
  };
  const auto middle = [](const std::string& phase, const std::string& category) {
    return R"({"name":"n","ph":")" + phase + R"(","ts":1.5,"pid":7,"tid":7,"cat":")" +
           category + R"(")";
  };
  const auto args = [](int event, const std::string& more = "") {
    return R"("args":{"event":)" + std::to_string(event) + more +
           R"(,"src":"a.cpp:9"}})" + "\n";
  };
  const std::string lane = R"(,"lane":"loop")";
  EXPECT_EQ(
      line(Kind::instant, ""),
      R"({"name":"process_name","ph":"M","ts":0,"pid":7,"tid":7,"cat":"__metadata",)"
      R"("args":{"name":"lab 99"}})"
      "\n"
      R"({"name":"thread_name","ph":"M","ts":0,"pid":7,"tid":7,"cat":"__metadata",)"
      R"("args":{"name":"main"}})"
      "\n" +
          middle("i", "instant") + R"(,"s":"t",)" + args(641));
  EXPECT_EQ(line(Kind::instant, "loop"),
            middle("n", "loop") + R"(,"id":"0x282",)" + args(642, lane));
  EXPECT_EQ(line(Kind::begin, ""), middle("B", "span") + "," + args(643));
  EXPECT_EQ(line(Kind::end, "", 643), middle("E", "span") + "," + args(644));
  EXPECT_EQ(line(Kind::begin, "loop"),
            middle("b", "loop") + R"(,"id":"0x285",)" + args(645, lane));
  EXPECT_EQ(line(Kind::end, "", 645),
            middle("e", "loop") + R"(,"id":"0x285",)" + args(646));
  EXPECT_EQ(line(Kind::end, "", 645), middle("E", "span") + "," + args(647))
      << "ended once already";
  EXPECT_EQ(line(Kind::state, "loop"),
            middle("b", "state loop") + R"(,"id":"0x288",)" + args(648, lane));
  EXPECT_EQ(line(Kind::state, "loop"), middle("e", "state loop") + R"(,"id":"0x288",)" +
                                           args(649, lane) + middle("b", "state loop") +
                                           R"(,"id":"0x289",)" + args(649, lane));
  EXPECT_EQ(line(Kind::flow_out, "loop"),
            middle("s", "flow") + R"(,"id":"0x28a",)" + args(650, lane));
  EXPECT_EQ(line(Kind::flow_in, "loop", 650),
            middle("f", "flow") + R"(,"id":"0x28a","bp":"e",)" + args(651, lane));
  EXPECT_EQ(line(Kind::queued, "loop"),
            middle("b", "queue loop") + R"(,"id":"0x28c",)" + args(652, lane));
  EXPECT_EQ(line(Kind::taken, "loop", 652),
            middle("e", "queue loop") + R"(,"id":"0x28c",)" + args(653, lane));
  EXPECT_EQ(line(Kind::say, ""), middle("i", "say") + R"(,"s":"g",)" + args(654));
  record.cause = 3;
  EXPECT_EQ(line(Kind::scene, ""),
            middle("i", "scene") + R"(,"s":"g",)" + args(655, R"(,"cause":3)"));
  EXPECT_EQ(line(Kind::counter, ""),
            middle("C", "counter") + R"(,"args":{"n":2.5},"src":"a.cpp:9","event":656})" +
                "\n");
  record.args = {{"unit", "ms"}};
  EXPECT_EQ(line(Kind::counter, "loop"),
            R"({"name":"loop n","ph":"C","ts":1.5,"pid":7,"tid":7,"cat":"counter",)"
            R"("args":{"n":2.5},"src":"a.cpp:9","event":657,"lane":"loop","unit":"ms"})"
            "\n");
}

TEST(TraceJsonLines, NameEachProcessAndThreadOnce) {
  TraceJson json("lab 99");
  const auto names = [&](int pid, int tid) {
    std::istringstream lines(json.lines({.pid = pid, .tid = tid, .name = "n"}));
    std::string all;
    for (std::string line; std::getline(lines, line);) {
      const Json one = Json::parse(line);
      if (one.at("ph") == "M") all += one.at("args").at("name").get<std::string>() + ";";
    }
    return all;
  };
  EXPECT_EQ(names(7, 7), "lab 99;main;");
  EXPECT_EQ(names(7, 7), "");
  EXPECT_EQ(names(7, 8), "thread;");
  EXPECT_EQ(names(9, 9), "lab 99, child;main;");
  EXPECT_EQ(names(9, 9), "");
}

// What a sink has written, of two events, a knob and the end.
std::string written(JsonSink::Form form) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::tmpfile(), std::fclose);
  JsonSink sink(out.get(), form, "lab 99");
  sink.event({.pid = 7, .tid = 7, .name = "first"});
  sink.event({.pid = 7, .tid = 7, .name = "second"});
  sink.knob("rate", "5", "");
  sink.knob("rate", "x", "no number");
  sink.end({.exit_code = 1,
            .killed_by = 9,
            .stopped = true,
            .claims = 4,
            .failed = 3,
            .events = 2,
            .dropped = 5});
  std::string text(static_cast<std::size_t>(std::ftell(out.get())), '\0');
  std::rewind(out.get());
  text.resize(std::fread(text.data(), 1, text.size(), out.get()));
  return text;
}

TEST(JsonSink, WritesOneObjectALineOrOneArray) {
  const std::string text = written(JsonSink::Form::lines);
  EXPECT_TRUE(text.ends_with("}\n"));
  Json lines = Json::array();
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  Json array = Json::parse(written(JsonSink::Form::array));
  ASSERT_THAT(lines, SizeIs(7));
  for (Json* all : {&lines, &array}) {
    for (Json& one : *all) {
      if (one.at("name") == "rate" || one.at("name") == "end") {
        EXPECT_GT(one.at("ts"), 0);
        one.erase("ts");
      }
    }
  }
  EXPECT_EQ(lines, array);
  const auto told = [](const char* category, const char* name, Json args) {
    return Json{{"name", name},
                {"ph", "i"},
                {"pid", 0},
                {"tid", 0},
                {"s", "g"},
                {"cat", category},
                {"args", std::move(args)}};
  };
  EXPECT_EQ(lines[4], told("knob", "rate", {{"value", "5"}}));
  EXPECT_EQ(lines[5], told("knob", "rate", {{"value", "x"}, {"refused", "no number"}}));
  EXPECT_EQ(lines[6], told("run", "end",
                           {{"exit", 1},
                            {"killed_by", 9},
                            {"stopped", true},
                            {"claims", 4},
                            {"failed", 3},
                            {"events", 2},
                            {"dropped", 5}}));
}

TEST_F(Trace, WritesClaimsAndTablesInFull) {
  constexpr Claim kClaims[] = {{"05.1", "It \"holds\"."}};
  Story story(false, kClaims);
  EXPECT_FALSE(story.claim("05.1", false, "{} of {}", 1, 2));
  story.table({"Title", {"a", "b"}, {{"1", "2"}, {"3", ""}}});
  const auto json = lines();
  const Json& claim = json[json.size() - 2];
  EXPECT_EQ(claim.at("cat"), "claim");
  EXPECT_EQ(claim.at("args").at("id"), "05.1");
  EXPECT_EQ(claim.at("args").at("claim"), "It \"holds\".");
  EXPECT_EQ(claim.at("args").at("holds"), false);
  EXPECT_EQ(claim.at("args").at("evidence"), "1 of 2");
  const Json& table = json.back();
  EXPECT_EQ(table.at("args").at("title"), "Title");
  EXPECT_EQ(table.at("args").at("columns"), Json({"a", "b"}));
  EXPECT_EQ(table.at("args").at("rows")[0], Json({"1", "2"}));
  EXPECT_EQ(story.claims_failed(), 1);
}

TEST_F(Trace, WritesPicturesActorsAndTakeaways) {
  Story story;
  trace::actor("server A", trace::Actor::process, 42);
  story.picture(Picture::nodes, {"server A", "redis"});
  story.takeaway("It is {}.", "over");
  const auto json = lines();
  const Json& actor = json[json.size() - 3];
  EXPECT_EQ(actor.at("cat"), "actor");
  EXPECT_EQ(actor.at("name"), "server A");
  EXPECT_EQ(actor.at("args").at("kind"), "process");
  EXPECT_EQ(actor.at("args").at("pid"), 42);
  const Json& picture = json[json.size() - 2];
  EXPECT_EQ(picture.at("name"), "nodes");
  EXPECT_EQ(picture.at("args").at("feeds"), Json({"server A", "redis"}));
  EXPECT_EQ(json.back().at("cat"), "takeaway");
  EXPECT_EQ(json.back().at("name"), "It is over.");
}

TEST_F(Trace, StaysValidJsonWhateverANameHolds) {
  for (int byte = 1; byte < 256; ++byte) {
    const std::string name(3, static_cast<char>(byte));
    trace::instant(name, {.lane = name, .args = {{"text", name}}});
  }
  EXPECT_THAT(lines(), SizeIs(255 + 2));  // parsing them is the test
}

TEST_F(Trace, WaitsWithTheStoryRatherThanDropIt) {
  const std::string big(1000, 'x');
  for (int i = 0; i < 2000; ++i) trace::instant(big);  // the ring is full now
  std::thread reader([&] {
    bool told = false;
    test::wait_until(
        "the claim", [&] { return told; },
        [&] {
          for (const Record& record : drain_.read())
            told = told || record.kind == Kind::claim;
        });
  });
  constexpr Claim kClaims[] = {{"99.1", "A claim is never dropped."}};
  Story story(false, kClaims);
  story.claim("99.1", true, "{}", big);
  reader.join();
}

}  // namespace
}  // namespace lab
