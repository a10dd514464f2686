// The events: what is emitted arrives whole, in order, from all threads and processes,
// and becomes lines that the Trace Event Format's readers accept.
#include "lab/trace.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

#include "arena.hpp"
#include "lab/story.hpp"
#include "record.hpp"
#include "trace_json.hpp"

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
  while (!done || seen == 0) {
    for (const Record& record : drain_.read()) {
      EXPECT_GT(record.value, last);
      last = record.value;
      ++seen;
    }
  }
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

TEST_F(Trace, WritesClaimsAndTablesInFull) {
  Story story;
  EXPECT_FALSE(story.claim("05.1", "it \"holds\"", false, "{} of {}", 1, 2));
  story.table({"Title", {"a", "b"}, {{"1", "2"}, {"3", ""}}});
  const auto json = lines();
  const Json& claim = json[json.size() - 2];
  EXPECT_EQ(claim.at("cat"), "claim");
  EXPECT_EQ(claim.at("args").at("id"), "05.1");
  EXPECT_EQ(claim.at("args").at("claim"), "it \"holds\"");
  EXPECT_EQ(claim.at("args").at("holds"), false);
  EXPECT_EQ(claim.at("args").at("evidence"), "1 of 2");
  const Json& table = json.back();
  EXPECT_EQ(table.at("args").at("columns"), Json({"a", "b"}));
  EXPECT_EQ(table.at("args").at("rows")[0], Json({"1", "2"}));
  EXPECT_EQ(story.claims_failed(), 1);
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
    std::size_t seen = 0;
    bool told = false;
    while (!told) {
      for (const Record& record : drain_.read()) {
        ++seen;
        told = told || record.kind == Kind::claim;
      }
    }
  });
  Story story;
  story.claim("99.1", "is never dropped", true, "{}", big);
  reader.join();
}

}  // namespace
}  // namespace lab
