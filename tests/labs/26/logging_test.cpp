#include "logging.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/ostream_sink.h>

#include <future>
#include <latch>
#include <limits>
#include <random>
#include <semaphore>
#include <sstream>
#include <stdexcept>

#include "support/finishes.hpp"

namespace lab26 {
namespace {

using namespace std::chrono_literals;
using lab::test::finishes;
using testing::ElementsAre;
using testing::IsEmpty;

// Keeps what it gets, once it is flushed.
class Kept : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return flushed_;
  }
  int flushes() {
    const std::lock_guard lock(mutex_);
    return flushes_;
  }
  bool has_lines() const { return has_lines_; }  // flushed or not
  void fail(bool fails) {
    const std::lock_guard lock(mutex_);
    fails_ = fails;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    waiting_.emplace_back(message.payload.data(), message.payload.size());
    has_lines_ = true;
  }
  void flush_() override {
    ++flushes_;
    const auto lines = std::exchange(waiting_, {});
    if (fails_) throw spdlog::spdlog_ex("the disk is full");
    flushed_.insert(flushed_.end(), lines.begin(), lines.end());
  }

 private:
  std::vector<std::string> waiting_, flushed_;
  std::atomic<bool> has_lines_ = false;
  bool fails_ = false;
  int flushes_ = 0;
};

// Its first flush lasts until it is released.
class Slow : public Kept {
 public:
  std::latch begins{1}, released{1};

 protected:
  void flush_() override {
    if (first_) {
      first_ = false;
      begins.count_down();
      released.wait();
    }
    Kept::flush_();
  }

 private:
  bool first_ = true;
};

LogOptions at_one(LogOptions options = {}) {
  options.now = [] { return 1ms; };
  return options;
}
LogOptions direct() {
  return at_one({.queue_bytes = 0});
}

std::string one_line(std::string_view message, Fields fields, LogOptions options = {}) {
  const auto sink = std::make_shared<Kept>();
  options.queue_bytes = 0;
  Logger(std::vector<spdlog::sink_ptr>{sink}, at_one(options))
      .log(Level::info, message, fields);
  return sink->lines().at(0);
}

std::string numbered(int n) {
  return fmt::format(R"({{"level":30,"time":1,"n":{},"msg":"x"}})", n);
}
std::string gap(int count) {
  return fmt::format(
      R"({{"level":40,"time":1,"dropped":{},"msg":"log lines were dropped"}})", count);
}

// --- a line ---

TEST(LogLine, IsOneJsonObjectWithItsFieldsInOrder) {
  EXPECT_EQ(
      one_line("paid", {{"route", "/pay"}, {"ms", 12}, {"cached", false}}),
      R"({"level":30,"time":1,"route":"/pay","ms":12,"cached":false,"msg":"paid"})");
  EXPECT_EQ(one_line("", {}), R"({"level":30,"time":1,"msg":""})");
}

TEST(LogLine, WritesEachKindOfValue) {
  const Json nested = {{"id", 7}, {"tags", {"a", nullptr}}};
  EXPECT_EQ(one_line("x", {{"i", std::numeric_limits<std::int64_t>::min()},
                           {"u", std::numeric_limits<std::uint64_t>::max()},
                           {"half", 0.5},
                           {"one", 1.0F},
                           {"nan", std::numeric_limits<double>::quiet_NaN()},
                           {"inf", std::numeric_limits<double>::infinity()},
                           {"yes", true},
                           {"text", std::string("t")},
                           {"json", nested}}),
            R"({"level":30,"time":1,"i":-9223372036854775808,"u":18446744073709551615,)"
            R"("half":0.5,"one":1,"nan":null,"inf":null,"yes":true,"text":"t",)"
            R"("json":{"id":7,"tags":["a",null]},"msg":"x"})");
}

TEST(LogLine, CannotBeEndedOrLeftByWhatItHolds) {
  EXPECT_EQ(one_line("a\n{\"level\":50}", {{"b\"c", "d\\\r"}}),
            "{\"level\":30,\"time\":1,\"b\\\"c\":\"d\\\\\\r\","
            "\"msg\":\"a\\n{\\\"level\\\":50}\"}");
  EXPECT_EQ(one_line("\x1f~\x7f ", {}),
            "{\"level\":30,\"time\":1,\"msg\":\"\\u001f~\x7f \"}");
}

TEST(LogLine, EscapesATextOfNothingElse) {
  EXPECT_EQ(one_line("\\", {{"q", "\""}, {"n", "\n"}}),
            R"({"level":30,"time":1,"q":"\"","n":"\n","msg":"\\"})");
}

TEST(LogLine, IsJsonWhateverBytesComeIn) {
  std::mt19937 random(26);
  const auto bytes = [&] {
    std::string text(random() % 20, ' ');
    for (char& byte : text) byte = static_cast<char>(random());
    return text;
  };
  for (int i = 0; i < 2'000; ++i) {
    const std::string message = bytes(), name = bytes(), value = bytes();
    const std::string line = one_line(message, {{name, value}});
    EXPECT_EQ(line.find('\n'), line.npos);
    EXPECT_TRUE(Json::accept(line)) << line;
  }
  EXPECT_EQ(one_line("\xff", {}), "{\"level\":30,\"time\":1,\"msg\":\"\xEF\xBF\xBD\"}");
  EXPECT_EQ(one_line("zo\xC3\xAB", {}),
            "{\"level\":30,\"time\":1,\"msg\":\"zo\xC3\xAB\"}");
}

TEST(LogLine, NeverHoldsWhatARedactedPathLeadsTo) {
  const Json user = {{"name", "ann"}, {"pin", 1234}};
  EXPECT_EQ(one_line("x", {{"password", "s3cret"}, {"user", user}, {"n", 1}},
                     {.redact = {"password", "user.pin"}}),
            R"({"level":30,"time":1,"password":"[Redacted]",)"
            R"("user":{"name":"ann","pin":"[Redacted]"},"n":1,"msg":"x"})");
}

TEST(LogLine, HasTheTimeOfItsClockOrOfTheSystem) {
  const auto sink = std::make_shared<Kept>();
  Logger log({sink}, {.queue_bytes = 0});
  const auto now = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const auto before = now();
  log.log(Level::info, "x");
  const auto time = Json::parse(sink->lines().at(0)).at("time").get<long>();
  EXPECT_GE(time, before);
  EXPECT_LE(time, now());
}

// --- levels ---

TEST(Logger, WritesItsLevelAndAbove) {
  const auto sink = std::make_shared<Kept>();
  Logger log({sink}, direct());
  for (const Level level : {Level::trace, Level::debug, Level::info, Level::warn,
                            Level::error, Level::fatal}) {
    log.log(level, "x");
  }
  EXPECT_THAT(sink->lines(), ElementsAre(R"({"level":30,"time":1,"msg":"x"})",
                                         R"({"level":40,"time":1,"msg":"x"})",
                                         R"({"level":50,"time":1,"msg":"x"})",
                                         R"({"level":60,"time":1,"msg":"x"})"));
  log.set_level(Level::fatal);
  EXPECT_FALSE(log.enabled(Level::error));
  log.log(Level::error, "x");
  log.set_level(Level::trace);
  log.log(Level::trace, "y");
  EXPECT_EQ(sink->lines().size(), 5u);
  EXPECT_EQ(sink->lines().back(), R"({"level":10,"time":1,"msg":"y"})");
}

TEST(Logger, GivesEachSinkItsOwnLevels) {
  for (const std::size_t queue : {0, 1'000}) {
    const auto all = std::make_shared<Kept>(), errors = std::make_shared<Kept>();
    errors->set_level(spdlog::level::err);
    {
      Logger log({all, errors}, at_one({.queue_bytes = queue}));
      log.log(Level::warn, "w");
      log.log(Level::error, "e");
    }
    EXPECT_EQ(all->lines().size(), 2u);
    EXPECT_THAT(errors->lines(), ElementsAre(R"({"level":50,"time":1,"msg":"e"})"));
  }
}

TEST(Logger, WritesWholeLinesToAnySinkOfSpdlog) {
  std::ostringstream text;
  Logger log({std::make_shared<spdlog::sinks::ostream_sink_mt>(text)}, direct());
  log.log(Level::info, "x");
  EXPECT_EQ(text.str(), "{\"level\":30,\"time\":1,\"msg\":\"x\"}\n");
}

// --- the context ---

TEST(Context, IsInEachLineOfItsThreadUntilItsScopeEnds) {
  const auto sink = std::make_shared<Kept>();
  LogOptions options = direct();
  options.redact = {"token"};
  Logger log({sink}, options);
  {
    const Scope request(log.with({{"requestId", "r-7"}}));
    log.log(Level::info, "a");
    {
      const Scope step(log.with({{"step", 2}, {"token", "secret"}}));
      log.log(Level::info, "b", {{"n", 1}});
    }
    log.log(Level::info, "c");
    std::thread([&] { log.log(Level::info, "elsewhere"); }).join();
    std::thread([&log, taken = current_context()] {
      const Scope same(taken);
      log.log(Level::info, "carried");
    }).join();
  }
  log.log(Level::info, "after");
  EXPECT_EQ(current_context(), nullptr);
  EXPECT_THAT(sink->lines(),
              ElementsAre(R"({"level":30,"time":1,"requestId":"r-7","msg":"a"})",
                          R"({"level":30,"time":1,"requestId":"r-7","step":2,)"
                          R"("token":"[Redacted]","n":1,"msg":"b"})",
                          R"({"level":30,"time":1,"requestId":"r-7","msg":"c"})",
                          R"({"level":30,"time":1,"msg":"elsewhere"})",
                          R"({"level":30,"time":1,"requestId":"r-7","msg":"carried"})",
                          R"({"level":30,"time":1,"msg":"after"})"));
}

// --- the queue ---

void log_numbers(Logger& log, int from, int to) {
  for (int n = from; n < to; ++n) log.log(Level::info, "x", {{"n", n}});
}
const std::size_t kTen = 10 * numbered(0).size();  // a queue of ten lines

TEST(LoggersQueue, WritesAllThatWaitsWhenTheLoggerGoes) {
  finishes("the destructor writes what waits", [] {
    const auto sink = std::make_shared<Kept>();
    {
      Logger log({sink}, at_one({.gather_bytes = 1'000, .gather_for = 1h}));
      log_numbers(log, 0, 3);
      EXPECT_THAT(sink->lines(), IsEmpty());
    }
    EXPECT_THAT(sink->lines(), ElementsAre(numbered(0), numbered(1), numbered(2)));
    EXPECT_EQ(sink->flushes(), 1);
  });
}

TEST(LoggersQueue, IsWrittenWhenSomebodyFlushes) {
  finishes("flush() waits until all is written", [] {
    const auto sink = std::make_shared<Kept>();
    Logger log({sink}, at_one({.gather_bytes = 1'000, .gather_for = 1h}));
    log_numbers(log, 0, 2);
    EXPECT_TRUE(log.flush(20s));
    EXPECT_THAT(sink->lines(), ElementsAre(numbered(0), numbered(1)));
    EXPECT_TRUE(log.flush(20s));
    EXPECT_EQ(sink->lines().size(), 2u);
  });
}

TEST(LoggersQueue, IsWrittenWhenEnoughHasBeenGathered) {
  finishes("lines are written once there are enough", [] {
    const auto sink = std::make_shared<Slow>();
    Logger log({sink}, at_one({.gather_bytes = 3 * numbered(0).size(),
                               .gather_for = std::chrono::nanoseconds::max()}));
    log_numbers(log, 0, 2);
    EXPECT_EQ(sink->flushes(), 0);
    log_numbers(log, 2, 3);
    sink->begins.wait();
    sink->released.count_down();
    EXPECT_TRUE(log.flush(20s));
    EXPECT_EQ(sink->lines().size(), 3u);
  });
}

TEST(LoggersQueue, IsWrittenAfterAWhileHoweverFewWait) {
  finishes("lines wait for gather_for at most", [] {
    const auto sink = std::make_shared<Slow>();
    Logger log({sink}, at_one({.gather_bytes = 1'000, .gather_for = 1ms}));
    sink->released.count_down();
    log_numbers(log, 0, 1);
    while (sink->lines().empty()) std::this_thread::yield();
  });
}

TEST(LoggersQueue, FlushGivesUpOnASinkThatDoesNotEnd) {
  finishes("flush() has a deadline", [] {
    const auto sink = std::make_shared<Slow>();
    Logger log({sink}, at_one());
    log_numbers(log, 0, 1);
    sink->begins.wait();
    EXPECT_FALSE(log.flush(1ms));
    sink->released.count_down();
    EXPECT_TRUE(log.flush(20s));
  });
}

TEST(LoggersQueue, AFatalLineIsWrittenBeforeTheCallReturns) {
  finishes("fatal waits for its line", [] {
    const auto sink = std::make_shared<Kept>();
    Logger log({sink}, at_one({.gather_bytes = 1'000, .gather_for = 1h}));
    log.log(Level::error, "before");
    EXPECT_THAT(sink->lines(), IsEmpty());
    log.log(Level::fatal, "the end");
    EXPECT_EQ(sink->lines().size(), 2u);
  });
}

TEST(LoggersQueue, AFatalLineNeitherHangsNorIsDroppedWhenTheQueueIsFull) {
  for (const WhenFull policy : {WhenFull::block, WhenFull::drop_newest}) {
    finishes("fatal waits for a while only", [policy] {
      const auto sink = std::make_shared<Slow>();
      Logger log({sink}, at_one({.queue_bytes = kTen, .when_full = policy}));
      log_numbers(log, 0, 1);
      sink->begins.wait();  // and for as long as this test wants, the sink is stuck
      log_numbers(log, 0, 10);
      auto fatal = std::async(std::launch::async, [&] { log.log(Level::fatal, "end"); });
      EXPECT_EQ(fatal.wait_for(15s), std::future_status::ready);
      sink->released.count_down();
      fatal.get();
      EXPECT_TRUE(log.flush(20s));
      EXPECT_EQ(log.dropped(), 0u);
      EXPECT_EQ(sink->lines().back(), R"({"level":60,"time":1,"msg":"end"})");
    });
  }
}

// The sink sleeps over the first line, so that the others meet a queue of ten.
std::vector<std::string> flooded(WhenFull policy, int lines, std::uint64_t& dropped) {
  const auto sink = std::make_shared<Slow>();
  Logger log({sink}, at_one({.queue_bytes = kTen, .when_full = policy}));
  log_numbers(log, 0, 1);
  sink->begins.wait();
  log_numbers(log, 1, lines);
  sink->released.count_down();
  EXPECT_TRUE(log.flush(20s));
  dropped = log.dropped();
  return sink->lines();
}

TEST(LoggersQueue, TellsOfTheOldestThatItDroppedWhereTheyAreMissing) {
  finishes("a gap is told", [] {
    std::uint64_t dropped = 0;
    const auto lines = flooded(WhenFull::drop_oldest, 11 + 3, dropped);
    EXPECT_EQ(dropped, 4u);  // lines 10 to 13 are a byte longer: nine fit
    ASSERT_EQ(lines.size(), 1u + 1 + 9);
    EXPECT_EQ(lines[0], numbered(0));
    EXPECT_EQ(lines[1], gap(4));
    EXPECT_EQ(lines.back(), numbered(13));
  });
}

TEST(LoggersQueue, TellsOfTheNewestThatItDroppedAfterTheOthers) {
  finishes("a gap is told", [] {
    std::uint64_t dropped = 0;
    const auto lines = flooded(WhenFull::drop_newest, 10 + 3, dropped);
    EXPECT_EQ(dropped, 3u);
    ASSERT_EQ(lines.size(), 1u + 9 + 1);
    EXPECT_EQ(lines[9], numbered(9));
    EXPECT_EQ(lines[10], gap(3));
  });
}

TEST(LoggersQueue, HoldsTheCallerIfItMayNotDrop) {
  finishes("a blocked caller goes on", [] {
    const auto sink = std::make_shared<Slow>();
    Logger log({sink}, at_one({.queue_bytes = kTen,
                               .when_full = WhenFull::block,
                               .gather_bytes = 1,
                               .gather_for = 1h}));
    log_numbers(log, 0, 1);
    sink->begins.wait();
    auto caller = std::async(std::launch::async, [&] { log_numbers(log, 1, 100); });
    EXPECT_EQ(caller.wait_for(20ms), std::future_status::timeout);
    sink->released.count_down();
    caller.get();
    EXPECT_TRUE(log.flush(20s));
    EXPECT_EQ(sink->lines().size(), 100u);
    EXPECT_EQ(log.dropped(), 0u);
  });
}

TEST(LoggersQueue, LetsTheCallerGoOnAsSoonAsThereIsRoom) {
  finishes("a held caller does not wait for the write", [] {
    // Each flush of it takes a permit.
    struct Gated : Kept {
      std::counting_semaphore<> permits{0};
      void flush_() override {
        permits.acquire();
        Kept::flush_();
      }
    };
    const auto sink = std::make_shared<Gated>();
    Logger log({sink}, at_one({.queue_bytes = 10 * numbered(10).size(),
                               .when_full = WhenFull::block,
                               .gather_for = 1h}));
    log_numbers(log, 10, 11);
    while (!sink->has_lines()) std::this_thread::yield();  // the writer is in its flush
    log_numbers(log, 11, 21);
    auto held = std::async(std::launch::async, [&] { log_numbers(log, 21, 22); });
    EXPECT_EQ(held.wait_for(20ms), std::future_status::timeout);
    sink->permits.release();
    held.get();  // while the second flush waits
    sink->permits.release(100);
    EXPECT_TRUE(log.flush(20s));
    EXPECT_EQ(sink->lines().size(), 12u);
  });
}

TEST(LoggersQueue, LeavesItsSinksAloneWhileThereIsNothingToDo) {
  finishes("flush() returns", [] {
    const auto sink = std::make_shared<Kept>();
    Logger log({sink}, at_one({.gather_for = 1h}));
    for (int i = 0; i < 200; ++i) EXPECT_TRUE(log.flush(20s));
    EXPECT_EQ(sink->flushes(), 200);
  });
}

// Two lines that do not fit together, and neither is what the writer gathers for.
TEST(LoggersQueue, DoesNotGatherForEverWhatFindsNoRoom) {
  finishes("a caller that is held wakes the writer", [] {
    const auto sink = std::make_shared<Kept>();
    Logger log({sink}, at_one({.queue_bytes = 100,
                               .when_full = WhenFull::block,
                               .gather_bytes = 100,
                               .gather_for = 1h}));
    log.log(Level::info, std::string(40, 'a'));
    log.log(Level::info, std::string(40, 'b'));
    EXPECT_TRUE(log.flush(20s));
    EXPECT_EQ(sink->lines().size(), 2u);
  });
}

TEST(LoggersQueue, ShowsItsBytesToTheObserver) {
  finishes("the observer is called", [] {
    std::vector<std::size_t> seen;
    {
      Logger log({std::make_shared<Kept>()},
                 at_one({.gather_bytes = 1'000,
                         .gather_for = 1h,
                         .on_queue = [&](std::size_t bytes) { seen.push_back(bytes); }}));
      log_numbers(log, 0, 2);
    }
    const std::size_t one = numbered(0).size();
    EXPECT_THAT(seen, ElementsAre(one, 2 * one, 0u));
  });
}

TEST(LoggersQueue, KeepsEachThreadsOrderAndLosesNothing) {
  finishes("many threads log at once", [] {
    const auto sink = std::make_shared<Kept>();
    {
      Logger log({sink}, at_one({.queue_bytes = 500, .when_full = WhenFull::block}));
      std::vector<std::thread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&log, t] {
          for (int n = 0; n < 500; ++n) {
            log.log(Level::info, "x", {{"thread", t}, {"n", n}});
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    std::vector<int> next(4);
    for (const std::string& text : sink->lines()) {
      const Json line = Json::parse(text);
      EXPECT_EQ(line["n"], next[line["thread"]]++);
    }
    EXPECT_THAT(next, ElementsAre(500, 500, 500, 500));
  });
}

// --- failures ---

TEST(Logger, TellsOfLinesThatASinkLostOnceItWorksAgain) {
  for (const std::size_t queue : {0, 1'000}) {
    const auto disk = std::make_shared<Kept>(), other = std::make_shared<Kept>();
    other->set_level(spdlog::level::err);
    Logger log({disk, other}, at_one({.queue_bytes = queue}));
    disk->fail(true);
    log.log(Level::info, "lost");
    EXPECT_TRUE(log.flush(20s));
    log.log(Level::error, "lost");
    EXPECT_TRUE(log.flush(20s));
    EXPECT_EQ(log.dropped(), 2u);
    disk->fail(false);
    log_numbers(log, 0, 1);
    EXPECT_TRUE(log.flush(20s));
    log_numbers(log, 1, 2);
    EXPECT_TRUE(log.flush(20s));
    EXPECT_THAT(disk->lines(), ElementsAre(gap(2), numbered(0), numbered(1)));
    EXPECT_THAT(other->lines(), ElementsAre(R"({"level":50,"time":1,"msg":"lost"})"));
  }
}

// Throws at some lines, as a file does that cannot take them.
class Choosy : public Kept {
 public:
  std::string refuses = "bad";

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    if (text.find(refuses) != text.npos) throw spdlog::spdlog_ex("a short write");
    Kept::sink_it_(message);
  }
};

TEST(Logger, LosesOnlyTheLinesThatASinkThrowsAtAndTellsWhereTheyAreMissing) {
  const auto sink = std::make_shared<Choosy>();
  Logger log({sink}, at_one({.gather_bytes = 1'000, .gather_for = 1h}));
  log_numbers(log, 0, 1);
  log.log(Level::info, "bad");
  log.log(Level::info, "bad");
  log_numbers(log, 1, 3);
  log.log(Level::info, "bad");
  EXPECT_TRUE(log.flush(20s));
  EXPECT_EQ(log.dropped(), 3u);
  EXPECT_THAT(sink->lines(),
              ElementsAre(numbered(0), gap(1), gap(1), numbered(1), numbered(2), gap(1)));
}

TEST(Logger, CountsEachLineThatASinkLosesOnce) {
  const auto sink = std::make_shared<Choosy>();
  Logger log({sink}, at_one({.gather_bytes = 1'000, .gather_for = 1h}));
  sink->fail(true);
  log_numbers(log, 0, 2);
  log.log(Level::info, "bad");
  log_numbers(log, 2, 3);
  EXPECT_TRUE(log.flush(20s));
  EXPECT_EQ(log.dropped(), 4u);
  sink->fail(false);
  sink->refuses = "msg";  // not even a gap can be told
  log_numbers(log, 3, 5);
  EXPECT_TRUE(log.flush(20s));
  EXPECT_EQ(log.dropped(), 6u);
  sink->refuses = "bad";
  log_numbers(log, 5, 6);
  EXPECT_TRUE(log.flush(20s));
  EXPECT_EQ(log.dropped(), 6u);
  EXPECT_THAT(sink->lines(), ElementsAre(gap(6), numbered(5)));
}

TEST(Logger, RefusesToGatherMoreThanItsQueueHolds) {
  EXPECT_THROW(Logger({}, {.queue_bytes = 10, .gather_bytes = 11}),
               std::invalid_argument);
  EXPECT_NO_THROW(Logger({}, {.queue_bytes = 10, .gather_bytes = 10}));
  EXPECT_THROW(Logger({}, {.redact = {"a..b"}}), std::invalid_argument);
}

}  // namespace
}  // namespace lab26
