// The parts of the chat that need no network: offsets, presence, back-off, and the checker
// that judges a run.
#include <gmock/gmock.h>

#include "presence.hpp"
#include "reader.hpp"
#include "room_history.hpp"
#include "world/chat_client.hpp"
#include "world/checker.hpp"

namespace {

using namespace std::chrono_literals;
using namespace lab11;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Text text(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

StoredMessages stored(const std::string& epoch, std::uint64_t first, std::uint64_t last) {
  StoredMessages result{.position = {epoch, last}};
  for (auto i = first; i <= last; ++i) result.messages.push_back({i, text("1234567890")});
  return result;
}

RoomHistory room_at(std::uint64_t last, std::size_t backlog = 5) {
  RoomHistory room(backlog);
  EXPECT_FALSE(room.catch_up(stored("e", 1, last)).lost);
  return room;
}

std::vector<std::uint64_t> offsets(const std::vector<Message>& messages) {
  std::vector<std::uint64_t> all;
  for (const auto& message : messages) all.push_back(message.offset);
  return all;
}

constexpr std::size_t kAll = 1 << 20;

TEST(RoomHistory, TakesTheNextMessageOnly) {
  RoomHistory room = room_at(3);
  EXPECT_EQ(room.arrive("e", {3, text("x")}), RoomHistory::Arrival::repeated);
  EXPECT_EQ(room.arrive("e", {5, text("x")}), RoomHistory::Arrival::ahead);
  EXPECT_EQ(room.arrive("f", {4, text("x")}), RoomHistory::Arrival::other_epoch);
  EXPECT_EQ(room.position().offset, 3u);
  EXPECT_EQ(room.arrive("e", {4, text("x")}), RoomHistory::Arrival::next);
  EXPECT_EQ(room.position().offset, 4u);
}

TEST(RoomHistory, ClosesAGapFromTheStore) {
  RoomHistory room = room_at(3);
  const auto caught_up = room.catch_up(stored("e", 4, 6));
  EXPECT_FALSE(caught_up.lost);
  EXPECT_THAT(offsets(caught_up.fresh), ElementsAre(4, 5, 6));
}

TEST(RoomHistory, DropsWhatTheStoreTellsTwice) {
  RoomHistory room = room_at(3);
  EXPECT_THAT(offsets(room.catch_up(stored("e", 2, 4)).fresh), ElementsAre(4));
}

TEST(RoomHistory, SaysThatMessagesAreLostWhenTheStoreNoLongerHasThem) {
  RoomHistory room = room_at(3);
  const auto caught_up = room.catch_up(stored("e", 5, 6));
  EXPECT_TRUE(caught_up.lost);
  EXPECT_THAT(offsets(caught_up.fresh), ElementsAre(5, 6));
}

TEST(RoomHistory, SaysThatMessagesAreLostInANewEpoch) {
  RoomHistory room = room_at(3);
  const auto caught_up = room.catch_up(stored("f", 1, 1));
  EXPECT_TRUE(caught_up.lost);
  EXPECT_EQ(room.position(), (Position{"f", 1}));
}

TEST(RoomHistory, ResumesFromTheOldestThatItHasAndNoEarlier) {
  const RoomHistory room = room_at(10, 5);  // has 6 to 10
  EXPECT_FALSE(room.resume({"e", 4}, kAll).recovered);
  EXPECT_THAT(offsets(room.resume({"e", 5}, kAll).missed), ElementsAre(6, 7, 8, 9, 10));
  EXPECT_TRUE(room.resume({"e", 10}, kAll).recovered);
  EXPECT_THAT(room.resume({"e", 10}, kAll).missed, IsEmpty());
}

TEST(RoomHistory, DoesNotResumeFromTheFutureOrAnotherEpoch) {
  const RoomHistory room = room_at(10);
  EXPECT_FALSE(room.resume({"e", 11}, kAll).recovered);
  EXPECT_FALSE(room.resume({"f", 10}, kAll).recovered);
}

TEST(RoomHistory, ResumesInPiecesOfOneMessageAtLeast) {
  const RoomHistory room = room_at(10);
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
  for (int i = 0; i < 5; ++i) waits.push_back(backoff.next(1.0, 0ms));
  EXPECT_THAT(waits, ElementsAre(10ms, 20ms, 40ms, 50ms, 50ms));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(backoff.next(1.0, 0ms), 50ms);
}

TEST(Backoff, BeginsAnewOnlyAfterAConnectionThatLasted) {
  Backoff backoff(10ms, 50ms);
  EXPECT_EQ(backoff.next(1.0, 0ms), 10ms);
  EXPECT_EQ(backoff.next(1.0, 49ms), 20ms);
  EXPECT_EQ(backoff.next(1.0, 50ms), 10ms);
  EXPECT_EQ(backoff.next(1.0, 0ms), 20ms);
}

TEST(Backoff, TakesAnyPartOfIt) {
  Backoff backoff(10ms, 50ms);
  EXPECT_EQ(backoff.next(0.0, 0ms), 0ms);
  EXPECT_EQ(backoff.next(0.5, 0ms), 10ms);
}

// --- one reader

struct Wire : lab::websocket::Socket {  // takes nothing until it is drained
  void write(Text sent) override {
    bytes += sent->size();
    texts.push_back(*sent);
  }
  std::size_t waiting() const override { return bytes; }
  void close(std::uint16_t code, std::string) override { closed = code; }
  void drop() override { closed = 1; }
  void pause(bool) override {}
  bool open() const override { return closed == 0; }

  std::size_t bytes = 0;
  std::vector<std::string> texts{};
  int closed = 0;
};

TEST(Reader, KeepsWhatFitsAndIsClosedByOneByteMore) {
  const auto wire = std::make_shared<Wire>();
  Reader reader(wire, 10);
  EXPECT_TRUE(reader.send(text("12345678")));
  EXPECT_TRUE(reader.send(text("90")));
  EXPECT_EQ(reader.waiting(), 10u);
  EXPECT_FALSE(reader.send(text("x")));
  EXPECT_EQ(wire->closed, kTooSlow);
  EXPECT_FALSE(reader.open());
  EXPECT_THAT(wire->texts, ElementsAre("12345678", "90"));
  wire->bytes = 0;
  EXPECT_FALSE(reader.send(text("x")));  // closed
}

TEST(Reader, TakesAMessageOfAnySizeWhenNothingWaits) {
  const auto wire = std::make_shared<Wire>();
  Reader reader(wire, 10);
  EXPECT_TRUE(reader.send(text(std::string(11, 'x'))));
  EXPECT_FALSE(reader.send(text("x")));
}

TEST(Reader, FeedsHalfAQueueEachTimeNothingWaits) {
  const auto wire = std::make_shared<Wire>();
  Reader reader(wire, 40);
  const RoomHistory room = room_at(10, 10);  // ten bytes each
  const auto history = [&](const std::string& name) -> const RoomHistory& {
    EXPECT_EQ(name, "r");
    return room;
  };
  reader.is_behind("r", {"e", 5});
  reader.is_behind("r", {"e", 9});  // known already
  EXPECT_TRUE(reader.behind("r"));
  EXPECT_FALSE(reader.behind("s"));
  reader.feed(history);
  EXPECT_THAT(wire->texts, SizeIs(2));
  reader.feed(history);  // they still wait
  EXPECT_THAT(wire->texts, SizeIs(2));
  for (const std::size_t all : {4u, 5u, 5u}) {
    EXPECT_TRUE(reader.behind("r"));
    wire->bytes = 0;
    reader.feed(history);
    EXPECT_THAT(wire->texts, SizeIs(all));
  }
  EXPECT_FALSE(reader.behind("r"));
  EXPECT_TRUE(reader.open());
}

TEST(Reader, IsClosedWhenWhatItStillLacksHasGone) {
  const auto wire = std::make_shared<Wire>();
  Reader reader(wire, 40);
  const RoomHistory room = room_at(10, 5);
  reader.is_behind("r", {"e", 4});
  reader.feed([&](const auto&) -> const RoomHistory& { return room; });
  EXPECT_EQ(wire->closed, kTooSlow);
  EXPECT_THAT(wire->texts, IsEmpty());
}

TEST(Reader, ForgetsARoomInWhichItIsUpToDate) {
  Reader reader(std::make_shared<Wire>(), 40);
  reader.is_behind("r", {"e", 4});
  reader.is_up_to_date("r");
  EXPECT_FALSE(reader.behind("r"));
}

// --- the checker: each promise, broken

Verdict judge(std::vector<std::vector<Seen>> histories,
              const std::vector<std::string>& confirmed = {}) {
  Checker checker;
  for (auto& one : histories) checker.saw(std::move(one));
  for (const auto& id : confirmed) checker.confirmed(id);
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
  EXPECT_EQ(judge({{{1, "a:1"}, {2, "a:2"}}, {}}).behind, 2u);  // it saw nothing at all
  EXPECT_TRUE(judge({{}, {}}).clean());
}

TEST(Checker, CountsWhatEverybodySaw) {
  EXPECT_EQ(judge({{{1, "a:1"}, {2, "a:2"}}, {{2, "a:2"}}}).deliveries, 3u);
}

TEST(Checker, FindsWhatWasConfirmedAndNeverSeen) {
  EXPECT_EQ(judge({{{1, "a:1"}}}, {"a:1", "a:2"}).unstored, 1u);
}

}  // namespace
