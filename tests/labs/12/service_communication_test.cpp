// The concept without a network: what is left of a deadline, and what becomes of a message.
#include "service_communication.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <random>
#include <set>
#include <stdexcept>
#include <vector>

namespace lab12 {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const Deadline::Clock::time_point kNow{1h};

// --- the deadline ---

TEST(Deadline, HasPassedFromItsLastNanosecondOn) {
  const Deadline deadline(10ms, kNow);
  EXPECT_FALSE(deadline.has_passed(kNow + 10ms - 1ns));
  EXPECT_TRUE(deadline.has_passed(kNow + 10ms));
  EXPECT_EQ(deadline.left(kNow + 10ms - 1ns), 1ns);
  EXPECT_EQ(deadline.left(kNow + 11ms), 0ns);
}

TEST(Deadline, IsWrittenRoundedDownSoThatNoHopBelievesInMore) {
  EXPECT_EQ(Deadline(10ms, kNow).to_header(kNow), "10");
  EXPECT_EQ(Deadline(10ms, kNow).to_header(kNow + 1ns), "9");
  EXPECT_EQ(Deadline(999us, kNow).to_header(kNow), "0");
  EXPECT_EQ(Deadline(-1s, kNow).to_header(kNow), "0");
}

TEST(Deadline, ShrinksFromHopToHop) {
  const Deadline caller(100ms, kNow);
  const auto first = Deadline::from_header(caller.to_header(kNow), kNow);
  const auto second = Deadline::from_header(first->to_header(kNow + 30ms), kNow + 31ms);
  EXPECT_EQ(second->left(kNow + 31ms), 70ms);
}

TEST(Deadline, OfZeroHasPassed) {
  EXPECT_TRUE(Deadline::from_header("0", kNow)->has_passed(kNow));
}

TEST(Deadline, IsNothingIfItsHeaderMakesNoSense) {
  for (const char* header :
       {"", " ", "-1", "+1", "1 ", " 1", "1.5", "0x10", "1e3", "ten", "1\r\n",
        "18446744073709551616", "99999999999999999999999999"})
    EXPECT_FALSE(Deadline::from_header(header, kNow)) << header;
  EXPECT_FALSE(Deadline::from_header(std::string_view("1\0", 2), kNow));
}

TEST(Deadline, OfAnyLengthDoesNotOverflow) {
  const auto far = Deadline::from_header("18446744073709551615", kNow);
  ASSERT_TRUE(far);
  EXPECT_FALSE(far->has_passed(kNow + 10'000h));
  EXPECT_FALSE(Deadline(std::chrono::hours::max(), kNow).has_passed(kNow + 10'000h));
  EXPECT_TRUE(Deadline::from_header(far->to_header(kNow), kNow));
}

// --- the consumer ---

// The effects that happened, and the table of keys beside them.
struct Store {
  std::multiset<std::string> effects{};
  std::set<std::string> keys{};
  bool fails = false;

  Consumer::ApplyOnce apply() {
    return [this](const Message& message) {
      if (fails) throw std::runtime_error("the database is away");
      if (!keys.insert(message.id).second) return false;
      effects.insert(message.id);
      return true;
    };
  }
};

TEST(Consumer, DoesANewMessageAndAcknowledges) {
  Store store;
  Consumer consumer(3, store.apply());
  EXPECT_EQ(consumer.take({"a"}), Verdict::acknowledge);
  EXPECT_THAT(store.effects, ElementsAre("a"));
}

TEST(Consumer, AcknowledgesWhatWasDoneBeforeAndDoesNothing) {
  Store store;
  std::vector<std::string> reasons;
  Consumer consumer(3, store.apply());
  consumer.on_decided = [&](Verdict, std::string_view why) { reasons.emplace_back(why); };
  for (int attempt = 1; attempt <= 2; ++attempt)
    EXPECT_EQ(consumer.take({"a", attempt}), Verdict::acknowledge);
  EXPECT_THAT(store.effects, ElementsAre("a"));
  EXPECT_THAT(reasons, ElementsAre("done", "done before"));
}

TEST(Consumer, RetriesUntilTheLastAttemptAndThenLetsGo) {
  Store store{.fails = true};
  Consumer consumer(3, store.apply());
  EXPECT_EQ(consumer.take({"a", 1}), Verdict::retry);
  EXPECT_EQ(consumer.take({"a", 2}), Verdict::retry);
  EXPECT_EQ(consumer.take({"a", 3}), Verdict::dead_letter);
  EXPECT_THAT(store.effects, testing::IsEmpty());
}

TEST(Consumer, DoesWhatFailedBeforeOnceItCan) {
  Store store{.fails = true};
  Consumer consumer(3, store.apply());
  EXPECT_EQ(consumer.take({"a", 1}), Verdict::retry);
  store.fails = false;
  EXPECT_EQ(consumer.take({"a", 2}), Verdict::acknowledge);
  EXPECT_THAT(store.effects, ElementsAre("a"));
}

TEST(Consumer, DoesNotOpenAMessageOfWhichItsConsumersDied) {
  Store store;
  Consumer consumer(3, store.apply());
  EXPECT_EQ(consumer.take({"a", 3}), Verdict::acknowledge);
  EXPECT_EQ(consumer.take({"b", 4}), Verdict::dead_letter);
  EXPECT_THAT(store.effects, ElementsAre("a"));
}

TEST(Consumer, CannotTakeAMessageWithoutAnId) {
  Store store;
  Consumer consumer(3, store.apply());
  EXPECT_EQ(consumer.take({""}), Verdict::dead_letter);
  EXPECT_THAT(store.effects, testing::IsEmpty());
}

TEST(Consumer, TellsTheErrorAsItsReason) {
  Store store{.fails = true};
  Consumer consumer(1, store.apply());
  std::string reason;
  consumer.on_decided = [&](Verdict, std::string_view why) { reason = why; };
  EXPECT_EQ(consumer.take({"a"}), Verdict::dead_letter);
  EXPECT_EQ(reason, "the database is away");
}

TEST(Consumer, NeedsOneAttempt) {
  EXPECT_THROW(Consumer(0, [](const Message&) { return true; }), std::invalid_argument);
}

// A broker that delivers again after each crash, at random: before the work, between work
// and acknowledgement, or after a failure. Whatever happens, each order ends in one way.
TEST(Consumer, HasEachEffectOnceWhateverCrashesAndInWhateverOrder) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 chance(seed);
    const auto happens = [&](int percent) {
      return static_cast<int>(chance() % 100) < percent;
    };
    Store store;
    std::vector<Message> queue;
    for (int i = 0; i < 20; ++i) queue.push_back({"order-" + std::to_string(i)});
    std::multiset<std::string> acknowledged, dead;
    int deliveries = 0;
    while (!queue.empty()) {
      ASSERT_LT(++deliveries, 1000);
      const std::size_t at = chance() % queue.size();
      Message message = queue[at];
      queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
      store.fails = happens(20);
      Consumer consumer(3, store.apply());  // the one before may have died
      const bool dies_before = happens(15), dies_after = happens(15);
      const Verdict verdict = dies_before ? Verdict::retry : consumer.take(message);
      if (dies_before || dies_after || verdict == Verdict::retry) {
        ++message.attempt;
        queue.push_back(message);
      } else if (verdict == Verdict::acknowledge) {
        acknowledged.insert(message.id);
      } else {
        dead.insert(message.id);
      }
    }
    EXPECT_EQ(acknowledged.size() + dead.size(), 20u);
    for (const std::string& id : acknowledged) EXPECT_EQ(store.effects.count(id), 1u);
    // A dead letter may have had its effect: its consumer died before it could say so.
    for (const std::string& id : dead) EXPECT_LE(store.effects.count(id), 1u);
  }
}

}  // namespace
}  // namespace lab12
