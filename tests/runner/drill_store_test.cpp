#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "drill/store.hpp"
#include "fake_place.hpp"
#include "lab/core/error.hpp"

namespace runner {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::SizeIs;

const Day kToday = std::chrono::year(2026) / 11 / 23;

class DrillStoreTest : public testing::Test {
 protected:
  fs::path file() const { return fake_.place().root / "data" / "drill.json"; }
  std::string text(const fs::path& path) const {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void write(const std::string& text) const { fake_.write("data/drill.json", text); }

  FakePlace fake_;
};

TEST_F(DrillStoreTest, KeepsWhatWasAnswered) {
  DrillStore store(file());
  EXPECT_TRUE(store.read().empty());
  store.note("05-x", 4, kToday);
  store.note("05-y", 1, kToday);
  const Records records = DrillStore(file()).read();
  EXPECT_EQ(records.at("05-x").schedule.due, kToday + std::chrono::days(1));
  EXPECT_EQ(records.at("05-x").right, 1);
  EXPECT_EQ(records.at("05-y").right, 0);
  EXPECT_EQ(records.at("05-y").asked, 1);
}

TEST_F(DrillStoreTest, WhatItWritesItReads) {
  Records records;
  records["05-x"] = {.schedule = after({}, 5, kToday), .asked = 3, .right = 2};
  std::string fault;
  EXPECT_EQ(parse_records(records_text(records), fault), records);
  EXPECT_EQ(fault, "");
}

TEST_F(DrillStoreTest, ManyAtOnceLoseNoAnswer) {
  constexpr int kDrills = 4, kAnswers = 20;
  DrillStore(file()).read();
  for (int drill = 0; drill < kDrills; ++drill) {
    if (fork() != 0) continue;
    DrillStore store(file());
    for (int i = 0; i < kAnswers; ++i) {
      store.note("05-own-" + std::to_string(drill) + "-" + std::to_string(i), 4, kToday);
      store.note("05-shared", 4, kToday);
    }
    _exit(0);
  }
  for (int status = 0; wait(&status) > 0;) EXPECT_EQ(status, 0);
  const Records records = DrillStore(file()).read();
  EXPECT_THAT(records, SizeIs(kDrills * kAnswers + 1));
  EXPECT_EQ(records.at("05-shared").asked, kDrills * kAnswers);
}

TEST_F(DrillStoreTest, ADamagedFileIsKeptAsideAndToldOf) {
  write("{\"version\": 1, \"items\": {\"05-x\": {\"due\": \"2026-1");
  DrillStore store(file());
  EXPECT_TRUE(store.read().empty());
  const std::string notice = store.take_notice();
  EXPECT_THAT(notice, HasSubstr("is damaged (it is not a JSON object)"));
  EXPECT_THAT(notice, HasSubstr("drill.json.damaged-1"));
  EXPECT_EQ(store.take_notice(), "");
  EXPECT_THAT(text(file().string() + ".damaged-1"), HasSubstr("2026-1"));
  write("[]");
  store.read();
  EXPECT_EQ(text(file().string() + ".damaged-2"), "[]");
  EXPECT_THAT(text(file().string() + ".damaged-1"), HasSubstr("2026-1"));
}

TEST_F(DrillStoreTest, WhatIsWholeInADamagedFileGoesOn) {
  DrillStore store(file());
  store.note("05-x", 4, kToday);
  std::string damaged = text(file());
  damaged.insert(damaged.find("\"items\": {") + 10, "\"05-bad\": {\"due\": 7},");
  write(damaged);
  EXPECT_EQ(store.note("05-x", 4, kToday).asked, 2);
  EXPECT_THAT(store.take_notice(), HasSubstr("the entry of 05-bad"));
  EXPECT_THAT(store.read(), SizeIs(1));
}

TEST_F(DrillStoreTest, RefusesValuesThatNoDrillWrites) {
  const auto fault_of = [](const std::string& fields) {
    std::string fault;
    const Records records =
        parse_records(R"({"version": 1, "items": {"05-x": {)" + fields + "}}}", fault);
    EXPECT_EQ(records.empty(), !fault.empty());
    return fault;
  };
  const auto with = [&](const std::string& due, const std::string& interval,
                        const std::string& easiness) {
    return fault_of("\"due\": \"" + due + "\", \"interval\": " + interval +
                    ", \"easiness\": " + easiness +
                    R"(, "repetitions": 1, "asked": 1, "right": 1)");
  };
  EXPECT_EQ(with("2026-11-23", "1", "2.5"), "");
  EXPECT_EQ(with("2024-02-29", "3650", "1.3"), "");
  for (const char* due :
       {"2026-02-30", "2026-13-01", "2026-1-1", "yesterday!", "", "-026-01-01"}) {
    EXPECT_NE(with(due, "1", "2.5"), "") << due;
  }
  for (const char* interval : {"-1", "3651", "1.5", "1e99", "null"}) {
    EXPECT_NE(with("2026-11-23", interval, "2.5"), "") << interval;
  }
  for (const char* easiness : {"1.29", "10.1", "\"2.5\"", "null"}) {
    EXPECT_NE(with("2026-11-23", "1", easiness), "") << easiness;
  }
  EXPECT_NE(fault_of(""), "");
}

TEST_F(DrillStoreTest, LeavesTheFileOfALaterVersionAlone) {
  write(R"({"version": 2, "items": {}})");
  EXPECT_THROW(DrillStore(file()).note("05-x", 4, kToday), lab::Error);
  EXPECT_EQ(text(file()), R"({"version": 2, "items": {}})");
}

TEST_F(DrillStoreTest, SaysWhichFolderItCannotUse) {
  fake_.write("data", "a file, not a folder");
  try {
    DrillStore store(file());
    store.read();
    FAIL() << "a file was taken for a folder";
  } catch (const lab::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("data"));
  }
}

TEST_F(DrillStoreTest, LivesInTheDataFolder) {
  setenv("XDG_DATA_HOME", "/somewhere", 1);
  EXPECT_EQ(DrillStore::default_file(), "/somewhere/underloop/drill.json");
  setenv("HOME", "/home/me", 1);
  for (const char* ignored : {"", "relative/path"}) {
    setenv("XDG_DATA_HOME", ignored, 1);
    EXPECT_EQ(DrillStore::default_file(), "/home/me/.local/share/underloop/drill.json");
  }
  unsetenv("XDG_DATA_HOME");
}

}  // namespace
}  // namespace runner
