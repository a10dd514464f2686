// The rules of the emitter, each with both of its sides.
#include "event_emitter.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lab30 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Event<> ping{"ping"};
constexpr Event<> pong{"pong"};
constexpr Event<int> number{"number"};
constexpr Event<std::string&> letter{"letter"};

class EventEmitterTest : public ::testing::Test {
 protected:
  auto says(std::string what) {
    return [this, what] { log.push_back(what); };
  }
  EventEmitter emitter;
  std::vector<std::string> log;
};

std::exception_ptr problem(const char* what) {
  return std::make_exception_ptr(std::runtime_error(what));
}

TEST_F(EventEmitterTest, CallsListenersInTheOrderInWhichTheyWereAdded) {
  emitter.on(ping, says("first"));
  emitter.on(ping, says("second"));
  emitter.prepend(ping, says("in front"));
  EXPECT_TRUE(emitter.emit(ping));
  EXPECT_THAT(log, ElementsAre("in front", "first", "second"));
}

TEST_F(EventEmitterTest, SaysFalseWhenNobodyListens) {
  EXPECT_FALSE(emitter.emit(ping));
  const auto listening = emitter.on(ping, says("ping"));
  EXPECT_FALSE(emitter.emit(pong));
  EXPECT_TRUE(emitter.emit(ping));
  emitter.off(ping, listening);
  EXPECT_FALSE(emitter.emit(ping));
}

TEST_F(EventEmitterTest, HandsOverArgumentsAndReferencesAsThemselves) {
  int seen = 0;
  emitter.on(number, [&](int value) { seen = value; });
  emitter.emit(number, 7);
  EXPECT_EQ(seen, 7);
  emitter.on(letter, [](std::string& text) { text += "!"; });
  std::string text = "hello";
  emitter.emit(letter, text);
  EXPECT_EQ(text, "hello!");
}

TEST_F(EventEmitterTest, KnowsEventsByTheirAddressNotByTheirName) {
  static constexpr Event<> namesake{"ping"};
  emitter.on(namesake, says("namesake"));
  EXPECT_FALSE(emitter.emit(ping));
}

TEST_F(EventEmitterTest, KeepsTheStateOfAListenerThroughChangesDuringAnEmit) {
  int last = 0;
  emitter.on(number, [&, count = 0](int) mutable { last = ++count; });
  emitter.on(number, [&](int value) {
    if (value == 0) emitter.on(number, [](int) {});  // the list is copied here
  });
  emitter.emit(number, 0);
  emitter.emit(number, 1);
  EXPECT_EQ(last, 2);
}

// ---- once

TEST_F(EventEmitterTest, CallsAOnceListenerOnceAndInItsPlace) {
  emitter.on(ping, says("always"));
  emitter.once(ping, says("once"));
  emitter.prepend_once(ping, says("once, in front"));
  emitter.emit(ping);
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("once, in front", "always", "once", "always"));
}

TEST_F(EventEmitterTest, RemovesAOnceListenerBeforeItCallsIt) {
  emitter.once(ping, [&] {
    log.push_back("once");
    EXPECT_EQ(emitter.listener_count(ping), 0u);
    emitter.emit(ping);
  });
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("once"));
}

TEST_F(EventEmitterTest, CallsAOnceListenerOnceThoughTwoEmitsHoldIt) {
  bool inside = false;
  emitter.on(ping, [&] {
    if (!std::exchange(inside, true)) emitter.emit(ping);
  });
  emitter.once(ping, says("once"));
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("once"));
}

TEST_F(EventEmitterTest, RemovesAOnceListenerThatWasNeverCalled) {
  const auto listening = emitter.once(ping, says("once"));
  emitter.off(ping, listening);
  EXPECT_FALSE(emitter.emit(ping));
  EXPECT_THAT(log, IsEmpty());
}

// ---- off

TEST_F(EventEmitterTest, RemovesTheLastOfAListenerThatIsThereTwice) {
  const auto twice = listener<>(says("twice"));
  emitter.on(ping, twice);
  emitter.on(ping, says("between"));
  emitter.on(ping, twice);
  emitter.off(ping, twice);
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("twice", "between"));
}

TEST_F(EventEmitterTest, RemovingAStrangerChangesNothing) {
  emitter.on(ping, says("here"));
  emitter.off(ping, listener<>(says("stranger")));
  emitter.off(pong, listener<>(says("stranger")));
  EXPECT_EQ(emitter.listener_count(ping), 1u);
}

TEST_F(EventEmitterTest, RemovesAllOfOneEventOrAll) {
  for (const auto* event : {&ping, &pong}) {
    emitter.on(*event, says("1"));
    emitter.on(*event, says("2"));
  }
  emitter.off_all(ping);
  EXPECT_THAT(emitter.event_names(), ElementsAre("pong"));
  emitter.off_all();
  EXPECT_THAT(emitter.event_names(), IsEmpty());
}

// ---- changes while it emits

TEST_F(EventEmitterTest, AnEmitCallsThoseWhoListenedWhenItBegan) {
  Listener<> second;
  emitter.on(ping, [&] {
    log.push_back("f");
    emitter.off(ping, second);
    emitter.on(ping, says("h"));
  });
  second = emitter.on(ping, says("g"));
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("f", "g"));
  log.clear();
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("f", "h"));
}

TEST_F(EventEmitterTest, AListenerThatRemovesItselfHidesNobody) {
  Listener<> self;
  self = emitter.on(ping, [&] { emitter.off(ping, self); });
  emitter.on(ping, says("behind it"));
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("behind it"));
}

TEST_F(EventEmitterTest, AnEmitInsideAListenerComesFirst) {
  emitter.on(ping, [&] {
    log.push_back("start");
    emitter.emit(pong);
    log.push_back("end");
  });
  emitter.on(pong, says("pong"));
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("start", "pong", "end"));
}

TEST_F(EventEmitterTest, AListenerThatIsRemovedMayEndTheSubscriptionsThatItHolds) {
  Listener<> holder;
  const auto add_holder = [&] {
    auto one = std::make_shared<Subscription>(emitter.subscribe(pong, says("pong")));
    auto two = std::make_shared<Subscription>(emitter.subscribe(number, [](int) {}));
    holder = emitter.on(ping, [one, two] {});
  };
  for (const auto& take_off : std::vector<std::function<void()>>{
           [&] { emitter.off_all(); }, [&] { emitter.off_all(ping); },
           [&] { emitter.off(ping, std::exchange(holder, nullptr)); }}) {
    add_holder();
    add_holder();
    take_off();
    holder.reset();
    emitter.off_all(ping);
    EXPECT_THAT(emitter.event_names(), IsEmpty());
  }
}

TEST_F(EventEmitterTest, DestroysItsListenersWhenItGoes) {
  const auto held = std::make_shared<int>();
  {
    EventEmitter mortal;
    mortal.once(ping, [held] {});
    EXPECT_GT(held.use_count(), 1);
  }
  EXPECT_EQ(held.use_count(), 1);
}

// ---- errors

TEST_F(EventEmitterTest, ThrowsAnErrorThatNobodyListensTo) {
  try {
    emitter.emit(error, problem("lost"));
    FAIL();
  } catch (const std::runtime_error& lost) {
    EXPECT_STREQ(lost.what(), "lost");
  }
  EXPECT_THROW(emitter.emit(error, nullptr), UnhandledError);
}

TEST_F(EventEmitterTest, GivesAnErrorToItsListener) {
  emitter.on(error, [&](const std::exception_ptr&) { log.push_back("told"); });
  EXPECT_TRUE(emitter.emit(error, problem("told")));
  EXPECT_THAT(log, ElementsAre("told"));
}

TEST_F(EventEmitterTest, WhatAListenerThrowsComesOutOfEmitAndStopsIt) {
  emitter.on(ping, [] { throw std::runtime_error("broken"); });
  emitter.on(ping, says("behind it"));
  EXPECT_THROW(emitter.emit(ping), std::runtime_error);
  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(emitter.listener_count(ping), 2u);
}

TEST_F(EventEmitterTest, AMonitorSeesAnErrorFirstAndDoesNotHandleIt) {
  emitter.on(error_monitor, [&](const std::exception_ptr&) { log.push_back("seen"); });
  EXPECT_THROW(emitter.emit(error, problem("lost")), std::runtime_error);
  emitter.on(error, [&](const std::exception_ptr&) { log.push_back("heard"); });
  EXPECT_TRUE(emitter.emit(error, problem("told")));
  EXPECT_THAT(log, ElementsAre("seen", "seen", "heard"));
  EXPECT_FALSE(emitter.emit(ping)) << "only errors are monitored";
}

// ---- the emitter goes while it emits

TEST(MortalEmitter, GoesOnWithThoseThatListenedWhenItIsDestroyedInItsEmit) {
  auto emitter = std::make_unique<EventEmitter>();
  std::vector<std::string> log;
  emitter->on(ping, [&] { emitter.reset(); });
  emitter->on(ping, [&, text = std::string(100, 'x')] { log.push_back(text); });
  emitter->once(ping, [&] { log.emplace_back("once"); });
  const auto subscription = emitter->subscribe(ping, [&] { log.emplace_back("owner"); });
  const auto async = [&] {
    log.emplace_back("async");
    const Promise promise;
    promise.fulfill();
    return promise;
  };
  emitter->on(ping, async);
  EXPECT_TRUE(emitter->emit(ping));
  EXPECT_THAT(log, ElementsAre(std::string(100, 'x'), "once", "owner", "async"));
}

TEST(MortalEmitter, StillGivesAnErrorToItsListenerWhenAMonitorDestroysIt) {
  auto emitter = std::make_unique<EventEmitter>();
  int heard = 0;
  emitter->on(error_monitor, [&](const std::exception_ptr&) { emitter.reset(); });
  emitter->on(error, [&](const std::exception_ptr&) { ++heard; });
  EXPECT_TRUE(emitter->emit(error, problem("last")));
  EXPECT_EQ(heard, 1);
}

TEST(MortalEmitter, ASubscriptionMayOutliveIt) {
  auto emitter = std::make_unique<EventEmitter>();
  auto subscription = emitter->subscribe(ping, [] {});
  emitter.reset();
  subscription.end();
}

// ---- async listeners

class AsyncListener : public ::testing::Test {
 protected:
  AsyncListener() {
    Promise::on_unhandled = [this](const std::exception_ptr& reason) {
      log.push_back("unhandled " + text(reason));
    };
    emitter->on(number, [this](int) {
      promises.emplace_back();
      return promises.back();
    });
  }
  ~AsyncListener() override {
    Promise::on_unhandled = [](const std::exception_ptr&) {};
    promises.clear();
  }

  static std::string text(const std::exception_ptr& reason) {
    try {
      std::rethrow_exception(reason);
    } catch (const std::exception& exception) {
      return exception.what();
    }
  }
  static Promise rejected(const char* what) {
    const Promise promise;
    promise.reject(problem(what));
    return promise;
  }
  void hear_errors() {
    emitter->on(error, [this](const std::exception_ptr& reason) {
      log.push_back("error " + text(reason));
    });
  }
  // The stack is empty: what was queued runs.
  void next_ticks() {
    for (const auto& tick : std::exchange(ticks, {})) tick();
  }

  std::vector<std::string> log;
  std::vector<Promise> promises;
  std::vector<std::function<void()>> ticks;
  EmitterOptions captures{.capture_rejections = [this](std::function<void()> call) {
    ticks.push_back(std::move(call));
  }};
  std::unique_ptr<EventEmitter> emitter = std::make_unique<EventEmitter>(captures);
};

TEST_F(AsyncListener, IsNotWaitedFor) {
  hear_errors();
  EXPECT_TRUE(emitter->emit(number, 1));
  EXPECT_THAT(log, IsEmpty());
  promises[0].fulfill();
  promises[0].reject(problem("settled already"));
  EXPECT_THAT(ticks, IsEmpty());
}

TEST_F(AsyncListener, ItsRejectionIsCapturedAsAnErrorOnAnEmptyStack) {
  hear_errors();
  emitter->emit(number, 1);
  promises[0].reject(problem("late"));
  EXPECT_THAT(log, IsEmpty());
  next_ticks();
  EXPECT_THAT(log, ElementsAre("error late"));
  promises.clear();
  EXPECT_EQ(log.size(), 1u) << "captured is handled";
}

TEST_F(AsyncListener, ItsRejectionIsUnhandledIfNothingIsCaptured) {
  EventEmitter plain;
  plain.on(error, [&](const std::exception_ptr&) { log.emplace_back("error"); });
  plain.on(ping, [] { return rejected("lost"); });
  plain.emit(ping);
  EXPECT_THAT(log, ElementsAre("unhandled lost"));
}

TEST_F(AsyncListener, ACapturedErrorThatNobodyHearsIsThrownThere) {
  emitter->on(ping, [] { return rejected("unheard"); });
  emitter->emit(ping);
  EXPECT_THROW(next_ticks(), std::runtime_error);
  hear_errors();
  emitter->emit(ping);
  next_ticks();
  EXPECT_THAT(log, ElementsAre("error unheard")) << "the next one is captured as before";
}

TEST_F(AsyncListener, AnErrorListenerThatRejectsHearsACapturedOneOnceAndNoMore) {
  emitter->on(error, [this](const std::exception_ptr& reason) {
    log.push_back("error " + text(reason));
    return rejected("again");
  });
  emitter->on(ping, [] { return rejected("first"); });
  emitter->emit(ping);
  for (int i = 0; i < 10; ++i) next_ticks();
  EXPECT_THAT(log, ElementsAre("error first", "unhandled again"));
  log.clear();
  emitter->emit(error, problem("emitted"));  // not a captured one: its rejection is
  for (int i = 0; i < 10; ++i) next_ticks();
  EXPECT_THAT(log, ElementsAre("error emitted", "error again", "unhandled again"));
}

TEST_F(AsyncListener, IsCapturedWhenItListensOnceOrThroughASubscriptionOrToErrors) {
  hear_errors();
  emitter->once(ping, [] { return rejected("once"); });
  const auto owned = emitter->subscribe(ping, [] { return rejected("owned"); });
  emitter->on(error_monitor, [&, first = true](const std::exception_ptr&) mutable {
    return std::exchange(first, false) ? rejected("monitor") : Promise::none();
  });
  emitter->emit(ping);
  emitter->emit(error, problem("emitted"));
  for (int i = 0; i < 3; ++i) next_ticks();
  EXPECT_THAT(log,
              ElementsAre("error emitted", "error once", "error owned", "error monitor"));
}

TEST_F(AsyncListener, OnePromiseThatTwoEmitsReturnedIsTwoErrors) {
  hear_errors();
  const Promise shared;
  emitter->on(ping, [shared] { return shared; });
  emitter->emit(ping);
  emitter->emit(ping);
  shared.reject(problem("both"));
  emitter->emit(ping);
  next_ticks();
  EXPECT_THAT(log, ElementsAre("error both", "error both", "error both"));
}

TEST_F(AsyncListener, ARejectionThatFindsItsEmitterGoneIsUnhandled) {
  hear_errors();
  emitter->emit(number, 1);
  promises[0].reject(problem("late"));
  emitter.reset();
  next_ticks();
  EXPECT_THAT(log, ElementsAre("unhandled late"));
}

TEST(PromiseDeathTest, AnUnhandledRejectionEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Promise().reject(problem("nobody")), "");
}

// ---- too many listeners

class ListenerLimit : public ::testing::Test {
 protected:
  void add(int listeners) {
    for (int i = 0; i < listeners; ++i) emitter.on(ping, [] {});
  }
  std::vector<LeakWarning> warnings;
  EventEmitter emitter{{.on_warning = [this](const LeakWarning& warning) {
    warnings.push_back(warning);
  }}};
};

TEST_F(ListenerLimit, WarnsAtTheEleventhAndOnlyThen) {
  add(10);
  EXPECT_THAT(warnings, IsEmpty());
  add(1);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].event, "ping");
  EXPECT_EQ(warnings[0].listeners, 11u);
  EXPECT_EQ(warnings[0].limit, 10u);
  add(100);
  EXPECT_EQ(warnings.size(), 1u);
}

TEST_F(ListenerLimit, CountsEachEventAlone) {
  add(10);
  emitter.on(pong, [] {});
  EXPECT_THAT(warnings, IsEmpty());
}

// As Node, which forgets the warning with the list: one listener alone is no list there.
TEST_F(ListenerLimit, WarnsAgainOnlyOnceAllButOneHaveGone) {
  const auto same = listener<>([] {});
  const auto keep = [&](int listeners) {
    for (int i = 0; i < 11 - listeners; ++i) emitter.off(ping, same);
  };
  const auto fill = [&](int listeners) {
    for (int i = 0; i < 11 - listeners; ++i) emitter.on(ping, same);
  };
  fill(0);
  ASSERT_EQ(warnings.size(), 1u);
  keep(2), fill(2);
  EXPECT_EQ(warnings.size(), 1u);
  keep(1), fill(1);
  EXPECT_EQ(warnings.size(), 2u);
}

TEST_F(ListenerLimit, IsMovedOrTakenAway) {
  emitter.set_max_listeners(0);
  add(100);
  EXPECT_THAT(warnings, IsEmpty());
  emitter.set_max_listeners(101);
  add(1);
  EXPECT_THAT(warnings, IsEmpty());
  add(1);
  EXPECT_EQ(warnings.size(), 1u);
}

TEST_F(ListenerLimit, NamesTheLineThatAddedEach) {
  add(11);
  ASSERT_EQ(warnings.size(), 1u);
  ASSERT_EQ(warnings[0].added_at.size(), 11u);
  EXPECT_THAT(std::string(warnings[0].added_at[10].file),
              testing::EndsWith("event_emitter_test.cpp"));
  EXPECT_EQ(warnings[0].added_at[10].line, warnings[0].added_at[0].line);
  EXPECT_GT(warnings[0].added_at[0].line, 0u);
}

// ---- subscriptions

TEST_F(EventEmitterTest, ASubscriptionEndsWithItsObject) {
  {
    const auto subscription = emitter.subscribe(ping, says("heard"));
    emitter.emit(ping);
  }
  EXPECT_FALSE(emitter.emit(ping));
  EXPECT_THAT(log, ElementsAre("heard"));
}

TEST_F(EventEmitterTest, AnEndedSubscriptionIsNotCalledEvenByAnEmitInProgress) {
  std::optional<Subscription> later;
  emitter.on(ping, [&] { later.reset(); });
  later = emitter.subscribe(ping, says("too late"));
  emitter.emit(ping);
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(EventEmitterTest, ASubscriptionMayEndItself) {
  std::optional<Subscription> self;
  self = emitter.subscribe(ping, [&, text = std::string(100, 'x')] {
    self.reset();
    log.push_back(text.substr(0, 1));  // what it captured is still there
  });
  emitter.emit(ping);
  EXPECT_FALSE(emitter.emit(ping));
  EXPECT_THAT(log, ElementsAre("x"));
}

TEST_F(EventEmitterTest, ASubscriptionMoves) {
  Subscription kept;
  {
    auto made = emitter.subscribe(ping, says("1"));
    kept = std::move(made);
  }
  emitter.emit(ping);
  kept = emitter.subscribe(ping, says("2"));  // the first one ends here
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("1", "2"));
}

}  // namespace
}  // namespace lab30
