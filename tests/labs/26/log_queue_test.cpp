#include "log_queue.hpp"

#include <gmock/gmock.h>

#include <random>

namespace lab26 {
namespace {

using testing::ElementsAre;

// Puts lines of these texts; says how many were refused.
int put(LogQueue& queue, std::initializer_list<const char*> texts) {
  int refused = 0;
  for (const char* text : texts) {
    LogLine line{Level::info, text};
    refused += !queue.put(line);
  }
  return refused;
}

std::vector<std::string> texts(const LogQueue::Batch& batch) {
  std::vector<std::string> result;
  for (const LogLine& line : batch.lines) result.push_back(line.text);
  return result;
}

TEST(LogQueue, KeepsTheOrderAndIsEmptyAfterwards) {
  LogQueue queue(100, WhenFull::block);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(put(queue, {"a", "bc", "d"}), 0);
  EXPECT_EQ(queue.bytes(), 4u);
  EXPECT_FALSE(queue.empty());
  const auto batch = queue.take();
  EXPECT_THAT(texts(batch), ElementsAre("a", "bc", "d"));
  EXPECT_EQ(batch.dropped, 0u);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0u);
  EXPECT_THAT(texts(queue.take()), ElementsAre());
}

TEST(LogQueue, BlocksAtTheFirstByteTooMany) {
  LogQueue queue(4, WhenFull::block);
  EXPECT_EQ(put(queue, {"ab", "cd"}), 0);
  LogLine line{Level::error, "e"};
  EXPECT_FALSE(queue.put(line));
  EXPECT_EQ(line.text, "e");  // it is still the caller's
  EXPECT_EQ(queue.bytes(), 4u);
  const auto batch = queue.take();
  EXPECT_THAT(texts(batch), ElementsAre("ab", "cd"));
  EXPECT_EQ(batch.dropped, 0u);
  EXPECT_TRUE(queue.put(line));
  EXPECT_EQ(queue.take().lines[0].level, Level::error);
}

TEST(LogQueue, DropsAsManyOfTheOldestAsTheNewOneNeeds) {
  LogQueue queue(4, WhenFull::drop_oldest);
  EXPECT_EQ(put(queue, {"a", "b", "c", "d", "xyz"}), 0);
  EXPECT_EQ(queue.bytes(), 4u);
  const auto batch = queue.take();
  EXPECT_THAT(texts(batch), ElementsAre("d", "xyz"));
  EXPECT_EQ(batch.dropped, 3u);
  EXPECT_EQ(queue.take().dropped, 0u);  // told once
}

TEST(LogQueue, DropsTheNewestAndGoesOnWithOneThatFits) {
  LogQueue queue(4, WhenFull::drop_newest);
  EXPECT_EQ(put(queue, {"abc", "de", "f", "g"}), 0);
  const auto batch = queue.take();
  EXPECT_THAT(texts(batch), ElementsAre("abc", "f"));
  EXPECT_EQ(batch.dropped, 2u);
}

TEST(LogQueue, TakesALineOfAnyLengthWhenItIsEmpty) {
  for (const WhenFull policy :
       {WhenFull::block, WhenFull::drop_oldest, WhenFull::drop_newest}) {
    LogQueue queue(2, policy);
    EXPECT_EQ(put(queue, {"a long line"}), 0);
    EXPECT_THAT(texts(queue.take()), ElementsAre("a long line"));
  }
  LogQueue queue(2, WhenFull::drop_oldest);
  put(queue, {"a", "a long line"});
  const auto batch = queue.take();
  EXPECT_THAT(texts(batch), ElementsAre("a long line"));
  EXPECT_EQ(batch.dropped, 1u);
}

TEST(LogQueue, TakesAFatalLineWithoutBlockingOrDropping) {
  for (const WhenFull policy :
       {WhenFull::block, WhenFull::drop_oldest, WhenFull::drop_newest}) {
    LogQueue queue(4, policy);
    EXPECT_EQ(put(queue, {"ab", "cd"}), 0);
    LogLine line{Level::fatal, "the end"};
    EXPECT_TRUE(queue.put(line));
    EXPECT_EQ(queue.bytes(), 4u + 7);
    const auto batch = queue.take();
    EXPECT_THAT(texts(batch), ElementsAre("ab", "cd", "the end"));
    EXPECT_EQ(batch.dropped, 0u);
    EXPECT_EQ(put(queue, {"wxyz"}), 0);
  }
}

// Whatever comes: nothing is lost without being counted, and the limit holds.
TEST(LogQueue, AddsUpAfterRandomLines) {
  for (const WhenFull policy :
       {WhenFull::block, WhenFull::drop_oldest, WhenFull::drop_newest}) {
    std::mt19937 random(2026);
    LogQueue queue(50, policy);
    int put = 0, refused = 0, taken = 0;
    std::uint64_t dropped = 0;
    const auto take = [&] {
      const auto batch = queue.take();
      taken += static_cast<int>(batch.lines.size());
      dropped += batch.dropped;
    };
    for (; put < 5'000; ++put) {
      LogLine line{Level::info, std::string(random() % 30, 'x')};
      refused += !queue.put(line);
      EXPECT_LE(queue.bytes(), 50u);
      if (random() % 9 == 0) take();
    }
    take();
    EXPECT_EQ(taken + static_cast<int>(dropped) + refused, put);
    EXPECT_EQ(refused > 0, policy == WhenFull::block);
    EXPECT_EQ(dropped > 0, policy != WhenFull::block);
  }
}

}  // namespace
}  // namespace lab26
