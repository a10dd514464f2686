// The lab as a whole: its scenes with other knobs, and against an S3 that somebody else runs.
#include <gmock/gmock.h>

#include "lab/net/s3_server.hpp"
#include "support/played.hpp"

namespace lab20 {
namespace {

using lab::test::play;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(UploadsLab, HoldsItsMemoryWithStorageThatIsSlowToo) {
  const auto played =
      play("20_uploads", {"--quick", "--scene", "stream", "--storage-rate", "60"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.out;
  EXPECT_THAT(played.proven, ElementsAre("20.7"));
}

TEST(UploadsLab, LeavesNothingOfFiveHundredClients) {
  const auto played = play("20_uploads", {"--scene", "vanish", "--cuts", "500"});
  EXPECT_EQ(played.exit.code, 0) << played.exit.out;
  EXPECT_THAT(played.proven, ElementsAre("20.3", "20.7"));
}

TEST(UploadsLab, WorksWithTheStorageThatTheUserNames) {
  unsetenv("LAB_S3_URL");
  const lab::S3Server storage;
  for (const char* scene : {"instances", "vanish"}) {
    const auto played = play("20_uploads", {"--quick", "--scene", scene},
                             {{"LAB_S3_URL", storage.url()}});
    EXPECT_EQ(played.exit.code, 0) << played.exit.out;
    EXPECT_THAT(played.failed, IsEmpty());
  }
  EXPECT_GT(storage.begun(), 0) << "it was used";
  EXPECT_EQ(storage.unfinished(), 0);
}

TEST(UploadsLab, SaysWhatIsWrongWithTheUserStorage) {
  const auto played = play("20_uploads", {"--quick", "--scene", "instances"},
                           {{"LAB_S3_URL", "s3://bucket"}});
  EXPECT_EQ(played.exit.code, 1);
  EXPECT_THAT(played.exit.err + played.exit.out, testing::HasSubstr("s3://bucket"));
}

}  // namespace
}  // namespace lab20
