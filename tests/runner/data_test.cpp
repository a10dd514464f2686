#include "rehearse/data.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "core/progress.hpp"
#include "drill/store.hpp"
#include "fake_place.hpp"
#include "lab/core/error.hpp"
#include "rehearse/interviews.hpp"

namespace runner {
namespace {

namespace fs = std::filesystem;
using std::chrono::days;

const Day kDay = std::chrono::year(2026) / 11 / 29;

class DataTest : public testing::Test {
 protected:
  fs::path here() const { return fake_.place().root / "here"; }
  fs::path there() const { return fake_.place().root / "there"; }
  static DrillStore drill(const fs::path& folder) {
    return DrillStore(folder / "drill.json");
  }

  FakePlace fake_;
};

TEST_F(DataTest, AnswersOfBothMachinesCount) {
  drill(here()).note("05-x", 4, kDay);
  drill(here()).note("05-x", 4, kDay + days(1));
  drill(here()).note("05-here", 4, kDay);
  drill(there()).note("05-x", 1, kDay + days(2));
  drill(there()).note("05-there", 5, kDay);
  import_into(here(), exported(there()));
  const Records records = drill(here()).read();
  EXPECT_EQ(records.at("05-x").asked, 3);
  EXPECT_EQ(records.at("05-x").right, 2);
  EXPECT_EQ(records.at("05-x").schedule.due, kDay + days(3)) << "missed last";
  EXPECT_EQ(records.at("05-here").asked, 1);
  EXPECT_EQ(records.at("05-there").asked, 1);
}

TEST_F(DataTest, BothMachinesEndWithTheSame) {
  drill(here()).note("05-x", 4, kDay);
  drill(there()).note("05-x", 1, kDay + days(2));
  const std::string ours = exported(here()), theirs = exported(there());
  import_into(here(), theirs);
  import_into(there(), ours);
  EXPECT_EQ(drill(here()).read(), drill(there()).read());
}

TEST_F(DataTest, ImportingTwiceChangesNothing) {
  drill(there()).note("05-x", 4, kDay);
  Interviews(there() / "interviews.ndjson").add({.day = kDay, .lab = "05", .points = 3});
  note_progress(there() / "progress", "run", "05", kDay);
  const std::string text = exported(there());
  import_into(here(), text);
  const std::string once = exported(here());
  import_into(here(), text);
  EXPECT_EQ(exported(here()), once);
  EXPECT_EQ(drill(here()).read().at("05-x").asked, 1);
  EXPECT_EQ(Interviews(here() / "interviews.ndjson").all().size(), 1u);
  EXPECT_EQ(read_progress(here() / "progress").run.at("05"), kDay);
}

TEST_F(DataTest, AnItemFromBeforeAnswersWereKeptIsNotForgotten) {
  Records old;
  old["05-x"] = {.schedule = after({}, 5, kDay), .asked = 7, .right = 6};
  fs::create_directories(there());
  std::ofstream(there() / "drill.json") << records_text(old);
  drill(here()).note("05-x", 4, kDay);
  import_into(here(), exported(there()));
  EXPECT_EQ(drill(here()).read().at("05-x"), old["05-x"]);
}

TEST_F(DataTest, RefusesWhatIsNoExportAndChangesNothing) {
  drill(here()).note("05-x", 4, kDay);
  const std::string before = exported(here());
  std::string later = before;
  later.replace(later.find("\"underloop\": 1"), 14, "\"underloop\": 9");
  std::string broken = before;
  broken.replace(broken.find("\\\"grade\\\":4"), 13, "\\\"grade\\\":9");
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"),
        std::string(R"({"underloop":1})"), later, broken,
        before.substr(0, before.size() / 2), std::string(100'000, '[')})
    EXPECT_THROW(import_into(here(), text), lab::Error) << text.substr(0, 200);
  EXPECT_EQ(exported(here()), before);
}

TEST_F(DataTest, ForgettingForgetsTheAnswersToo) {
  DrillStore store = drill(here());
  store.note("05-x", 4, kDay);
  EXPECT_EQ(store.answers().size(), 1u);
  store.forget_all();
  EXPECT_TRUE(store.answers().empty());
  EXPECT_TRUE(store.read().empty());
}

}  // namespace
}  // namespace runner
