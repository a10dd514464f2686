// The rules of the emitter, each with both of its sides.
#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "event_emitter.hpp"

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
  ListenerRef<> second;
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
  ListenerRef<> self;
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

TEST_F(EventEmitterTest, AListenerMayDestroyTheEmitter) {
  auto mortal = std::make_unique<EventEmitter>();
  mortal->on(ping, [&] { mortal.reset(); });
  mortal->once(ping, says("once, and still called"));
  EXPECT_TRUE(mortal->emit(ping));
  EXPECT_FALSE(mortal);
  EXPECT_THAT(log, ElementsAre("once, and still called"));
}

TEST_F(EventEmitterTest, DestroysItsListenersWhenItGoes) {
  const auto held = std::make_shared<int>();
  {
    EventEmitter mortal;
    mortal.once(ping, [held] {});
    mortal.on(ping, [held]() -> Promise { return {}; });
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

TEST_F(EventEmitterTest, AMonitorSeesErrorsAndHandlesNone) {
  emitter.on(error_monitor, [&](const std::exception_ptr&) { log.push_back("seen"); });
  EXPECT_THROW(emitter.emit(error, problem("lost")), std::runtime_error);
  EXPECT_THAT(log, ElementsAre("seen"));
}

TEST_F(EventEmitterTest, WhatAListenerThrowsComesOutOfEmitAndStopsIt) {
  emitter.on(ping, [] { throw std::runtime_error("broken"); });
  emitter.on(ping, says("behind it"));
  EXPECT_THROW(emitter.emit(ping), std::runtime_error);
  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(emitter.listener_count(ping), 2u);
}

// ---- asynchronous listeners

class AsyncListener : public EventEmitterTest {
 protected:
  void run_later() {
    for (const auto& call : std::exchange(queue, {})) call();
  }
  std::vector<std::function<void()>> queue;
  EventEmitter capturing{{.capture_rejections = [this](std::function<void()> call) {
    queue.push_back(std::move(call));
  }}};
  Promise answer;
};

TEST_F(AsyncListener, IsNotWaitedFor) {
  capturing.on(ping, [&] {
    log.push_back("start");
    return answer;
  });
  capturing.emit(ping);
  log.push_back("after");
  answer.fulfill();
  run_later();
  EXPECT_THAT(log, ElementsAre("start", "after"));
}

TEST_F(AsyncListener, ARejectionIsAnErrorLaterIfItIsCaptured) {
  capturing.on(ping, [&] { return answer; });
  capturing.on(error, [&](const std::exception_ptr&) { log.push_back("error"); });
  capturing.emit(ping);
  answer.reject(problem("too late"));
  EXPECT_THAT(log, IsEmpty());
  run_later();
  EXPECT_THAT(log, ElementsAre("error"));
}

TEST_F(AsyncListener, ARejectionBeforeItReturnsIsAnErrorLaterToo) {
  answer.reject(problem("at once"));
  capturing.on(ping, [&] { return answer; });
  capturing.on(error, [&](const std::exception_ptr&) { log.push_back("error"); });
  capturing.emit(ping);
  EXPECT_THAT(log, IsEmpty());
  run_later();
  EXPECT_THAT(log, ElementsAre("error"));
}

TEST_F(AsyncListener, ACapturedRejectionWithoutErrorListenerIsThrownThere) {
  capturing.on(ping, [&] { return answer; });
  capturing.emit(ping);
  answer.reject(problem("too late"));
  EXPECT_THROW(run_later(), std::runtime_error);
}

TEST_F(AsyncListener, APromiseIsSettledOnce) {
  capturing.on(ping, [&] { return answer; });
  capturing.on(error, [&](const std::exception_ptr&) { log.push_back("error"); });
  capturing.emit(ping);
  answer.reject(problem("first"));
  answer.reject(problem("second"));  // would be unhandled, and end this process
  run_later();
  EXPECT_THAT(log, ElementsAre("error"));
  const Promise well;
  well.fulfill();
  well.reject(problem("too late"));
}

TEST_F(AsyncListener, ARejectionThatNobodyCapturesIsUnhandled) {
  const auto before =
      std::exchange(Promise::on_unhandled,
                    [&](const std::exception_ptr&) { log.push_back("unhandled"); });
  {
    Promise promise;
    emitter.on(ping, [promise] { return promise; });
    emitter.on(error, [&](const std::exception_ptr&) { log.push_back("error"); });
    emitter.emit(ping);
    promise.reject(problem("too late"));
    emitter.off_all();
  }
  EXPECT_THAT(log, ElementsAre("unhandled"));
  Promise::on_unhandled = before;
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
              testing::EndsWith("30_event_emitter_test.cpp"));
  EXPECT_EQ(warnings[0].added_at[10].line, warnings[0].added_at[0].line);
  EXPECT_GT(warnings[0].added_at[0].line, 0u);
}

// ---- who comes and goes

TEST_F(EventEmitterTest, TellsOfListenersBeforeTheyComeAndAfterTheyWent) {
  emitter.on(new_listener, [&](std::string_view what) {
    log.push_back("+" + std::string(what) + std::to_string(emitter.listener_count(ping)));
  });
  emitter.on(remove_listener, [&](std::string_view what) {
    log.push_back("-" + std::string(what) + std::to_string(emitter.listener_count(ping)));
  });
  log.clear();
  emitter.off(ping, emitter.on(ping, [] {}));
  EXPECT_THAT(log, ElementsAre("+ping0", "-ping0"));
}

TEST_F(EventEmitterTest, ANewListenersNoticeMayPutAnotherBeforeIt) {
  emitter.once(new_listener, [&](std::string_view) { emitter.on(ping, says("B")); });
  emitter.on(ping, says("A"));
  emitter.emit(ping);
  EXPECT_THAT(log, ElementsAre("B", "A"));
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

TEST_F(EventEmitterTest, ASubscriptionMayOutliveItsEmitter) {
  auto mortal = std::make_unique<EventEmitter>();
  auto subscription = mortal->subscribe(ping, says("never"));
  mortal.reset();
  subscription.end();
  EXPECT_THAT(log, IsEmpty());
}

}  // namespace
}  // namespace lab30
