// The loop that knows what to do with an error nobody caught; its promises; the bank.
#include "uncaught.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "support/own_run.hpp"
#include "world/bank.hpp"
#include "world/crash_report.hpp"

namespace lab08 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

[[noreturn]] void boom() {
  throw std::runtime_error("x");
}
Error an_error() {
  return std::make_exception_ptr(std::runtime_error("x"));
}

struct RuntimeTest : testing::Test {
  Job says(const char* what) {
    return [this, what] { log.emplace_back(what); };
  }
  void handle_all() {
    node.on_uncaught = [this](const Error&, Origin origin) {
      log.emplace_back(name(origin));
    };
  }
  void handle_rejections() {
    node.on_unhandled = [this](const Error&) { log.emplace_back("unhandled"); };
    node.on_handled_late = says("handled late");
  }

  Runtime node;
  std::vector<std::string> log;
};

TEST_F(RuntimeTest, EndsWithZeroWhenNothingIsLeftToDo) {
  EXPECT_EQ(node.run([&] { node.set_timeout(says("later"), 1); }), 0);
  EXPECT_THAT(log, ElementsAre("later"));
}

TEST_F(RuntimeTest, RunsNothingAfterAnErrorThatNobodyCaught) {
  EXPECT_EQ(node.run([&] {
    node.next_tick(says("tick"));
    node.set_immediate(says("immediate"));
    boom();
  }),
            1);
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(RuntimeTest, GoesOnIfAHandlerTookTheError) {
  handle_all();
  EXPECT_EQ(node.run([&] {
    node.set_immediate(says("immediate"));
    boom();
  }),
            0);
  EXPECT_THAT(log, ElementsAre("uncaughtException", "immediate"));
}

TEST_F(RuntimeTest, EndsWithSevenIfItsHandlerThrows) {
  node.on_uncaught = [](const Error&, Origin) { boom(); };
  EXPECT_EQ(node.run([&] {
    node.set_immediate(says("immediate"));
    boom();
  }),
            7);
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(RuntimeTest, TellsTheMonitorAndEndsAllTheSame) {
  node.on_monitor = [&](const Error&, Origin origin) { log.emplace_back(name(origin)); };
  EXPECT_EQ(node.run(boom), 1);
  EXPECT_THAT(log, ElementsAre("uncaughtException"));
}

TEST_F(RuntimeTest, EndsWithSevenIfItsMonitorThrows) {
  node.on_monitor = [](const Error&, Origin) { boom(); };
  EXPECT_EQ(node.run([&] { node.set_timeout(boom, 1); }), 7);
}

TEST_F(RuntimeTest, AWarningThatThrowsIsAnErrorLikeAnother) {
  Runtime warns(Rejections::warn);
  warns.on_warning = [](const Error&) { boom(); };
  EXPECT_EQ(warns.run([&] { Promise::rejected(warns, an_error()); }), 1);
}

TEST_F(RuntimeTest, TellsNothingMoreOnceItHasEnded) {
  node.on_unhandled = [](const Error&) {};
  node.on_handled_late = [this] {
    log.emplace_back("handled late");
    boom();
  };
  EXPECT_EQ(node.run([&] {
    const auto one = Promise::rejected(node, an_error());
    const auto other = Promise::rejected(node, an_error());
    node.set_immediate([=] {
      for (Promise late : {one, other}) late.or_else([](const Error&) {});
    });
  }),
            1);
  EXPECT_THAT(log, ElementsAre("handled late"));
}

TEST_F(RuntimeTest, AChainThatTheEndCutsOffIsFreed) {
  const auto held = std::make_shared<int>(0);
  EXPECT_EQ(node.run([&] {
    Promise::async(node, boom).or_else([](const Error&) {}).or_else([held](const Error&) {
    });
    boom();
  }),
            1);
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(RuntimeTest, TakesWhatIsThrownInATickAMicrotaskAndAnImmediate) {
  handle_all();
  node.run([&] {
    node.next_tick(boom);
    node.microtask(boom);
    node.set_immediate(boom);
  });
  EXPECT_EQ(log.size(), 3u);
}

TEST_F(RuntimeTest, KeepsTheFirstExitCode) {
  EXPECT_EQ(node.run([&] {
    node.exit(3);
    boom();
  }),
            3);
}

TEST_F(RuntimeTest, ARejectionThatIsHandledInItsTurnIsNeverTold) {
  handle_rejections();
  node.run([&] {
    const auto promise = Promise::rejected(node, an_error());
    node.next_tick([&, promise] {
      node.microtask([&, promise] {
        Promise(promise).or_else([&](const Error&) { log.emplace_back("handled"); });
      });
    });
  });
  EXPECT_THAT(log, ElementsAre("handled"));
}

TEST_F(RuntimeTest, ARejectionThatIsHandledByATickOfAMicrotaskIsNeverTold) {
  handle_rejections();
  node.run([&] {
    const auto promise = Promise::rejected(node, an_error());
    node.microtask([&, promise] {
      node.next_tick([promise] { Promise(promise).or_else([](const Error&) {}); });
    });
  });
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(RuntimeTest, ARejectionIsToldAtTheEndOfItsTurnAfterTicksAndMicrotasks) {
  handle_rejections();
  node.run([&] {
    Promise::rejected(node, an_error());
    node.set_immediate(says("immediate"));
    node.microtask(says("microtask"));
    node.next_tick(says("tick"));
  });
  EXPECT_THAT(log, ElementsAre("tick", "microtask", "unhandled", "immediate"));
}

TEST_F(RuntimeTest, AHandlerThatComesLateIsToldOnce) {
  handle_rejections();
  node.run([&] {
    const auto promise = Promise::rejected(node, an_error());
    node.set_immediate([&, promise] {
      Promise(promise).or_else([](const Error&) {});
      Promise(promise).or_else([](const Error&) {});
    });
  });
  EXPECT_THAT(log, ElementsAre("unhandled", "handled late"));
}

TEST_F(RuntimeTest, EachUnhandledRejectionIsToldOnItsOwn) {
  handle_rejections();
  node.run([&] {
    Promise::rejected(node, an_error());
    Promise::rejected(node, an_error());
  });
  EXPECT_THAT(log, ElementsAre("unhandled", "unhandled"));
}

TEST_F(RuntimeTest, AHandlerThatTakesOverALaterOneOfItsBatchIsTooLateForIt) {
  std::optional<Promise> second;
  node.on_unhandled = [&](const Error&) {
    log.emplace_back("unhandled");
    second->or_else([](const Error&) {});
  };
  node.on_handled_late = says("handled late");
  node.run([&] {
    Promise::rejected(node, an_error());
    second = Promise::rejected(node, an_error());
  });
  EXPECT_THAT(log, ElementsAre("unhandled", "unhandled"));
}

TEST_F(RuntimeTest, AHandlerThatTakesOverAnEarlierOneOfItsBatchIsToldSo) {
  std::optional<Promise> first;
  node.on_unhandled = [&, calls = 0](const Error&) mutable {
    log.emplace_back("unhandled");
    if (++calls == 2) first->or_else([](const Error&) {});
  };
  node.on_handled_late = says("handled late");
  node.run([&] {
    first = Promise::rejected(node, an_error());
    Promise::rejected(node, an_error());
  });
  EXPECT_THAT(log, ElementsAre("unhandled", "unhandled", "handled late"));
}

TEST_F(RuntimeTest, AHandlerThatThrowsTakesTheRestOfItsBatchWithIt) {
  handle_all();
  node.on_unhandled = [&](const Error&) {
    log.emplace_back("unhandled");
    node.next_tick(says("tick"));
    boom();
  };
  node.run([&] {
    Promise::rejected(node, an_error());
    Promise::rejected(node, an_error());
    node.set_immediate(says("immediate"));
  });
  EXPECT_THAT(log, ElementsAre("unhandled", "uncaughtException", "tick", "immediate"));
}

TEST_F(RuntimeTest, AHandlerThatRejectsIsToldOfThatToo) {
  node.on_unhandled = [&, calls = 0](const Error&) mutable {
    log.emplace_back("unhandled");
    if (++calls < 3) Promise::rejected(node, an_error());
  };
  EXPECT_EQ(node.run([&] { Promise::rejected(node, an_error()); }), 0);
  EXPECT_THAT(log, ElementsAre("unhandled", "unhandled", "unhandled"));
}

TEST_F(RuntimeTest, ARejectionEndsItUnlessItShallOnlyWarn) {
  const auto rejects = [](Runtime& runtime) {
    return runtime.run([&] { Promise::rejected(runtime, an_error()); });
  };
  EXPECT_EQ(rejects(node), 1);
  Runtime warns(Rejections::warn);
  int warnings = 0;
  warns.on_warning = [&](const Error&) { ++warnings; };
  EXPECT_EQ(rejects(warns), 0);
  EXPECT_EQ(warnings, 1);
}

TEST_F(RuntimeTest, AnUnhandledRejectionReachesTheLastResortWithItsOrigin) {
  handle_all();
  EXPECT_EQ(node.run([&] { Promise::rejected(node, an_error()); }), 0);
  EXPECT_THAT(log, ElementsAre("unhandledRejection"));
}

TEST_F(RuntimeTest, AnErrorGoesDownAChainUntilSomebodyTakesIt) {
  handle_rejections();
  node.run([&] {
    Promise::async(node, boom)
        .or_else([&](const Error& error) {
          log.emplace_back("first");
          std::rethrow_exception(error);
        })
        .or_else([&](const Error&) { log.emplace_back("second"); })
        .or_else([&](const Error&) { log.emplace_back("never"); });
  });
  EXPECT_THAT(log, ElementsAre("first", "second"));
}

TEST_F(RuntimeTest, AnAsyncCallThatSucceedsCallsNobody) {
  handle_rejections();
  node.run([&] {
    Promise::async(node, [] {}).or_else([&](const Error&) { log.emplace_back("no"); });
  });
  EXPECT_THAT(log, IsEmpty());
}

struct BankTest : testing::Test {
  // Two transfers, the first fails; the error is swallowed.
  bool second_is_accepted(Bank& bank) {
    bool accepted = false;
    node.on_uncaught = [](const Error&, Origin) {};
    node.run([&] {
      bank.transfer(30, true);
      node.set_timeout([&] { accepted = bank.transfer(10); }, 5);
    });
    return accepted;
  }
  Runtime node;
};

TEST_F(BankTest, CarelessLosesMoneyAndItsLock) {
  Bank bank(node, Care::careless);
  EXPECT_FALSE(second_is_accepted(bank));
  EXPECT_EQ(bank.sum(), 170);
  EXPECT_TRUE(bank.locked());
}

TEST_F(BankTest, CarefulKeepsBothAndServesTheNext) {
  Bank bank(node, Care::careful);
  EXPECT_TRUE(second_is_accepted(bank));
  EXPECT_EQ(bank.sum(), 200);
  EXPECT_FALSE(bank.locked());
}

TEST_F(BankTest, RefusesASecondTransferWhileOneIsUnderWay) {
  for (const Care care : {Care::careless, Care::careful}) {
    Runtime one;
    Bank bank(one, care);
    one.run([&] {
      EXPECT_TRUE(bank.transfer(1));
      EXPECT_FALSE(bank.transfer(1));
    });
    EXPECT_EQ(bank.sum(), 200);
    EXPECT_FALSE(bank.locked());
  }
}

TEST(Log, AddsLinesAndSurvivesAFileThatCannotBeWritten) {
  const lab::test::TempFolder folder;
  const std::string path = folder.path() + "/log";
  log_at_once(path, "one");
  log_at_once(path, "two");
  log_at_once(folder.path() + "/not/there", "three");
  std::ostringstream all;
  all << std::ifstream(path).rdbuf();
  EXPECT_EQ(all.str(), "one\ntwo\n");
}

TEST(CrashReportDeathTest, TellsWhatWasThrownAndEndsWithItsCode) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const lab::test::TempFolder folder;
  EXPECT_EXIT(
      {
        report_crashes("/proc/self/fd/2", 70);
        []() noexcept { boom(); }();
      },
      testing::ExitedWithCode(70), "terminate: x");
}

}  // namespace
}  // namespace lab08
