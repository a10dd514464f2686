// Layers, typed readers, and one check for all of them.
#include "environment.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "support/own_run.hpp"

namespace lab28 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Environment one(const std::string& name, const std::string& value) {
  return Environment({{{name, {value, "environment"}}}});
}

std::vector<std::string> problems(const Environment& env) {
  try {
    env.check();
    return {};
  } catch (const InvalidEnvironment& invalid) {
    return invalid.problems();
  }
}

TEST(Layers, AFlagIsAVariableInCapitals) {
  const std::vector<std::string> args = {"--log-level=debug", "--port=80",
                                         "--empty=", "--x=a=b"};
  const Layer layer = flags(args);
  EXPECT_EQ(layer.at("LOG_LEVEL").value, "debug");
  EXPECT_EQ(layer.at("LOG_LEVEL").origin, "flag --log-level");
  EXPECT_EQ(layer.at("PORT").value, "80");
  EXPECT_EQ(layer.at("EMPTY").value, "");
  EXPECT_EQ(layer.at("X").value, "a=b");
  for (const std::string wrong : {"port=80", "--port", "--=80", "-p=80", ""}) {
    const std::vector<std::string> given = {wrong};
    EXPECT_THROW(flags(given), std::invalid_argument) << wrong;
  }
}

TEST(Layers, ABlockIsReadAsGetenvReadsIt) {
  const char* block[] = {"A=1", "B=x=y", "nonsense", "A=2", "C=", nullptr};
  const Layer layer = environment(block);
  EXPECT_EQ(layer.at("A").value, "1");
  EXPECT_EQ(layer.at("A").origin, "environment");
  EXPECT_EQ(layer.at("B").value, "x=y");
  EXPECT_EQ(layer.at("C").value, "");
  EXPECT_EQ(layer.size(), 3u);
  EXPECT_TRUE(environment(nullptr).empty());
}

TEST(Layers, AFileKnowsTheLineOfEachValue) {
  const Layer layer = file(parse_env_file("A=1\n\nB=2"), ".env");
  EXPECT_EQ(layer.at("A").origin, ".env:1");
  EXPECT_EQ(layer.at("B").origin, ".env:3");
}

TEST(EnvironmentTest, TheFirstLayerThatHasANameWins) {
  Environment env({{{"A", {"flag", "f"}}},
                   {{"A", {"host", "h"}}, {"B", {"", "h"}}},
                   {{"A", {"file", "l"}}, {"B", {"file", "l"}}, {"C", {"file", "l"}}}});
  EXPECT_EQ(env.text("A"), "flag");
  EXPECT_EQ(env.text("B", "fallback"), "") << "set to nothing is set";
  EXPECT_EQ(env.text("C"), "file");
  EXPECT_EQ(env.text("D", "fallback"), "fallback");
  EXPECT_EQ(env.origin("B"), "h");
  EXPECT_EQ(env.origin("D"), "default");
  EXPECT_NO_THROW(env.check());
}

TEST(EnvironmentTest, ANumberIsTheWholeTextAndInRange) {
  for (const auto& [text, value] :
       {std::pair{"1", 1L}, std::pair{"65535", 65'535L}, std::pair{"080", 80L}}) {
    Environment env = one("PORT", text);
    EXPECT_EQ(env.number("PORT", 1, 65'535), value);
    EXPECT_NO_THROW(env.check());
  }
  for (const char* text : {"", "0", "65536", "80a", " 80", "80 ", "+80", "8e1", "0x50",
                           "-1", "99999999999999999999"}) {
    Environment env = one("PORT", text);
    EXPECT_EQ(env.number("PORT", 1, 65'535), 1) << text;
    EXPECT_THAT(
        problems(env),
        ElementsAre("PORT is \"" + std::string(text) +
                    "\" (environment), but must be a whole number from 1 to 65535"));
  }
  Environment none({});
  EXPECT_EQ(none.number("PORT", 1, 9, 7), 7);
  EXPECT_NO_THROW(none.check());
}

TEST(EnvironmentTest, AFlagIsTrueOrFalseAndNothingElse) {
  EXPECT_TRUE(one("DEBUG", "true").flag("DEBUG"));
  EXPECT_FALSE(one("DEBUG", "false").flag("DEBUG"));
  EXPECT_TRUE(Environment({}).flag("DEBUG", true));
  for (const char* text : {"", "0", "1", "yes", "TRUE", "false "}) {
    Environment env = one("DEBUG", text);
    EXPECT_FALSE(env.flag("DEBUG"));
    EXPECT_THAT(problems(env), ElementsAre(HasSubstr("must be true or false"))) << text;
  }
  Environment good = one("DEBUG", "false");
  good.flag("DEBUG");
  EXPECT_NO_THROW(good.check());
}

TEST(EnvironmentTest, EveryProblemIsToldAtOnce) {
  Environment env({});
  EXPECT_EQ(env.text("A"), "");
  EXPECT_EQ(env.number("B", 3, 9), 3);
  EXPECT_FALSE(env.flag("C"));
  EXPECT_EQ(env.secret("D"), "");
  EXPECT_THAT(problems(env), ElementsAre("A is not set", "B is not set", "C is not set",
                                         "D is not set"));
  try {
    env.check();
    FAIL() << "it must refuse";
  } catch (const InvalidEnvironment& invalid) {
    EXPECT_THAT(invalid.what(), HasSubstr("A is not set\nB is not set"));
  }
}

class Secrets : public testing::Test {
 protected:
  std::string file(const std::string& contents) {
    const std::string path = folder_.path() + "/secret";
    std::ofstream(path) << contents;
    return path;
  }
  Environment of_file(const std::string& path) { return one("KEY_FILE", path); }

  lab::test::TempFolder folder_;
};

TEST_F(Secrets, ComeFromAFileWithoutItsLastNewline) {
  Environment env = of_file(file("a b \nc\r\n\n"));
  EXPECT_EQ(env.secret("KEY"), "a b \nc");
  EXPECT_NO_THROW(env.check());
  EXPECT_EQ(one("KEY", "open").secret("KEY"), "open");
}

TEST_F(Secrets, TheFileWinsOverTheVariable) {
  Environment env({{{"KEY", {"open", "environment"}},
                    {"KEY_FILE", {file("closed"), "environment"}}}});
  EXPECT_EQ(env.secret("KEY"), "closed");
}

TEST_F(Secrets, AFileOfAWeakerLayerDoesNotWinOverTheVariable) {
  Environment env({{{"KEY", {"host", "environment"}}},
                   {{"KEY_FILE", {file("forgotten"), ".env:1"}}}});
  EXPECT_EQ(env.secret("KEY"), "host");
  EXPECT_EQ(env.origin("KEY"), "environment");
  EXPECT_NO_THROW(env.check());

  Environment other({{{"KEY_FILE", {file("host"), "environment"}}},
                     {{"KEY", {"forgotten", ".env:1"}}}});
  EXPECT_EQ(other.secret("KEY"), "host");
  EXPECT_EQ(other.origin("KEY"), "environment");
}

TEST_F(Secrets, ComeFromWhereTheirFileIsNamed) {
  Environment env({{{"KEY_FILE", {file("closed"), "environment"}}}});
  EXPECT_EQ(env.secret("KEY"), "closed");
  EXPECT_EQ(env.origin("KEY"), "environment");
  Environment log(
      {{{"LOG_FILE", {"/log", "flag --log-file"}}}, {{"LOG", {"x", ".env:1"}}}});
  log.text("LOG");
  EXPECT_EQ(log.origin("LOG"), ".env:1") << "LOG is no secret";
}

TEST_F(Secrets, AFileThatIsMissingOrEmptyIsAProblem) {
  for (const std::string& path : {folder_.path() + "/none", folder_.path(), file("\n")}) {
    Environment env = of_file(path);
    EXPECT_EQ(env.secret("KEY"), "");
    EXPECT_THAT(problems(env),
                ElementsAre("KEY_FILE (environment): the file that it names "
                            "is empty or cannot be read"));
  }
}

TEST_F(Secrets, AreInNoMessage) {
  Environment env({{{"KEY", {"hush", "environment"}}, {"PORT", {"x", "environment"}}}});
  env.secret("KEY");
  env.number("PORT", 1, 2);
  EXPECT_THAT(problems(env), ElementsAre(Not(HasSubstr("hush"))));
}

TEST_F(Secrets, AreInNoMessageWhenGivenInTheWrongPlace) {
  Environment env = of_file("hush");  // the secret, not its path
  env.secret("KEY");
  EXPECT_THAT(problems(env), ElementsAre(Not(HasSubstr("hush"))));
  for (const std::string wrong : {"-db-password=hush", "hush", "-phush", "=hush"}) {
    const std::vector<std::string> args = {"--port=80", wrong};
    try {
      flags(args);
      FAIL() << wrong;
    } catch (const std::invalid_argument& error) {
      EXPECT_STREQ(error.what(), "argument 2 is not --name=value");
    }
  }
}

}  // namespace
}  // namespace lab28
