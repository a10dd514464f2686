// The streams in memory: no loop, no socket; time is the order of ticks.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "memory_streams.hpp"

using namespace lab;
using std::string;

namespace {

using Log = std::vector<string>;

Chunk fives() {
  return Chunk("12345");
}

void log_events(Log& log, const string& name, Readable& source) {
  source.on_end([&log, name] { log.push_back(name + ".end"); });
}
void log_events(Log& log, const string& name, Writable& sink) {
  sink.on_finish([&log, name] { log.push_back(name + ".finish"); });
}
void log_ends(Log& log, const string& name, Stream& stream) {
  stream.on_error([&log, name](const Error&) { log.push_back(name + ".error"); });
  stream.on_close([&log, name] { log.push_back(name + ".close"); });
}

TEST(Ticks, RunAfterTheCallbackAndBeforeRunReturns) {
  Ticks ticks;
  Log log;
  ticks.run([&] {
    ticks.defer([&] {
      log.push_back("first");
      ticks.defer([&] { log.push_back("queued by first"); });
    });
    ticks.defer([&] { log.push_back("second"); });
    log.push_back("callback");
  });
  EXPECT_EQ(log, (Log{"callback", "first", "second", "queued by first"}));
}

TEST(Ticks, WaitForTheOutermostCallback) {
  Ticks ticks;
  Log log;
  ticks.run([&] {
    ticks.run([&] { ticks.defer([&] { log.push_back("tick"); }); });
    log.push_back("outer goes on");
  });
  EXPECT_EQ(log, (Log{"outer goes on", "tick"}));
}

TEST(Event, CallsListenersInTheirOrderAndOnceOnlyOnce) {
  Event<int> event;
  Log log;
  event([&](int n) { log.push_back("always " + std::to_string(n)); });
  event.once([&](int n) { log.push_back("once " + std::to_string(n)); });
  event.emit(1);
  event.emit(2);
  EXPECT_EQ(log, (Log{"always 1", "once 1", "always 2"}));
}

TEST(Event, AListenerAddedByAListenerWaitsForTheNextTime) {
  Event<> event;
  int late = 0;
  event.once([&] { event([&] { ++late; }); });
  event.emit();
  EXPECT_EQ(late, 0);
  event.emit();
  EXPECT_EQ(late, 1);
}

TEST(Writable, SaysFalseFromTheMarkOnAndStillAcceptsEverything) {
  Ticks ticks;
  HandSink sink(ticks, 10);
  std::vector<bool> answers;
  std::vector<std::size_t> lengths;
  for (int i = 0; i < 5; ++i) {
    answers.push_back(sink.write(fives()));
    lengths.push_back(sink.writable_length());
  }
  EXPECT_EQ(answers, (std::vector<bool>{true, false, false, false, false}));
  EXPECT_EQ(lengths, (std::vector<std::size_t>{5, 10, 15, 20, 25}));
}

TEST(Writable, SaysTrueOneByteBelowTheMarkAndFalseAtIt) {
  Ticks ticks;
  HandSink below(ticks, 6), at(ticks, 5);
  EXPECT_TRUE(below.write(fives()));
  EXPECT_FALSE(below.needs_drain());
  EXPECT_FALSE(at.write(fives()));
  EXPECT_TRUE(at.needs_drain());
}

TEST(Writable, DrainsWhenTheQueueIsEmptyAndNotBefore) {
  Ticks ticks;
  HandSink sink(ticks, 10);
  int drains = 0;
  sink.on_drain([&] { ++drains; });
  (void)sink.write(fives());
  (void)sink.write(fives());
  sink.answer();
  EXPECT_EQ(sink.writable_length(), 5u);  // below the mark, yet not empty
  EXPECT_EQ(drains, 0);
  sink.answer();
  EXPECT_EQ(drains, 1);
}

TEST(Writable, DoesNotDrainIfItNeverSaidFalse) {
  Ticks ticks;
  HandSink sink(ticks, 10);
  int drains = 0;
  sink.on_drain([&] { ++drains; });
  EXPECT_TRUE(sink.write(fives()));
  sink.answer();
  EXPECT_EQ(drains, 0);
}

TEST(Writable, NeverSaysFalseIfItWritesAtOnce) {
  Ticks ticks;
  HandSink sink(ticks, 1, true);
  Log log;
  sink.on_drain([&] { log.push_back("drain"); });
  ticks.run([&] {
    log.push_back(sink.write(fives()) ? "true" : "false");
    log.push_back("caller goes on");
  });
  EXPECT_EQ(log, (Log{"true", "caller goes on"}));
}

TEST(Writable, WritesOneChunkAtATimeInOrder) {
  Ticks ticks;
  HandSink sink(ticks);
  (void)sink.write(Chunk("a"));
  (void)sink.write(Chunk("b"));
  EXPECT_EQ(sink.received, "a");
  sink.answer_all();
  EXPECT_EQ(sink.received, "ab");
}

TEST(Writable, ManySynchronousWritesNeedNoStack) {
  Ticks ticks;
  HandSink sink(ticks, 10, true);
  std::size_t left = 200'000;
  const auto write_all = [&] {
    while (left > 0) {
      --left;
      if (!sink.write(Chunk("0123456789"))) return;
    }
  };
  sink.on_drain(write_all);
  ticks.run(write_all);
  EXPECT_EQ(sink.received.size(), 2'000'000u);
}

TEST(Writable, FinishesAfterTheLastByteAndThenCloses) {
  Ticks ticks;
  HandSink sink(ticks);
  Log log;
  log_events(log, "sink", sink);
  log_ends(log, "sink", sink);
  ticks.run([&] {
    (void)sink.write(fives());
    sink.end();
  });
  EXPECT_TRUE(log.empty());
  sink.answer();
  EXPECT_EQ(log, (Log{"sink.finish", "sink.close"}));
}

TEST(Writable, DoesNotDrainOnceItIsEnding) {
  Ticks ticks;
  HandSink sink(ticks, 5);
  int drains = 0;
  sink.on_drain([&] { ++drains; });
  ticks.run([&] {
    EXPECT_FALSE(sink.write(fives()));
    sink.end();
  });
  sink.answer();
  EXPECT_EQ(drains, 0);
  EXPECT_TRUE(sink.finished());
}

TEST(Writable, AWriteAfterEndFailsTheStream) {
  Ticks ticks;
  HandSink sink(ticks);
  Log log;
  log_ends(log, "sink", sink);
  ticks.run([&] {
    sink.end();
    EXPECT_FALSE(sink.write(fives()));
  });
  EXPECT_EQ(log, (Log{"sink.error", "sink.close"}));
  EXPECT_FALSE(sink.finished());
}

TEST(Writable, AWriteAfterDestroyIsRefusedInSilence) {
  Ticks ticks;
  HandSink sink(ticks);
  Log log;
  log_ends(log, "sink", sink);
  ticks.run([&] { sink.destroy(); });
  EXPECT_FALSE(sink.write(fives()));
  EXPECT_EQ(sink.received, "");
  EXPECT_EQ(log, (Log{"sink.close"}));
}

TEST(Writable, AFailedWriteDestroysItAndWritesNoMore) {
  Ticks ticks;
  HandSink sink(ticks);
  Log log;
  log_ends(log, "sink", sink);
  (void)sink.write(Chunk("a"));
  (void)sink.write(Chunk("b"));
  sink.answer(Error("write", "disk full"));
  EXPECT_EQ(sink.received, "a");
  EXPECT_TRUE(sink.destroyed());
  EXPECT_EQ(log, (Log{"sink.error", "sink.close"}));
}

TEST(Stream, FailsOnceWithTheFirstError) {
  Ticks ticks;
  HandSink sink(ticks);
  Log log;
  sink.on_error([&](const Error& error) { log.push_back(error.what()); });
  ticks.run([&] {
    sink.destroy(Error("first", "a"));
    sink.destroy(Error("second", "b"));
    EXPECT_TRUE(log.empty());  // not inside the call
  });
  EXPECT_EQ(log, (Log{"first: a"}));
}

TEST(Readable, FlowsFromTheFirstListenerOnButNotInsideTheCall) {
  Ticks ticks;
  ListSource source(ticks, {"a", "b"});
  string got;
  ticks.run([&] {
    source.on_data([&](const Chunk& chunk) { got += chunk.view(); });
    EXPECT_EQ(got, "");
  });
  EXPECT_EQ(got, "ab");
}

TEST(Readable, IsNotReadBeforeSomebodyListens) {
  Ticks ticks;
  ListSource source(ticks, {"a"});
  ticks.run([] {});
  EXPECT_EQ(source.asked, 0);
}

TEST(Readable, KeepsWhatIsPushedBeforeALateListener) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  string got;
  ticks.run([&] { (void)source.push(Chunk("early")); });
  ticks.run([&] { source.on_data([&](const Chunk& chunk) { got += chunk.view(); }); });
  EXPECT_EQ(got, "early");
}

TEST(Readable, HandsOverNothingWhilePausedAndLosesNothing) {
  Ticks ticks;
  ListSource source(ticks, {"a", "b", "c"});
  Log log;
  source.on_data([&](const Chunk& chunk) {
    log.emplace_back(chunk.view());
    if (chunk.view() == "a") source.pause();
  });
  ticks.run([] {});
  EXPECT_EQ(log, (Log{"a"}));
  ticks.run([&] { source.resume(); });
  EXPECT_EQ(log, (Log{"a", "b", "c"}));
}

TEST(Readable, ReadsAheadUpToItsMarkWhilePausedAndNotOneChunkMore) {
  Ticks ticks;
  ListSource source(ticks, {"1234", "1234", "1234", "1234", "1234", "1234"}, 8);
  source.on_data([&](const Chunk&) { source.pause(); });
  ticks.run([] {});
  EXPECT_EQ(source.readable_length(), 8u);
  EXPECT_EQ(source.asked, 3);  // one handed over, two kept
}

TEST(Readable, PushSaysFalseAtTheMarkAndTrueBelow) {
  Ticks ticks;
  ListSource source(ticks, {}, 10);
  source.answers = false;
  EXPECT_TRUE(source.push(Chunk("123456789")));
  EXPECT_FALSE(source.push(Chunk("x")));
}

TEST(Readable, EndsOnceAfterTheLastChunkAndThenCloses) {
  Ticks ticks;
  ListSource source(ticks, {"a", "b"});
  Log log;
  log_events(log, "source", source);
  log_ends(log, "source", source);
  source.on_data([&](const Chunk& chunk) { log.emplace_back(chunk.view()); });
  ticks.run([] {});
  EXPECT_EQ(log, (Log{"a", "b", "source.end", "source.close"}));
}

TEST(Readable, EndsThoughTheListenerOfTheLastChunkPausedIt) {
  Ticks ticks;
  ListSource source(ticks, {"a"});
  source.on_data([&](const Chunk&) { source.pause(); });
  ticks.run([] {});
  EXPECT_TRUE(source.ended());
}

TEST(Readable, LearnsOfTheEndWhilePausedButTellsOnlyWhenItFlowsAgain) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  source.on_data([](const Chunk&) {});
  ticks.run([] {});
  ticks.run([&] {
    source.pause();
    source.push_end();
  });
  EXPECT_FALSE(source.ended());
  ticks.run([&] { source.resume(); });
  EXPECT_TRUE(source.ended());
}

TEST(Readable, IgnoresWhatIsPushedAfterDestroy) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  string got;
  source.on_data([&](const Chunk& chunk) { got += chunk.view(); });
  ticks.run([&] {
    source.destroy();
    EXPECT_FALSE(source.push(Chunk("late")));
  });
  EXPECT_EQ(got, "");
}

TEST(Readable, CountsAPauseOnlyWhenItWasNotPaused) {
  Ticks ticks;
  ListSource source(ticks, {});
  int pauses = 0;
  source.on_pause([&] { ++pauses; });
  source.pause();
  source.pause();
  EXPECT_EQ(pauses, 1);
}

TEST(Pipe, PausesAtTheMarkAndResumesWithEachDrain) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(12, "12345"));
  HandSink sink(ticks, 20);
  Log log;
  source.on_pause([&] {
    log.push_back("pause");
    EXPECT_GE(sink.writable_length(), 20u);
  });
  sink.on_drain([&] { log.push_back("drain"); });
  source.on_resume([&] { log.push_back("resume"); });
  ticks.run([&] { pipe(source, sink); });
  sink.answer_all();
  EXPECT_EQ(log, (Log{"resume", "pause", "drain", "resume", "pause", "drain", "resume",
                      "pause"}));  // no drain after the last: the sink was ending
  EXPECT_EQ(sink.received.size(), 60u);
}

TEST(Pipe, NeverQueuesMoreThanTheMarkAndOneChunk) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(50, "1234567"));
  HandSink sink(ticks, 20);
  ticks.run([&] { pipe(source, sink); });
  sink.answer_all();
  EXPECT_EQ(sink.received.size(), 350u);
  EXPECT_GE(sink.peak, 14u);
  EXPECT_LT(sink.peak, 20u + 7u);
}

TEST(Pipe, WithoutTheSignalTheQueueHoldsEverything) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(50, "1234567"));
  HandSink sink(ticks, 20);
  source.on_data([&](const Chunk& chunk) { (void)sink.write(chunk); });
  ticks.run([] {});
  EXPECT_EQ(sink.writable_length(), 350u);
}

TEST(Pipe, TheSlowerOfTwoSinksSetsThePace) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(40, "12345"));
  HandSink fast(ticks, 5, true), slow(ticks, 5);
  ticks.run([&] {
    pipe(source, fast);
    pipe(source, slow);
  });
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(fast.received.size(), slow.received.size());
    slow.answer();
  }
  EXPECT_EQ(slow.received.size(), 55u);
  slow.answer_all();
  EXPECT_EQ(fast.received, slow.received);
}

TEST(Pipe, StaysPausedAfterTheDrainOfOneSinkWhileAnotherWaits) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(40, "12345"));
  HandSink quick(ticks, 5), slow(ticks, 5);
  ticks.run([&] {
    pipe(source, quick);
    pipe(source, slow);
  });
  quick.answer_all();
  EXPECT_TRUE(source.paused());
  EXPECT_EQ(quick.received.size(), 5u);
  EXPECT_EQ(slow.writable_length(), 5u);
  slow.answer();
  EXPECT_EQ(quick.received.size(), 10u);
}

TEST(Pipe, ASinkThatFailsNoLongerHoldsTheOtherBack) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(10, "12345"));
  HandSink good(ticks, 5, true), bad(ticks, 5);
  ticks.run([&] {
    pipe(source, good);
    pipe(source, bad);
  });
  EXPECT_EQ(good.received.size(), 5u);
  bad.answer(Error("bad", "boom"));
  EXPECT_EQ(good.received.size(), 50u);
}

TEST(Pipe, PausesTheSourceWhenItsOnlySinkFailsAndLeavesItOpen) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(10, "12345"));
  HandSink sink(ticks, 5);
  ticks.run([&] { pipe(source, sink); });
  sink.answer(Error("sink", "boom"));
  EXPECT_TRUE(source.paused());
  EXPECT_FALSE(source.destroyed());
}

TEST(Pipe, LeavesTheSinkOpenWhenTheSourceFails) {
  Ticks ticks;
  ListSource source(ticks, {"a", kFails});
  HandSink sink(ticks, 10, true);
  ticks.run([&] { pipe(source, sink); });
  EXPECT_TRUE(source.closed());
  EXPECT_FALSE(sink.destroyed());
  EXPECT_FALSE(sink.finished());
}

TEST(Transform, PassesThePressureOfASlowSinkToTheSource) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(100, "12345"), 5);
  Mapper stage(ticks, 10, [](const Chunk& chunk) { return chunk; });
  HandSink sink(ticks, 10);
  ticks.run([&] {
    pipe(source, stage);
    pipe(stage, sink);
  });
  EXPECT_LE(stage.writable_length(), 15u);
  EXPECT_LE(stage.readable_length(), 15u);
  EXPECT_LE(source.asked, 9);
  sink.answer_all();
  EXPECT_EQ(sink.received.size(), 500u);
}

// A pipeline of three stages, the one named `fails` failing at its second chunk.
struct Line {
  explicit Line(string fails)
      : source(ticks,
               fails == "source" ? std::vector<string>{"aaaa", "aaaa", kFails}
                                 : std::vector<string>(3, "aaaa"),
               4),
        stage(ticks, 4,
              [this, fails](const Chunk& chunk) -> std::variant<Chunk, Error> {
                if (fails == "stage" && ++steps == 2) return Error("stage", "boom");
                return chunk;
              }),
        sink(ticks, 4) {
    log_events(log, "source", source);
    log_ends(log, "source", source);
    log_ends(log, "stage", stage);
    log_events(log, "sink", sink);
    log_ends(log, "sink", sink);
    ticks.run([&] {
      pipeline(source, {&stage}, sink, [this](std::optional<Error> error) {
        log.push_back(error ? string("done: ") + error->what() : "done");
      });
    });
    for (int i = 1; sink.pending(); ++i) {
      if (fails == "sink" && i == 2)
        sink.answer(Error("sink", "boom"));
      else
        sink.answer();
    }
  }

  Ticks ticks;
  Log log;
  int steps = 0;
  ListSource source;
  Mapper stage;
  HandSink sink;
};

TEST(Pipeline, ClosesEveryStageInTurnAndThenCallsBackOnce) {
  Line line("none");
  EXPECT_EQ(line.log, (Log{"source.end", "source.close", "stage.close", "sink.finish",
                           "sink.close", "done"}));
}

TEST(Pipeline, AFailingSourceDestroysTheOthers) {
  Line line("source");
  EXPECT_EQ(line.log, (Log{"source.error", "source.close", "stage.error", "stage.close",
                           "sink.error", "sink.close", "done: source: boom"}));
}

TEST(Pipeline, AFailingStageDestroysTheOthers) {
  Line line("stage");
  EXPECT_EQ(line.log, (Log{"stage.error", "stage.close", "source.error", "source.close",
                           "sink.error", "sink.close", "done: stage: boom"}));
}

TEST(Pipeline, AFailingSinkDestroysTheOthersThatAreNotYetComplete) {
  Line line("sink");
  EXPECT_TRUE(line.source.closed());
  EXPECT_TRUE(line.stage.closed());
  EXPECT_TRUE(line.sink.closed());
  EXPECT_EQ(line.log.back(), "done: sink: boom");
  EXPECT_EQ(std::count(line.log.begin(), line.log.end(), "done: sink: boom"), 1);
}

TEST(Pipeline, AStageThatClosesTooEarlyIsAnErrorForTheOthers) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(9, "12345"));
  HandSink sink(ticks, 5);
  string outcome;
  ticks.run([&] {
    pipeline(source, {}, sink,
             [&](std::optional<Error> error) { outcome = error ? error->what() : "ok"; });
  });
  ticks.run([&] { sink.destroy(); });
  EXPECT_EQ(outcome, "pipeline: premature close");
  EXPECT_TRUE(source.closed());
}

// As Node counts them for 3000 chunks and a mark of four.
TEST(Pipe, PausesOncePerMarkOver3000Chunks) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(3000, string(64, 'x')), 64);
  HandSink sink(ticks, 256);
  int pauses = 0, drains = 0, resumes = 0;
  source.on_pause([&] { ++pauses; });
  source.on_resume([&] { ++resumes; });
  sink.on_drain([&] { ++drains; });
  ticks.run([&] { pipe(source, sink); });
  sink.answer_all();
  EXPECT_EQ(pauses, 750);
  EXPECT_EQ(drains, 749);
  EXPECT_EQ(resumes, 750);
}

// Random chunk sizes, marks, and moments at which the sink answers: whatever they are,
// the bytes arrive whole and in order, and the queue stays under the mark and one chunk.
TEST(Pipeline, KeepsBytesAndBoundsForRandomChunks) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto up_to = [&](unsigned most) { return 1 + random() % most; };
    std::vector<string> chunks(up_to(40));
    string all;
    std::size_t largest = 0;
    for (string& chunk : chunks) {
      chunk.assign(up_to(50), static_cast<char>('a' + random() % 26));
      largest = std::max(largest, chunk.size());
      all += chunk;
    }
    Ticks ticks;
    const std::size_t mark = up_to(100);
    ListSource source(ticks, chunks, up_to(100));
    Mapper stage(ticks, up_to(100), [](const Chunk& chunk) { return chunk; });
    HandSink sink(ticks, mark, random() % 4 == 0);
    int calls = 0;
    ticks.run([&] {
      pipeline(source, {&stage}, sink,
               [&](std::optional<Error> error) { calls += error ? 100 : 1; });
    });
    sink.answer_all();
    ASSERT_EQ(sink.received, all);
    ASSERT_LT(sink.peak, mark + largest);
    ASSERT_EQ(calls, 1);
    ASSERT_TRUE(source.closed() && stage.closed() && sink.closed());
  }
}

}  // namespace
