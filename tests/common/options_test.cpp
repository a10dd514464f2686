// The flags of a lab program, read without running it.
#include "core/options.hpp"

#include <gmock/gmock.h>

namespace lab {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const About kAbout{.number = "00", .name = "x", .question = "x?", .watch = "x"};
const Names kNames{.scenes = {"one", "two"}, .orders = {"race"}, .live = true};

struct Outcome {
  Parsed parsed;
  std::string said;  // on standard error
};

Outcome parse(std::vector<std::string> flags, const Names& names = kNames) {
  flags.insert(flags.begin(), "lab");
  std::vector<char*> argv;
  for (std::string& flag : flags) argv.push_back(flag.data());
  argv.push_back(nullptr);
  testing::internal::CaptureStderr();
  Parsed parsed =
      parse_options(static_cast<int>(flags.size()), argv.data(), kAbout, names, {}, {});
  return {std::move(parsed), testing::internal::GetCapturedStderr()};
}

TEST(OptionsTest, KnowVerboseByItsLetterToo) {
  for (const char* flag : {"-v", "--verbose"}) {
    const auto [parsed, said] = parse({flag});
    EXPECT_FALSE(parsed.exit_code) << flag << said;
    EXPECT_TRUE(parsed.options.verbose);
    EXPECT_FALSE(parsed.options.all || parsed.options.quick || parsed.options.json);
  }
  EXPECT_FALSE(parse({"--all"}).parsed.options.verbose);
}

TEST(OptionsTest, PlayARaceOnceAtLeastAndAMillionTimesAtMost) {
  for (const int times : {1, 1'000'000}) {
    const auto [parsed, said] = parse({"--times", std::to_string(times)});
    EXPECT_FALSE(parsed.exit_code) << said;
    EXPECT_EQ(parsed.options.times, times);
  }
  for (const char* times : {"0", "1000001", "-1", "99999999999999999999", "1.5"}) {
    const auto [parsed, said] = parse({"--times", times});
    EXPECT_EQ(parsed.exit_code, 2) << times;
    EXPECT_THAT(said, StartsWith("lab 00: --times: "));
  }
}

TEST(OptionsTest, ChooseASceneOrARaceByWhatIsPlayed) {
  EXPECT_EQ(parse({"--scene", "two"}).parsed.options.scene, "two");
  EXPECT_FALSE(parse({"--scene", "race", "--times", "2"}).parsed.exit_code);
  EXPECT_THAT(parse({"--scene", "race"}).said, HasSubstr("there are one, two"));
  EXPECT_THAT(parse({"--scene", "two", "--times", "2"}).said,
              HasSubstr("there are race"));
}

TEST(OptionsTest, RefuseWhatTheLabDoesNotHave) {
  const Names plain{.scenes = {"one"}, .orders = {}, .live = false};
  EXPECT_FALSE(parse({"--live"}).parsed.exit_code);
  EXPECT_THAT(parse({"--live"}, plain).said, HasSubstr("there is no flag --live"));
  EXPECT_THAT(parse({"--times", "2"}, plain).said, HasSubstr("there is no flag --times"));
  EXPECT_EQ(parse({"--live"}, plain).parsed.exit_code, 2);
}

}  // namespace
}  // namespace lab
