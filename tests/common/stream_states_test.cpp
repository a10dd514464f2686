// An operation meets a stream in every state it can be in: opening, ended, finished,
// failed, destroyed, half-closed, paused by somebody else. (All of them beside Node's:
// tests/conformance/04_streams_test.cpp.)
#include <gtest/gtest.h>

#include "memory_streams.hpp"

using namespace lab;
using std::string;

namespace {

using Log = std::vector<string>;

void log_all(Log& log, const string& name, Stream& stream) {
  const auto says = [&](const char* event) {
    return [&log, line = name + "." + event](const auto&...) { log.push_back(line); };
  };
  if (auto* source = dynamic_cast<Readable*>(&stream)) {
    source->on_end(says("end"));
    source->on_pause(says("pause"));
    source->on_resume(says("resume"));
  }
  if (auto* sink = dynamic_cast<Writable*>(&stream)) sink->on_finish(says("finish"));
  stream.on_error(says("error"));
  stream.on_close(says("close"));
}

// A source and a sink that open, and give back what they hold, when the test says so.
class Opens : public Duplex {
 public:
  explicit Opens(Ticks& ticks, std::size_t mark = 4, DuplexOptions options = {})
      : Stream(ticks), Duplex(ticks, mark, options) {
    opening();
  }
  using Readable::push;
  using Readable::push_end;
  using Stream::opened;
  int asked = 0;
  string written;
  Done released;

 private:
  void read_more() override { ++asked; }
  void write_chunk(Chunk chunk, Done done) override {
    written += chunk.view();
    done({});
  }
  void release(Done done) override { released = std::move(done); }
};

class Open : public Opens {
 public:
  explicit Open(Ticks& ticks, DuplexOptions options = {})
      : Stream(ticks), Opens(ticks, 4, options) {
    ticks.run([this] { opened(); });
  }
};

TEST(Opening, NothingIsReadOrWrittenOrFinishedBeforeItIsOver) {
  Ticks ticks;
  Opens stream(ticks);
  Log log;
  log_all(log, "s", stream);
  ticks.run([&] {
    stream.resume();
    EXPECT_TRUE(stream.write(Chunk("abc")));
    stream.end();
  });
  EXPECT_EQ(stream.asked, 0);
  EXPECT_EQ(stream.written, "");
  EXPECT_EQ(log, Log{"s.resume"});
  ticks.run([&] { stream.opened(); });
  EXPECT_EQ(stream.asked, 1);
  EXPECT_EQ(stream.written, "abc");
  EXPECT_EQ(log, (Log{"s.resume", "s.finish"}));
}

TEST(Opening, AStreamThatNobodyAskedDoesNothingWhenItIsOver) {
  Ticks ticks;
  Opens stream(ticks);
  ticks.run([&] { stream.opened(); });
  EXPECT_EQ(stream.asked, 0);
  EXPECT_FALSE(stream.finished());
  EXPECT_FALSE(stream.destroyed());
}

TEST(Opening, WhatIsDestroyedMeanwhileIsReleasedOnceItIsOpen) {
  Ticks ticks;
  Opens stream(ticks);
  Log log;
  log_all(log, "s", stream);
  ticks.run([&] { stream.destroy(); });
  EXPECT_FALSE(stream.released);
  ticks.run([&] { stream.opened(); });
  ASSERT_TRUE(stream.released);
  EXPECT_EQ(log, Log{});
  ticks.run([&] { stream.released({}); });
  EXPECT_EQ(log, Log{"s.close"});
}

TEST(Opening, ThatFailsIsToldToWhoeverDestroyedItMeanwhile) {
  Ticks ticks;
  for (const bool with_reason : {false, true}) {
    Opens stream(ticks);
    Log log;
    stream.on_error([&](const Error& error) { log.push_back(error.what()); });
    ticks.run([&] {
      stream.destroy(with_reason ? std::optional(Error("mine", "x")) : std::nullopt);
    });
    ticks.run([&] { stream.opened(Error("open", "no")); });
    ticks.run([&] { stream.released({}); });
    EXPECT_EQ(log, Log{with_reason ? "mine: x" : "open: no"});
    EXPECT_TRUE(stream.closed());
  }
}

TEST(Opening, ThatFailsDestroysTheStream) {
  Ticks ticks;
  Opens stream(ticks);
  ticks.run([&] { stream.opened(Error("open", "no")); });
  EXPECT_TRUE(stream.destroyed());
  EXPECT_STREQ(stream.error()->what(), "open: no");
}

TEST(Stream, ClosesOnlyOnceWhatItHeldIsReleasedAndTellsIfThatFailed) {
  Ticks ticks;
  Open stream(ticks);
  Log log;
  log_all(log, "s", stream);
  ticks.run([&] { stream.destroy(); });
  EXPECT_FALSE(stream.closed());
  EXPECT_EQ(log, Log{});
  ticks.run([&] { stream.released(Error("close", "no")); });
  EXPECT_EQ(log, (Log{"s.error", "s.close"}));
  EXPECT_STREQ(stream.error()->what(), "close: no");
}

TEST(Writable, ADestroyedOneDropsWhatItHasNotBegunToWrite) {
  Ticks ticks;
  HandSink sink(ticks);
  (void)sink.write(Chunk("ab"));
  (void)sink.write(Chunk("cde"));
  ticks.run([&] { sink.destroy(); });
  EXPECT_EQ(sink.writable_length(), 5u);  // the first write is still under way
  sink.answer();
  EXPECT_EQ(sink.writable_length(), 0u);
  EXPECT_EQ(sink.received, "ab");
}

TEST(Writable, AWriteThatFailsAtOnceIsToldInATickAndStopsTheCaller) {
  class Fails : public Writable {
   public:
    explicit Fails(Ticks& ticks) : Stream(ticks), Writable(ticks, 10) {}
    int asked = 0;

   private:
    void write_chunk(Chunk, Done done) override {
      ++asked;
      done(Error("write", "no"));
    }
  };
  Ticks ticks;
  Fails sink(ticks);
  Log log;
  log_all(log, "s", sink);
  ticks.run([&] {
    EXPECT_FALSE(sink.write(Chunk("a")));
    EXPECT_FALSE(sink.destroyed());
    EXPECT_FALSE(sink.write(Chunk("b")));
    sink.end();
  });
  EXPECT_EQ(sink.asked, 1);
  EXPECT_EQ(log, (Log{"s.error", "s.close"}));
}

TEST(Duplex, APushToAStreamThatIsNotReadIsOneAfterTheEnd) {
  Ticks ticks;
  Open stream(ticks, kOnlyWrites);
  ticks.run([&] { EXPECT_FALSE(stream.push(Chunk("x"))); });
  ASSERT_TRUE(stream.error());
  EXPECT_STREQ(stream.error()->what(), "push: after end");
}

TEST(Duplex, AWriteToAStreamThatIsNotWrittenIsOneAfterTheEnd) {
  Ticks ticks;
  Open stream(ticks, kOnlyReads);
  ticks.run([&] { EXPECT_FALSE(stream.write(Chunk("x"))); });
  ASSERT_TRUE(stream.error());
  EXPECT_STREQ(stream.error()->what(), "write: after end");
}

TEST(Readable, HandsOverWhatItKeptUntilItIsClosed) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  ticks.run([&] { source.push(Chunk("ab")); });
  Log log;
  log_all(log, "s", source);
  ticks.run([&] {
    source.on_data([&](const Chunk& chunk) { log.emplace_back(chunk.view()); });
    source.destroy();
  });
  EXPECT_EQ(log, (Log{"s.resume", "ab", "s.close"}));
}

TEST(Readable, BytesThatAreKeptAreTextFromTheCallOn) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  ticks.run([&] {
    source.push(Chunk("a\xe2"));
    source.push(Chunk("\x82"));
  });
  source.set_encoding_utf8();
  EXPECT_EQ(source.readable_length(), 1u);
  string got;
  ticks.run([&] { source.on_data([&](const Chunk& chunk) { got += chunk.view(); }); });
  ticks.run([&] { source.push(Chunk("\xac!")); });
  EXPECT_EQ(got, "a\xe2\x82\xac!");
}

TEST(Pipe, FromASourceThatHasEndedFinishesTheSink) {
  Ticks ticks;
  ListSource source(ticks, {});
  HandSink sink(ticks);
  ticks.run([&] { source.resume(); });
  ASSERT_TRUE(source.ended());
  ticks.run([&] { pipe(source, sink); });
  EXPECT_TRUE(sink.finished());
}

TEST(Pipe, ASinkThatIsEndedByHandIsLetGoAndTheNextChunkIsKept) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  PassThrough stage(ticks, 16);
  ticks.run([&] { pipe(source, stage); });
  ticks.run([&] { stage.end(); });
  EXPECT_TRUE(source.paused());
  ticks.run([&] { source.push(Chunk("late")); });
  EXPECT_EQ(source.readable_length(), 4u);
  EXPECT_FALSE(stage.destroyed());  // its other direction is still open
}

TEST(Pipe, ADrainThatOthersCausedDoesNotWakeAPausedSource) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  HandSink sink(ticks, 4);
  ticks.run([&] { pipe(source, sink); });
  EXPECT_FALSE(sink.write(Chunk("by others")));
  source.pause();
  sink.answer();
  EXPECT_TRUE(source.paused());
}

TEST(Pipe, WithItsLastSinkGoneTheSourceIsPausedWhoeverElseListens) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  HandSink sink(ticks), second(ticks);
  ticks.run([&] {
    source.on_data([](const Chunk&) {});
    pipe(source, sink);
    pipe(source, second);
  });
  ticks.run([&] { sink.destroy(); });
  EXPECT_TRUE(source.flowing());
  ticks.run([&] { second.destroy(); });
  EXPECT_TRUE(source.paused());
}

TEST(Pipe, ASinkThatWasFullBeforeHoldsTheSourceBackFromTheStart) {
  Ticks ticks;
  ListSource source(ticks, {"ab"});
  HandSink sink(ticks, 4);
  EXPECT_FALSE(sink.write(Chunk("full")));
  ticks.run([&] { pipe(source, sink); });
  EXPECT_TRUE(source.paused());
  EXPECT_EQ(sink.writable_length(), 4u);
  sink.answer_all();
  EXPECT_EQ(sink.received, "fullab");
}

// It said false, and will never drain.
TEST(Pipe, ASinkThatFailedAtOnceDoesNotHoldBackTheNextOne) {
  class FailsAtOnce : public Writable {
   public:
    explicit FailsAtOnce(Ticks& ticks) : Stream(ticks), Writable(ticks, 4) {}

   private:
    void write_chunk(Chunk, Done done) override { done(Error("sink", "boom")); }
  };
  Ticks ticks;
  ListSource source(ticks, {"ab", "cd"});
  FailsAtOnce first(ticks);
  HandSink next(ticks, 4);
  ticks.run([&] { pipe(source, first); });
  EXPECT_TRUE(source.paused());
  EXPECT_FALSE(next.write(Chunk("full")));
  ticks.run([&] { pipe(source, next); });
  next.answer_all();
  EXPECT_EQ(next.received, "fullcd");
}

TEST(Transform, ThatEndsItsOutputByItselfStopsASourceWithoutEnd) {
  class FirstTwo : public Transform {
   public:
    explicit FirstTwo(Ticks& ticks) : Stream(ticks), Transform(ticks, 4) {}

   private:
    void transform(const Chunk& chunk, Done done) override {
      push(chunk);
      if (++passed_ == 2) push_end();
      done({});
    }
    int passed_ = 0;
  };
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(1000, "ab"), 4);
  FirstTwo stage(ticks);
  string got;
  ticks.run([&] {
    pipe(source, stage);
    stage.on_data([&](const Chunk& chunk) { got += chunk.view(); });
  });
  EXPECT_EQ(got, "abab");
  EXPECT_LT(source.asked, 10);
  EXPECT_TRUE(source.paused());
}

// --- finished() and pipeline() ---

struct Told {
  std::vector<string> calls;
  Done done() {
    return [this](std::optional<Error> error) {
      calls.push_back(error ? error->what() : "done");
    };
  }
};

TEST(Finished, ComesWithTheCloseOfASink) {
  Ticks ticks;
  HandSink sink(ticks);
  Told told;
  finished(sink, Side::both, told.done());
  ticks.run([&] { sink.end(); });
  EXPECT_EQ(told.calls, Log{"done"});
}

TEST(Finished, OfOneDirectionDoesNotWaitForTheOther) {
  Ticks ticks;
  Open stream(ticks);
  Told reads, writes, both;
  finished(stream, Side::reads, reads.done());
  finished(stream, Side::writes, writes.done());
  finished(stream, Side::both, both.done());
  ticks.run([&] { stream.end(); });
  EXPECT_EQ(writes.calls, Log{"done"});
  EXPECT_EQ(reads.calls, Log{});
  ticks.run([&] {
    stream.resume();
    stream.push_end();
  });
  EXPECT_EQ(reads.calls, Log{"done"});
  EXPECT_EQ(both.calls, Log{});  // it is about to close
  ticks.run([&] { stream.released({}); });
  EXPECT_EQ(both.calls, Log{"done"});
}

TEST(Finished, TellsWhatHappenedBeforeSomebodyAsked) {
  Ticks ticks;
  HandSink ended(ticks), failed(ticks), left(ticks);
  ticks.run([&] {
    ended.end();
    failed.destroy(Error("sink", "boom"));
    left.destroy();
  });
  Told told;
  ticks.run([&] {
    for (HandSink* sink : {&ended, &failed, &left})
      finished(*sink, Side::both, told.done());
    EXPECT_EQ(told.calls, Log{});
  });
  EXPECT_EQ(told.calls, (Log{"done", "sink: boom", "pipeline: premature close"}));
}

TEST(Finished, OfADirectionThatIsOverComesAtOnceThoughTheOtherGoesOn) {
  Ticks ticks;
  Open stream(ticks);
  ticks.run([&] { stream.end(); });
  Told writes, reads;
  ticks.run([&] {
    finished(stream, Side::writes, writes.done());
    finished(stream, Side::reads, reads.done());
  });
  EXPECT_EQ(writes.calls, Log{"done"});
  EXPECT_EQ(reads.calls, Log{});
}

// One stage is in a state before the pipeline is made: which call comes, and what is left.
class Before : public testing::TestWithParam<int> {};

TEST_P(Before, APipelineCallsBackOnceAndClosesTheOtherStages) {
  for (const string state : {"destroyed", "failed", "closing"}) {
    SCOPED_TRACE(state);
    Ticks ticks;
    ListSource source(ticks, std::vector<string>(9, "abcd"), 4);
    PassThrough stage(ticks, 4);
    HandSink sink(ticks, 4);
    Stream* const all[] = {&source, &stage, &sink};
    Stream& one = *all[GetParam()];
    const auto leave = [&] {
      one.destroy(state == "failed" ? std::optional(Error("one", "boom")) : std::nullopt);
    };
    if (state != "closing") ticks.run(leave);
    Told told;
    ticks.run([&] {
      if (state == "closing") leave();
      pipeline(source, {&stage}, sink, told.done());
    });
    sink.answer_all();
    EXPECT_EQ(told.calls,
              Log{state == "failed" ? "one: boom" : "pipeline: premature close"});
    for (Stream* each : all) EXPECT_TRUE(each->closed());
  }
}
INSTANTIATE_TEST_SUITE_P(EachStage, Before, testing::Values(0, 1, 2));

TEST(Pipeline, FromASourceThatHasEndedIsDone) {
  Ticks ticks;
  ListSource source(ticks, {});
  HandSink sink(ticks);
  ticks.run([&] { source.resume(); });
  Told told;
  ticks.run([&] { pipeline(source, {}, sink, told.done()); });
  EXPECT_EQ(told.calls, Log{"done"});
  EXPECT_TRUE(sink.finished() && sink.closed());
}

// Both let go of the pipe: the source's end in a tick, and the sink's failure before it.
TEST(Pipeline, FromASourceThatHasEndedIntoASinkThatIsFailingLetsGoOnce) {
  Ticks ticks;
  ListSource source(ticks, {});
  HandSink sink(ticks);
  ticks.run([&] { source.resume(); });
  Told told;
  ticks.run([&] {
    sink.destroy(Error("sink", "boom"));
    pipeline(source, {}, sink, told.done());
  });
  EXPECT_EQ(told.calls, Log{"sink: boom"});
  EXPECT_EQ(source.pipes.sinks.size(), 0u);
  EXPECT_TRUE(source.pipes.awaited.empty());
}

// As Node 20 does: it looks like a sink that is done with all that it was sent.
TEST(Pipeline, IntoASinkThatHasFinishedWaitsForEver) {
  Ticks ticks;
  ListSource source(ticks, std::vector<string>(9, "abcd"), 4);
  HandSink sink(ticks);
  ticks.run([&] { sink.end(); });
  Told told;
  ticks.run([&] { pipeline(source, {}, sink, told.done()); });
  EXPECT_EQ(told.calls, Log{});
  EXPECT_TRUE(source.paused());
  EXPECT_FALSE(source.closed());
}

TEST(Pipeline, LeavesTheOtherDirectionOfItsEndsOpen) {
  Ticks ticks;
  Open from(ticks), to(ticks);
  Told told;
  ticks.run([&] { pipeline(from, {}, to, told.done()); });
  ticks.run([&] {
    from.push(Chunk("ab"));
    from.push_end();
  });
  EXPECT_EQ(told.calls, Log{"done"});
  EXPECT_EQ(to.written, "ab");
  EXPECT_FALSE(from.destroyed());
  EXPECT_FALSE(to.destroyed());
}

TEST(Pipeline, AnErrorIsToldAndNotThatAnotherStageClosed) {
  Ticks ticks;
  ListSource source(ticks, {});
  source.answers = false;
  HandSink sink(ticks);
  Told told;
  ticks.run([&] { pipeline(source, {}, sink, told.done()); });
  ticks.run([&] {
    source.destroy(Error("source", "boom"));
    sink.destroy();
  });
  EXPECT_EQ(told.calls, Log{"source: boom"});
}

}  // namespace
