// The parts of the chat that need no network: offsets, presence, back-off, and the checker
// that judges all of it.
#include <gmock/gmock.h>

#include "chat_client.hpp"
#include "checker.hpp"
#include "room.hpp"

namespace {

using namespace std::chrono_literals;
using namespace lab11;
using testing::ElementsAre;
using testing::IsEmpty;

Text text(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

History history(const std::string& epoch, std::uint64_t first, std::uint64_t last) {
  History result{.position = {epoch, last}};
  for (auto i = first; i <= last; ++i) result.messages.push_back({i, text("1234567890")});
  return result;
}

Room room_at(std::uint64_t last, std::size_t backlog = 5) {
  Room room(backlog);
  EXPECT_FALSE(room.catch_up(history("e", 1, last)).lost);
  return room;
}

std::vector<std::uint64_t> offsets(const std::vector<Message>& messages) {
  std::vector<std::uint64_t> all;
  for (const auto& message : messages) all.push_back(message.offset);
  return all;
}

constexpr std::size_t kAll = 1 << 20;

TEST(Room, TakesTheNextMessageOnly) {
  Room room = room_at(3);
  EXPECT_EQ(room.arrive("e", {3, text("x")}), Room::Arrival::repeated);
  EXPECT_EQ(room.arrive("e", {5, text("x")}), Room::Arrival::ahead);
  EXPECT_EQ(room.arrive("f", {4, text("x")}), Room::Arrival::other_epoch);
  EXPECT_EQ(room.position().offset, 3u);
  EXPECT_EQ(room.arrive("e", {4, text("x")}), Room::Arrival::next);
  EXPECT_EQ(room.position().offset, 4u);
}

TEST(Room, ClosesAGapFromTheStore) {
  Room room = room_at(3);
  const auto caught_up = room.catch_up(history("e", 4, 6));
  EXPECT_FALSE(caught_up.lost);
  EXPECT_THAT(offsets(caught_up.fresh), ElementsAre(4, 5, 6));
}

TEST(Room, DropsWhatTheStoreTellsTwice) {
  Room room = room_at(3);
  EXPECT_THAT(offsets(room.catch_up(history("e", 2, 4)).fresh), ElementsAre(4));
}

TEST(Room, SaysThatMessagesAreLostWhenTheStoreNoLongerHasThem) {
  Room room = room_at(3);
  const auto caught_up = room.catch_up(history("e", 5, 6));
  EXPECT_TRUE(caught_up.lost);
  EXPECT_THAT(offsets(caught_up.fresh), ElementsAre(5, 6));
}

TEST(Room, SaysThatMessagesAreLostInANewEpoch) {
  Room room = room_at(3);
  const auto caught_up = room.catch_up(history("f", 1, 1));
  EXPECT_TRUE(caught_up.lost);
  EXPECT_EQ(room.position(), (Position{"f", 1}));
}

TEST(Room, ResumesFromTheOldestThatItHasAndNoEarlier) {
  const Room room = room_at(10, 5);  // has 6 to 10
  EXPECT_FALSE(room.resume({"e", 4}, kAll).recovered);
  EXPECT_THAT(offsets(room.resume({"e", 5}, kAll).missed), ElementsAre(6, 7, 8, 9, 10));
  EXPECT_TRUE(room.resume({"e", 10}, kAll).recovered);
  EXPECT_THAT(room.resume({"e", 10}, kAll).missed, IsEmpty());
}

TEST(Room, DoesNotResumeFromTheFutureOrAnotherEpoch) {
  const Room room = room_at(10);
  EXPECT_FALSE(room.resume({"e", 11}, kAll).recovered);
  EXPECT_FALSE(room.resume({"f", 10}, kAll).recovered);
}

TEST(Room, ResumesInPiecesOfOneMessageAtLeast) {
  const Room room = room_at(10);
  EXPECT_THAT(offsets(room.resume({"e", 5}, 20).missed), ElementsAre(6, 7));
  EXPECT_THAT(offsets(room.resume({"e", 5}, 0).missed), ElementsAre(6));
}

TEST(Presence, ForgetsAServerThatIsSilent) {
  Presence presence(100ms);
  const Presence::Time start{};
  presence.beat("A", {"ann"}, start);
  presence.beat("B", {"bob"}, start + 50ms);
  EXPECT_THAT(presence.present(start + 99ms), ElementsAre("ann", "bob"));
  EXPECT_THAT(presence.present(start + 100ms), ElementsAre("bob"));
  EXPECT_THAT(presence.present(start + 150ms), IsEmpty());
}

TEST(Presence, TakesTheLastWordOfAServer) {
  Presence presence(100ms);
  presence.beat("A", {"ann", "amy"}, {});
  presence.beat("A", {"amy"}, {});
  EXPECT_THAT(presence.present({}), ElementsAre("amy"));
}

TEST(Backoff, DoublesItsCeilingUpToTheLongest) {
  Backoff backoff(10ms, 50ms);
  std::vector<std::chrono::milliseconds> waits;
  for (int i = 0; i < 5; ++i) waits.push_back(backoff.next(1.0));
  EXPECT_THAT(waits, ElementsAre(10ms, 20ms, 40ms, 50ms, 50ms));
  backoff.succeeded();
  EXPECT_EQ(backoff.next(1.0), 10ms);
}

TEST(Backoff, TakesAnyPartOfIt) {
  Backoff backoff(10ms, 50ms);
  EXPECT_EQ(backoff.next(0.0), 0ms);
  EXPECT_EQ(backoff.next(0.5), 10ms);
}

// --- the checker: each promise, broken

Verdict judge(std::vector<std::vector<Seen>> histories,
              const std::vector<std::string>& confirmed = {}) {
  Checker checker;
  for (auto& one : histories) checker.saw("room", std::move(one));
  for (const auto& id : confirmed) checker.confirmed("room", id);
  return checker.judge();
}

TEST(Checker, FindsNothingWhereNothingIs) {
  EXPECT_TRUE(
      judge({{{1, "a:1"}, {2, "b:1"}}, {{1, "a:1"}, {2, "b:1"}}}, {"a:1"}).clean());
  EXPECT_TRUE(judge({{{1, "a:1"}, {2, "b:1"}}, {{2, "b:1"}}}).clean());  // came later
}

TEST(Checker, FindsAGap) {
  EXPECT_EQ(judge({{{1, "a:1"}, {4, "a:4"}}}).gaps, 2u);
}

TEST(Checker, FindsAnOffsetThatCameTwice) {
  EXPECT_EQ(judge({{{1, "a:1"}, {1, "a:1"}}}).duplicates, 1u);
}

TEST(Checker, FindsAMessageThatWasStoredTwice) {
  EXPECT_EQ(judge({{{1, "a:1"}, {2, "a:1"}}}).duplicates, 1u);
}

TEST(Checker, FindsTwoOrders) {
  EXPECT_EQ(judge({{{1, "a:1"}, {2, "b:1"}}, {{1, "b:1"}, {2, "a:1"}}}).disorder, 2u);
  EXPECT_EQ(judge({{{2, "b:1"}, {1, "a:1"}}}).disorder, 1u);
}

TEST(Checker, FindsAClientThatIsBehind) {
  EXPECT_EQ(judge({{{1, "a:1"}, {2, "a:2"}}, {{1, "a:1"}}}).behind, 1u);
}

TEST(Checker, FindsWhatWasConfirmedAndNeverSeen) {
  EXPECT_EQ(judge({{{1, "a:1"}}}, {"a:1", "a:2"}).unstored, 1u);
}

}  // namespace
