// Recorded runs on disk.
#include <sys/stat.h>

#include <fstream>

#include "core/read_text.hpp"
#include "lab/core/error.hpp"
#include "studio_served.hpp"

namespace runner {
namespace {

using testing::HasSubstr;

// --- the store

class RunStoreTest : public testing::Test {
 protected:
  std::filesystem::path folder() const { return place_.place().root / "runs"; }

  // A run of so many bytes that has ended.
  static std::string add(RunStore& store, std::size_t bytes) {
    RunCard& card = store.begin("05", Json::object());
    std::ofstream(store.events(card)) << std::string(bytes - 1, ' ') << '\n';
    card.live = false;
    card.ms = 1;
    store.save(card);
    store.make_room();
    return card.id;
  }

  FakePlace place_;
};

TEST_F(RunStoreTest, IsForItsOwnerOnly) {
  const RunStore store(folder());
  struct stat status {};
  ASSERT_EQ(stat(folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
}

TEST_F(RunStoreTest, KeepsSoManyRunsAndTheNewestOfThem) {
  RunStore store(folder(), {.runs = 3, .bytes = 1 << 20});
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(add(store, 10));
  EXPECT_EQ(store.size(), 3u);
  ids.push_back(add(store, 10));
  EXPECT_EQ(store.size(), 3u);
  EXPECT_FALSE(store.find(ids[0]));
  EXPECT_TRUE(store.find(ids[1]));
  EXPECT_FALSE(exists(folder() / (ids[0] + ".json")));
  EXPECT_FALSE(exists(folder() / (ids[0] + ".ndjson")));
}

TEST_F(RunStoreTest, KeepsSoManyBytesAndTheNewestOfThem) {
  RunStore store(folder(), {.runs = 100, .bytes = 1000});
  const std::string first = add(store, 400);
  const std::string second = add(store, 600);
  EXPECT_TRUE(store.find(first)) << "1000 are allowed";
  const std::string third = add(store, 1);
  EXPECT_FALSE(store.find(first)) << "1001 are not";
  EXPECT_TRUE(store.find(second));
  EXPECT_TRUE(store.find(third));
}

TEST_F(RunStoreTest, RemovesNoRunThatGoesOn) {
  RunStore store(folder(), {.runs = 1, .bytes = 1000});
  const std::string live = store.begin("05", Json::object()).id;
  std::ofstream(store.events(*store.find(live))) << std::string(5000, '\n');
  add(store, 10);
  add(store, 10);
  EXPECT_TRUE(store.find(live));
}

TEST_F(RunStoreTest, MakesRoomWhenItsLimitsWereLowered) {
  {
    RunStore store(folder());
    for (int i = 0; i < 5; ++i) add(store, 10);
  }
  EXPECT_EQ(RunStore(folder(), {.runs = 2}).size(), 2u);
}

TEST_F(RunStoreTest, BelongsToOneStudioAtATime) {
  const RunStore store(folder());
  StoreLimits at_once;
  at_once.patience = std::chrono::milliseconds(0);
  EXPECT_THROW(RunStore(folder(), at_once), lab::Error);
}

TEST_F(RunStoreTest, FindsARunAgainAsItWas) {
  std::string id;
  {
    RunStore store(folder());
    RunCard& card = store.begin("05", {{"rate", 7}});
    id = card.id;
    card.count(Json::parse(claim_line("05.1", true)));
    card.count(Json::parse(claim_line("05.2", false)));
    card.exit = 1;
    card.ms = 12;
    card.live = false;
    store.save(card);
  }
  const RunStore again(folder());
  ASSERT_TRUE(again.find(id));
  const RunCard& card = *again.find(id);
  EXPECT_EQ(card.json()["knobs"]["rate"], 7);
  EXPECT_EQ(card.claims, 2);
  EXPECT_EQ(card.failed, 1);
  EXPECT_EQ(card.exit, 1);
  EXPECT_EQ(card.ledger[1]["holds"], false);
}

// The studio was killed: after it had begun the card, while it wrote a line, or while it
// wrote the card anew.
TEST_F(RunStoreTest, RepairsTheCardOfARunWhoseStudioWasKilled) {
  std::string id;
  {
    RunStore store(folder());
    const RunCard& card = store.begin("05", {{"rate", 7}});
    id = card.id;
    std::ofstream(store.events(card)) << claim_line("05.1", true) << '\n'
                                      << event(1) << '\n'
                                      << R"({"name":"ha)";
    std::ofstream(folder() / (id + ".new")) << R"({"run":)";
  }
  for (int round = 0; round < 2; ++round) {  // once repaired, it stays so
    const RunStore store(folder());
    ASSERT_TRUE(store.find(id));
    const RunCard& card = *store.find(id);
    EXPECT_FALSE(card.live);
    EXPECT_TRUE(card.ms);
    EXPECT_EQ(card.events, 2u);
    EXPECT_EQ(card.claims, 1);
    EXPECT_EQ(card.ledger[0]["id"], "05.1");
    EXPECT_THAT(card.why, HasSubstr("its studio ended"));
    EXPECT_EQ(card.knobs["rate"], 7);
    EXPECT_TRUE(read_text(store.events(card))->ends_with("}\n"));
    EXPECT_FALSE(exists(folder() / (id + ".new")));
  }
}

TEST_F(RunStoreTest, MakesACardForARunThatHasNone) {
  place_.write("runs/05-1763913600000-0.ndjson", claim_line("05.1", true) + "\n");
  place_.write("runs/05-1763913600001-0.ndjson", event(1) + "\n");
  place_.write("runs/05-1763913600001-0.json", "{");
  const RunStore store(folder());
  ASSERT_EQ(store.size(), 2u);
  EXPECT_EQ(store.newest_first()[0]->events, 1u);
  EXPECT_EQ(store.newest_first()[1]->lab, "05");
  EXPECT_EQ(store.newest_first()[1]->began, 1763913600000);
}

TEST_F(RunStoreTest, PassesOverWhatIsNoRun) {
  place_.write("runs/05-1-0.json", "{");
  place_.write("runs/05-2-0.json", R"({"lab":5})");
  place_.write("runs/05-3-0.json", R"({"run":"05-3-0","lab":"05","began":3,"ms":1,
    "exit":0,"knobs":{},"claims":1,"failed":0,"events":1,"ledger":[5]})");
  place_.write("runs/notes.json", "{}");
  place_.write("runs/..ndjson", "{}");
  EXPECT_EQ(RunStore(folder()).size(), 0u);
}

}  // namespace
}  // namespace runner
